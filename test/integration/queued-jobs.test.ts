import assert from 'node:assert/strict'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { settle } from '../support/fake-clock.ts'
import { InProcessFleet, type TestMaster } from '../support/in-process-fleet.ts'

const returned = (jid: string): RegExp => new RegExp(`^salt/job/${jid}/ret/web$`)
const stateOf = (jid: string): RegExp => new RegExp(`^salt/job/${jid}/state/web$`)
const notThere = { id: 'web', state: 'queued' }

/** A shell command that leaves one line for each time it runs, and how to count them. */
function marks(fleet: InProcessFleet): { readonly command: string; count(): number } {
  const file = join(fleet.folder, 'marks')
  appendFileSync(file, '')
  return {
    command: `echo ran >> ${file}; echo done`,
    count: () => readFileSync(file, 'utf8').split('\n').length - 1,
  }
}

async function run(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  await using bus = await master.bus()
  return (await bus.call('runner', { fun, arg, user: 'tester' })).return
}

/** A fleet with one minion, `web`, that is known and away. */
async function startAway(configuration = '') {
  const fleet = await InProcessFleet.start([], configuration)
  const web = await fleet.connect('web', fleet.master)
  const events = await fleet.master.events()
  await web.stop()
  await events.until(/^salt\/minion\/web\/stop$/)
  const comeBack = async (): Promise<void> => {
    web.forget()
    await (await web.start([fleet.master.port])).connected()
  }
  const end = fleet[Symbol.asyncDispose].bind(fleet)
  return Object.assign(fleet, {
    web,
    events,
    comeBack,
    async [Symbol.asyncDispose]() {
      await events[Symbol.asyncDispose]()
      await end()
    },
  })
}

describe('a queued job', () => {
  it('waits for a minion that is away, and runs there once when it comes', async () => {
    await using fleet = await startAway()
    const { master, events } = fleet
    const { command, count } = marks(fleet)
    const outcomes = await master.publish('web', 'cmd.run', [command], { queue: 3600 })
    assert.partialDeepStrictEqual(outcomes.web, notThere)
    assert.match(outcomes.web?.reason ?? '', /^until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)
    const [jid = ''] = Object.keys((await run(master, 'jobs.list_queued')) as object)
    assert.partialDeepStrictEqual(await run(master, 'jobs.list_queued'), { [jid]: { Queued: ['web'] } })
    await fleet.comeBack()
    await events.until(returned(jid))
    assert.deepEqual(await run(master, 'jobs.lookup_jid', jid), { web: 'done' })
    assert.deepEqual(await run(master, 'jobs.list_queued'), {})
    await fleet.web.stop()
    await fleet.comeBack()
    await master.publish('web', 'test.ping')
    assert.equal(count(), 1)
  })

  it('is still there when the master has ended and come back', async () => {
    await using fleet = await startAway()
    const { master } = fleet
    const jid = await master.begin('web', 'test.arg', [1, 'two', { three: 3, __kwarg__: true }], { queue: 3600 })
    await master.stop()
    await master.start()
    await using events = await master.events()
    assert.partialDeepStrictEqual(await run(master, 'jobs.list_queued'), { [jid]: { Queued: ['web'] } })
    await fleet.comeBack()
    const { data } = await events.until(returned(jid))
    assert.partialDeepStrictEqual(data, { return: { args: [1, 'two'], kwargs: { three: 3 } } })
  })

  it('that is taken back is not delivered', async () => {
    await using fleet = await startAway()
    const { master } = fleet
    const { command, count } = marks(fleet)
    const jid = await master.begin('web', 'cmd.run', [command], { queue: 3600 })
    assert.deepEqual(await run(master, 'jobs.withdraw', jid), ['web'])
    assert.deepEqual(await run(master, 'jobs.withdraw', jid), [])
    assert.partialDeepStrictEqual(await master.follow(jid), { web: { state: 'withdrawn', reason: 'by tester' } })
    assert.deepEqual(await run(master, 'jobs.lookup_jid', jid), {
      web: 'Minion did not return. [withdrawn: by tester]',
    })
    await fleet.comeBack()
    await master.publish('web', 'test.ping')
    assert.equal(count(), 0)
  })

  it('expires when its minion does not come in time', async () => {
    await using fleet = await startAway()
    const { master, events } = fleet
    const jid = await master.begin('web', 'test.ping', [], { queue: 1 })
    const { data } = await events.until(stateOf(jid), ({ state }) => state === 'expired')
    assert.equal(data.reason, 'the minion did not come in time')
    assert.deepEqual(await run(master, 'jobs.lookup_jid', jid), {
      web: 'Minion did not return. [expired: the minion did not come in time]',
    })
    assert.deepEqual(await run(master, 'jobs.list_queued'), {})
  })

  it('goes at once to minions that are there', async () => {
    await using fleet = await startAway()
    await fleet.connect('db', fleet.master)
    const outcomes = await fleet.master.publish('*', 'test.ping', [], { queue: true })
    assert.equal(outcomes.db?.state, 'returned')
    assert.equal(outcomes.web?.state, 'queued')
  })

  it('is not for a minion that comes with the id and another key', async () => {
    await using fleet = await startAway('auto_accept: true\n')
    const { master, events } = fleet
    const jid = await master.begin('web', 'test.ping', [], { queue: 3600 })
    {
      await using bus = await master.bus()
      await bus.call('wheel', { fun: 'key.delete', arg: ['web'], user: 'tester' })
    }
    await events.until(stateOf(jid), ({ state }) => state === 'denied')
    await fleet.connect('web', master)
    await settle()
    assert.partialDeepStrictEqual(await master.follow(jid), { web: { state: 'denied' } })
  })

  it('is refused with a time that is none', async () => {
    await using fleet = await InProcessFleet.start([])
    for (const queue of [0, -5, 0.5, 1e12, Number.NaN]) {
      await assert.rejects(fleet.master.begin('*', 'test.ping', [], { queue }), { code: 'bad-arguments' })
    }
    assert.deepEqual(await run(fleet.master, 'jobs.list_queued'), {})
  })
})
