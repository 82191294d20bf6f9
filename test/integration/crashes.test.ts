/** Processes that end in the middle of a job: by `kill -9`, by SIGTERM, and what they take up again. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { BusEvents } from '../support/bus-events.ts'
import { Fleet } from '../support/fleet.ts'
import { ended, Gate, isAlive } from '../support/gate.ts'

async function begin(fleet: Fleet, tgt: string, command: string): Promise<string> {
  const { stdout } = await fleet.salt('--async', tgt, 'cmd.run', command)
  return /job ID: (\d{20})/.exec(stdout)?.[1] ?? assert.fail(stdout)
}

describe('a job whose master is killed', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '', beta: '' } })
  })
  after(() => fleet[Symbol.asyncDispose]())

  it('returns to the next master, once', async () => {
    using gate = new Gate()
    const trace = join(gate.folder, 'trace')
    const jid = await begin(fleet, '*', `echo ran >> ${trace}; ${gate.command}`)
    const pids = await gate.entered(2)
    await fleet.master.end('SIGKILL')
    const since = Date.now()
    await fleet.startMaster()
    await using events = await fleet.events()
    for (const id of ['alpha', 'beta']) await connectedAgain(fleet, events, id)
    assert.ok(Date.now() - since < 20_000, 'the minions took more than 20 s to come back')
    assert.ok(pids.every(isAlive))
    gate.open(2)
    for (const id of ['alpha', 'beta']) {
      const { data } = await events.until(new RegExp(`^salt/job/${jid}/ret/${id}$`))
      assert.deepEqual([data.return, data.retcode, data.success], ['passed', 0, true])
    }
    const outcomes = await fleet.follow(jid)
    assert.deepEqual(
      Object.values(outcomes)
        .map(({ id, state }) => [id, state])
        .sort(),
      [
        ['alpha', 'returned'],
        ['beta', 'returned'],
      ],
    )
    // Whatever might be sent twice was sent before what comes after it on the same session.
    assert.equal((await fleet.salt('*', 'test.ping')).exitCode, 0)
    assert.equal(events.tagged(new RegExp(`^salt/job/${jid}/ret/`)).length, 2)
    assert.equal(readFileSync(trace, 'utf8'), 'ran\nran\n')
  })

  it('returns to the next master when it ended while there was none', async () => {
    using gate = new Gate()
    const jid = await begin(fleet, 'alpha', gate.command)
    const [pid = 0] = await gate.entered()
    const lost = fleet.minion('alpha')
    lost.forget()
    await fleet.master.end('SIGKILL')
    await lost.until(/not connected to the master/)
    gate.open()
    await ended(pid)
    await fleet.startMaster()
    const { alpha } = await fleet.follow(jid)
    assert.deepEqual([alpha?.state, alpha?.ret?.return], ['returned', 'passed'])
    const again = await fleet.follow(jid)
    assert.deepEqual(again.alpha, alpha)
  })
})

describe('a job whose minion is killed', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '' } })
  })
  after(() => fleet[Symbol.asyncDispose]())

  it('is told as failed by the next process, once, and is not run again', async () => {
    using gate = new Gate()
    await using events = await fleet.events()
    const jid = await begin(fleet, 'alpha', gate.command)
    const [pid = 0] = await gate.entered()
    await fleet.minion('alpha').end('SIGKILL')
    assert.ok(isAlive(pid), 'what the job had started goes on: nobody is left to end it')
    await fleet.startMinion('alpha')
    const { data } = await events.until(new RegExp(`^salt/job/${jid}/ret/alpha$`))
    assert.match(String(data.return), /^The minion ended while this job ran; how far it came is not known\./)
    assert.deepEqual([data.success, data.retcode], [false, 70])
    assert.equal((await fleet.follow(jid)).alpha?.state, 'failed')
    await fleet.minion('alpha').end('SIGKILL')
    await fleet.startMinion('alpha')
    assert.equal((await fleet.salt('alpha', 'test.ping')).exitCode, 0)
    assert.equal(events.tagged(new RegExp(`^salt/job/${jid}/ret/alpha$`)).length, 1)
    assert.equal(gate.begun.length, 1)
    assert.deepEqual(JSON.parse((await fleet.salt('alpha', 'saltutil.running', '--out', 'json')).stdout), { alpha: [] })
  })

  it('shows the failure to whoever waits for it', async () => {
    using gate = new Gate()
    const waiting = fleet.salt('alpha', 'cmd.run', gate.command)
    await gate.entered()
    // What comes back after the confirmation of the job shows that the master has the confirmation.
    await fleet.salt('alpha', 'test.ping')
    await fleet.minion('alpha').end('SIGKILL')
    await fleet.startMinion('alpha')
    const { exitCode, stdout } = await waiting
    assert.equal(exitCode, 1)
    assert.match(stdout, /^alpha:\n {4}The minion ended while this job ran/)
  })
})

describe('SIGTERM', () => {
  let fleet: Fleet
  before(async () => {
    fleet = await Fleet.start({ minions: { alpha: '', beta: '' } })
  })
  after(() => fleet[Symbol.asyncDispose]())

  it('lets a minion end its job and bring the return', async () => {
    using gate = new Gate()
    const waiting = fleet.salt('alpha', 'cmd.run', gate.command, '--out', 'json')
    await gate.entered()
    const { child } = fleet.minion('alpha')
    child.kill('SIGTERM')
    await fleet.minion('alpha').until(/ending reason=SIGTERM/)
    gate.open()
    const { exitCode, stdout } = await waiting
    assert.deepEqual([exitCode, JSON.parse(stdout)], [0, { alpha: 'passed' }])
    assert.equal((await fleet.minion('alpha').finished).exitCode, 0)
    await fleet.startMinion('alpha')
  })

  it('lets a master hand over what has come, and its minions come back to the next one', async () => {
    using gate = new Gate()
    const jid = await begin(fleet, 'beta', gate.command)
    await gate.entered()
    fleet.minion('beta').forget()
    assert.equal((await fleet.master.end('SIGTERM')).exitCode, 0)
    await fleet.minion('beta').until(/not connected to the master/)
    await fleet.startMaster()
    await fleet.minion('beta').until(/\] connected to the master/)
    gate.open()
    assert.equal((await fleet.follow(jid)).beta?.ret?.return, 'passed')
  })
})

describe('SIGHUP', () => {
  it('makes a master take up new peer rules and open its log anew, and leaves its sessions alone', async () => {
    await using fleet = await Fleet.start({ minions: { alpha: '' } })
    const publish = (): Promise<string> =>
      fleet.call('alpha', 'publish.publish', '*', 'test.ping', '--out', 'json').then(({ stdout }) => stdout)
    assert.deepEqual(JSON.parse(await publish()), { local: {} })
    const file = join(fleet.config, 'master')
    const before = readFileSync(file, 'utf8')
    const log = join(fleet.folder, 'root/var/log/salt/master')
    renameSync(log, `${log}.1`)
    fleet.minion('alpha').forget()

    const pillar = join(fleet.folder, 'pillar')
    mkdirSync(pillar)
    writeFileSync(join(pillar, 'top.sls'), "base: {'*': [web]}\n")
    writeFileSync(join(pillar, 'web.sls'), 'role: web\n')
    writeFileSync(file, `${before}peer: {alpha: [test.*]}\npillar_roots: {base: [${pillar}]}\npillar_cache: true\n`)
    fleet.master.child.kill('SIGHUP')
    await fleet.master.until(/the configuration was read again/)
    assert.deepEqual(JSON.parse(await publish()), { local: { alpha: true } })
    const { stdout: items } = await fleet.salt('alpha', 'pillar.items', '--out', 'json')
    assert.deepEqual(JSON.parse(items), { alpha: { role: 'web' } })
    assert.doesNotMatch(fleet.master.output, /with the next start/, 'what was taken up has to wait for nothing')
    assert.ok(existsSync(log), 'there is no new log')
    assert.match(readFileSync(log, 'utf8'), /the configuration was read again/)

    writeFileSync(file, `${before}peer: {alpha: ['test.(']}\n`)
    fleet.master.child.kill('SIGHUP')
    await fleet.master.until(/the configuration was not taken up/)
    assert.match(fleet.master.output, /where=.*etc\/master:\d+/)
    assert.deepEqual(JSON.parse(await publish()), { local: { alpha: true } })
    assert.doesNotMatch(fleet.minion('alpha').output, /not connected/)
  })
})

describe('SIGHUP', () => {
  it('makes a minion take up new grains and lists of modules, and say what has to wait for the next start', async () => {
    await using fleet = await Fleet.start({ minions: { alpha: '' } })
    const minion = fleet.minion('alpha')
    const file = join(fleet.minionConfig('alpha'), 'minion')
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}grains: {role: db}\ndisable_modules: [event]\nprocess_count_max: 7\ntest: true\n`,
    )
    minion.child.kill('SIGHUP')
    await minion.until(/the configuration was read again/)
    assert.match(minion.output, /these options take effect with the next start options=process_count_max$/m)
    const byGrain = await fleet.salt('-G', 'role:db', 'config.get', 'process_count_max', '--out', 'json')
    assert.deepEqual(JSON.parse(byGrain.stdout), { alpha: 7 })
    assert.match((await fleet.salt('alpha', 'event.fire', '{}', 'tag')).stdout, /disable_modules names it/)
  })
})

/** A minion that the new master knows: `present` is told by an event, or had been before we listened. */
async function connectedAgain(fleet: Fleet, events: BusEvents, id: string): Promise<void> {
  await using bus = await fleet.bus()
  const { connected } = await bus.call('targets', { tgt: id, tgt_type: 'glob' })
  if (!connected.includes(id)) await events.until(new RegExp(`^salt/minion/${id}/start$`))
}
