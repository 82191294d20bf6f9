/** Schedules of minions and of the master, as they run. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { BusEvent } from '../../src/bus/event.ts'
import type { ScheduleAnswer, ScheduleRequest } from '../../src/client/minion-requests.ts'
import { loadMinionOptions } from '../../src/engine/options/minion-options.ts'
import { BusEvents } from '../support/bus-events.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'
import { run } from '../support/program.ts'

const returnTag = /^salt\/job\/[^/]+\/ret\//
const masterId = `${hostname()}_master`

/** The return of a scheduled job that has run or will run. */
function returnOf(events: BusEvents, schedule: string): Promise<BusEvent> {
  return events.until(returnTag, (data) => data.schedule === schedule)
}

async function manage(minion: TestMinion, request: ScheduleRequest): Promise<ScheduleAnswer> {
  await using bus = await minion.bus()
  return await bus.call('schedule', request)
}

async function namesOn(minion: TestMinion): Promise<string[]> {
  return Object.keys((await manage(minion, { func: 'list' })).schedule ?? {})
}

function savedBy(minion: TestMinion): string {
  return join(minion.folder, 'etc', 'minion.d', '_schedule.conf')
}

async function runner(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  await using bus = await master.bus()
  return (await bus.call('runner', { fun, arg, user: 'tester' })).return
}

/** A fleet whose master is watched from its start on. */
async function startFleet(configuration = '') {
  const fleet = await InProcessFleet.start([], configuration)
  const events = await fleet.master.events()
  const end = fleet[Symbol.asyncDispose].bind(fleet)
  return Object.assign(fleet, {
    events,
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await end()
    },
  })
}

const atStart = 'days: 30, run_on_start: true'

describe('a scheduled job of a minion', () => {
  it('runs the states of startup_states when the minion has met its master', async () => {
    await using fleet = await startFleet()
    await fleet.connect('web', fleet.master, 'startup_states: sls\nsls_list: [web.server]\n')
    const { data } = await returnOf(fleet.events, '__startup_states')
    const reason = "No matching sls found for 'web.server' in env 'base'"
    assert.partialDeepStrictEqual(data, { fun: 'state.sls', fun_args: [['web.server']], return: [reason] })
  })

  it('returns to the master, and is in its job cache', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const job = `function: test.arg, args: [one], kwargs: {two: 2}, metadata: {origin: here}, ${atStart}`
    await fleet.connect('web', master, `schedule: {greet: {${job}}}\n`)
    const { tag, data } = await returnOf(events, 'greet')
    const jid = String(data.jid)
    assert.equal(tag, `salt/job/${jid}/ret/web`)
    assert.partialDeepStrictEqual(data, {
      id: 'web',
      fun: 'test.arg',
      fun_args: ['one', { two: 2 }],
      success: true,
      retcode: 0,
      metadata: { origin: 'here' },
    })
    const metadata = data.metadata as Record<string, string>
    assert.match(metadata._TOS ?? '', /^[+-]\d{4}$/)
    assert.match(metadata._TT ?? '', /^\d{4} \w+ \d\d \w{3} \d\d \d\d$/)
    const found = (await runner(master, 'jobs.lookup_jid', jid)) as Record<string, unknown>
    assert.partialDeepStrictEqual(found, { web: { args: ['one'] } })
    const listed = await runner(master, 'jobs.list_jobs', { __kwarg__: true, search_metadata: { origin: 'here' } })
    assert.partialDeepStrictEqual(listed, { [jid]: { Function: 'test.arg' } })
  })

  it('is told and not kept, or neither, where it says so', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const jobs = [
      `silent: {function: test.ping, return_job: false, ${atStart}}`,
      `passing: {function: test.ping, return_job: nocache, ${atStart}}`,
      `kept: {function: test.ping, ${atStart}}`,
    ]
    await fleet.connect('web', master, `schedule: {${jobs.join(', ')}}\n`)
    await returnOf(events, 'kept')
    assert.equal((await returnOf(events, 'passing')).tag, 'salt/job/nocache/ret/web')
    assert.equal(events.tagged(returnTag).length, 2)
    assert.equal(Object.keys((await runner(master, 'jobs.list_jobs')) as object).length, 1)
  })

  it('takes the times of whens from the grains', async () => {
    await using fleet = await startFleet()
    const jobs = 'schedule: {tea: {function: test.ping, when: tea time}}\n'
    const web = await fleet.connect('web', fleet.master, `grains: {whens: {tea time: 'Friday 5pm'}}\n${jobs}`)
    const { next_fire_time: next } = await manage(web, { func: 'get_next_fire_time', name: 'tea' })
    assert.match(next ?? '', /T17:00:00$/)
  })

  it('fails like any other', async () => {
    await using fleet = await startFleet()
    await fleet.connect('web', fleet.master, `schedule: {wrong: {function: no.such, ${atStart}}}\n`)
    const { data } = await returnOf(fleet.events, 'wrong')
    assert.partialDeepStrictEqual(data, { success: false, return: "'no.such' is not available." })
  })

  it('begins at the first contact with a master, or before', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const jobs = `schedule: {first: {function: test.ping, ${atStart}}}\n`
    const lastRun = async (minion: TestMinion): Promise<unknown> =>
      (await manage(minion, { func: 'job_status', name: 'first' })).data?._last_run
    const early = await fleet.startMinion('early', [1], `scheduler_before_connect: true\n${jobs}`)
    const alone = await fleet.startMinion('alone', [1], `file_client: local\n${jobs}`)
    const late = await fleet.startMinion('late', [1], jobs)
    assert.equal(typeof (await lastRun(early)), 'string')
    assert.equal(typeof (await lastRun(alone)), 'string')
    assert.equal(await lastRun(late), undefined)
    await late.stop()
    await late.start([master.port], jobs)
    await returnOf(events, 'first')
    assert.equal(typeof (await lastRun(late)), 'string')
  })

  it('is brought to a master that was away', async () => {
    await using fleet = await startFleet()
    const { master } = fleet
    const web = await fleet.connect('web', master, 'schedule: {later: {function: test.ping, days: 30}}\n')
    await fleet.events[Symbol.asyncDispose]()
    await master.stop()
    await manage(web, { func: 'run_job', name: 'later' })
    await master.start()
    await using events = await master.events()
    await web.connected()
    const jobs = async (): Promise<string[]> => Object.keys((await runner(master, 'jobs.list_jobs')) as object)
    if ((await jobs()).length === 0) await returnOf(events, 'later')
    assert.equal((await jobs()).length, 1)
  })

  it('counts among the running ones, and can be ended', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const web = await fleet.connect('web', master, `schedule: {long: {function: test.sleep, args: [60], ${atStart}}}\n`)
    const running = await master.publish('web', 'saltutil.is_running', ['test.sleep'])
    const [job] = (running.web?.ret?.return ?? []) as { jid: string; fun: string }[]
    assert.equal(job?.fun, 'test.sleep')
    await using bus = await web.bus()
    assert.equal(await bus.call('signal', { jid: job?.jid ?? '', signal: 15 }), true)
    assert.partialDeepStrictEqual((await returnOf(events, 'long')).data, { success: false, retcode: 143 })
  })
})

describe('changes of a schedule', () => {
  it('come by a job and by salt call, and survive a restart', async () => {
    await using fleet = await startFleet()
    const { master } = fleet
    const configuration = 'schedule: {old: {function: test.ping, days: 30}}\n'
    const web = await fleet.connect('web', master, configuration)
    const added = await master.publish('web', 'schedule.add', [
      'new',
      { __kwarg__: true, function: 'test.ping', days: 30 },
    ])
    assert.deepEqual(added.web?.ret?.return, {
      comment: 'Added job: new to schedule.',
      result: true,
      changes: { new: 'added' },
    })
    const call = (...words: string[]) => run('source', ['call', '--local', '-c', join(web.folder, 'etc'), ...words])
    const deleted = await call('--out', 'json', 'schedule.delete', 'old')
    assert.deepEqual(JSON.parse(deleted.stdout), {
      local: { comment: 'Deleted Job old from schedule.', result: true, changes: { old: 'removed' } },
    })
    assert.deepEqual(await namesOn(web), ['new'])
    await web.stop()
    await (await web.start([master.port], configuration)).connected()
    assert.deepEqual(await namesOn(web), ['new'])
  })

  it('need a minion that runs', async () => {
    await using fleet = await startFleet()
    const web = await fleet.connect('web', fleet.master)
    await web.stop()
    const folder = join(web.folder, 'etc')
    const words = ['schedule.add', 'new', 'function=test.ping', 'days=30']
    const refused = await run('source', ['call', '--local', '-c', folder, '--out', 'json', ...words])
    assert.equal(refused.exitCode, 1)
    assert.match(JSON.parse(refused.stdout).local.comment, /^Failed to add job new to schedule: no minion answers/)
    assert.equal(existsSync(savedBy(web)), false)
    const offline = await run('source', ['call', '--local', '-c', folder, ...words, 'offline=True'])
    assert.equal(offline.exitCode, 0)
    assert.match(readFileSync(savedBy(web), 'utf8'), /new:/)
  })

  it('come by an event on the bus of the minion, and are told there', async () => {
    await using fleet = await startFleet()
    const web = await fleet.connect('web', fleet.master)
    await using bus = await web.bus()
    await using events = await BusEvents.of(await web.bus())
    const job = { function: 'test.ping', days: 30 }
    await bus.call('fire', { tag: 'manage_schedule', data: { func: 'add', name: 'new', schedule: { new: job } } })
    const { data } = await events.until(/^\/salt\/minion\/minion_schedule_add_complete$/)
    assert.partialDeepStrictEqual(data, { complete: true, schedule: { new: { ...job, enabled: true } } })
    await bus.call('fire', { tag: 'manage_schedule', data: { func: 'nonsense' } })
    await bus.call('fire', { tag: 'manage_schedule', data: { func: 'add', schedule: 'nonsense' } })
    await bus.call('fire', { tag: 'manage_schedule', data: { func: 'delete', name: 'new' } })
    await events.until(/^\/salt\/minion\/minion_schedule_delete_complete$/)
    assert.deepEqual(await namesOn(web), [])
    await assert.rejects(manage(web, { func: 'nonsense' } as never), /the schedule knows no 'nonsense'/)
  })

  it('are taken up from the configuration while the minion runs', async () => {
    await using fleet = await startFleet()
    const web = await fleet.connect('web', fleet.master, 'schedule: {old: {function: test.ping, days: 30}}\n')
    const file = join(web.folder, 'etc', 'minion')
    writeFileSync(file, readFileSync(file, 'utf8').replace('{old:', '{new:'))
    await web.running.reload(await loadMinionOptions({ configDir: join(web.folder, 'etc') }))
    assert.deepEqual(await namesOn(web), ['new'])
  })
})

describe('the schedule of the master', () => {
  it('runs runners and wheel functions, and keeps what they return', async () => {
    await using fleet = await startFleet()
    const { master, events } = fleet
    const jobs = [
      `up: {function: manage.up, ${atStart}}`,
      `keys: {function: wheel.key.list_all, return_job: nocache, ${atStart}}`,
      `named: {function: runner.test.arg, args: [one], kwargs: {two: 2}, ${atStart}}`,
      `minions: {function: minions.connected, ${atStart}}`,
    ]
    await master.reload(`schedule: {${jobs.join(', ')}}\n`)
    assert.partialDeepStrictEqual((await returnOf(events, 'up')).data, { id: masterId, fun: 'manage.up', return: [] })
    assert.equal((await returnOf(events, 'keys')).tag, `salt/job/nocache/ret/${masterId}`)
    const named = await returnOf(events, 'named')
    assert.partialDeepStrictEqual(named.data, { fun: 'runner.test.arg', return: { args: ['one'], kwargs: { two: 2 } } })
    await returnOf(events, 'minions')
    await events.until(/^salt\/run\/.*\/ret$/, (data) => data.fun === 'runner.manage.up')
    await events.until(/^salt\/wheel\/.*\/ret$/, (data) => data.fun === 'wheel.key.list_all')
    const found = (await runner(master, 'jobs.lookup_jid', named.data.jid)) as object
    assert.deepEqual(Object.keys(found), [masterId])
  })

  it('gives returns to the returners that its jobs name, as a minion does', async () => {
    await using fleet = await startFleet()
    const job = (fun: string, tag: string) =>
      `function: ${fun}, returner: master_bus, return_kwargs: {tag: ${tag}}, return_job: false, ${atStart}`
    await fleet.connect('web', fleet.master, `schedule:\n  ofMinion: {${job('test.ping', 'of/minion')}}\n`)
    const { data } = await fleet.events.until(/^of\/minion/)
    assert.equal((data.data as Record<string, unknown>).schedule ?? data.schedule, 'ofMinion')
    await fleet.master.reload(`schedule:\n  ofMaster: {${job('test.arg', 'of/master')}}\n`)
    assert.match(JSON.stringify((await fleet.events.until(/^of\/master/)).data), /"ofMaster"/)
  })

  it('goes on while a job is wrong', async () => {
    await using fleet = await startFleet()
    const jobs = `wrong: {function: a.b, cron: x}, unknown: {function: no.such, ${atStart}}`
    await fleet.master.reload(`schedule: {${jobs}}\n`)
    assert.partialDeepStrictEqual((await returnOf(fleet.events, 'unknown')).data, { success: false })
    await fleet.master.log.until(/a scheduled job is wrong, and does not run job=wrong/)
  })
})
