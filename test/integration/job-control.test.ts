/** Jobs that run: seen, ended, limited, beside one another, and waited for, by people and by peers. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { isRecord } from '../../src/base/narrow.ts'
import type { TargetOutcome } from '../../src/client/api.ts'
import { WireClient } from '../../src/wire/client.ts'
import { temporaryIdentity } from '../../src/wire/identity.ts'
import { RpcPeer } from '../../src/wire/rpc.ts'
import { zeromqClient } from '../../src/wire/zeromq-transport.ts'
import type { BusEvents } from '../support/bus-events.ts'
import { ended, Gate, isAlive } from '../support/gate.ts'
import { InProcessFleet, type TestMaster, type TestMinion } from '../support/in-process-fleet.ts'

/** What a function returned that is expected to succeed. */
async function resultOf(master: TestMaster, fun: string, ...arg: readonly unknown[]): Promise<unknown> {
  const { alpha } = await master.publish('alpha', fun, arg)
  assert.equal(alpha?.state, 'returned', `${fun}: ${alpha?.reason ?? alpha?.ret?.return}`)
  return alpha?.ret?.return
}

function assertEnded(outcome: TargetOutcome | undefined, signal: number): void {
  const { state, ret } = outcome ?? assert.fail('there is no outcome')
  assert.deepEqual(
    [state, ret?.return, ret?.retcode, ret?.success],
    ['failed', `The job was ended by signal ${signal}.`, 128 + signal, false],
  )
}

describe('a running job', () => {
  let fleet: InProcessFleet & { master: TestMaster }
  let master: TestMaster
  let gate: Gate
  before(async () => {
    fleet = await InProcessFleet.start(['alpha'])
    master = fleet.master
  })
  after(() => fleet[Symbol.asyncDispose]())

  async function begin(
    command: (held: string) => string,
    count = 1,
  ): Promise<{ readonly jid: string; readonly pids: readonly number[] }> {
    gate = new Gate()
    const jid = await master.begin('alpha', 'cmd.run', [command(gate.command)])
    return { jid, pids: await gate.entered(count) }
  }
  afterEach(() => gate[Symbol.dispose]())

  it('is seen by its jid, by its function, and among all', async () => {
    const { jid, pids } = await begin((held) => held)
    const job = await resultOf(master, 'saltutil.find_job', jid)
    assert.ok(isRecord(job))
    const { arg, ...known } = job
    assert.deepEqual(known, {
      jid,
      fun: 'cmd.run',
      tgt: 'alpha',
      tgt_type: 'glob',
      ret: '',
      user: 'tester',
      pid: pids[0],
    })
    assert.deepEqual(arg, [gate.command])
    assert.deepEqual(await resultOf(master, 'saltutil.running'), [job])
    assert.deepEqual(await resultOf(master, 'saltutil.is_running', 'cmd.*'), [job])
    assert.deepEqual(await resultOf(master, 'saltutil.is_running', 'test.*'), [])
    gate.open()
    assert.equal((await master.follow(jid)).alpha?.ret?.return, 'passed')
    assert.deepEqual(await resultOf(master, 'saltutil.find_job', jid), {})
    assert.deepEqual(await resultOf(master, 'saltutil.running'), [])
  })

  it('is killed with all that it has started', async () => {
    const { jid, pids } = await begin((held) => `(${held}) & (sh -c 'sleep 600 & sleep 600') & (${held}) & wait`, 2)
    const job = await resultOf(master, 'saltutil.find_job', jid)
    assert.ok(isRecord(job))
    assert.ok(processesOf(Number(job.pid)).length > pids.length)
    assert.equal(await resultOf(master, 'saltutil.kill_job', jid), `Signal 9 sent to job ${jid} at pid ${job.pid}`)
    assertEnded((await master.follow(jid)).alpha, 9)
    assert.deepEqual(pids.map(isAlive), [false, false])
    // All of them have the signal; each needs a moment to be gone.
    await Promise.all(processesOf(Number(job.pid)).map(ended))
    assert.equal(await resultOf(master, 'saltutil.kill_job', jid), '', 'it is not there any more')
  })

  it('may still do something when it is told to end', async () => {
    const { jid, pids } = await begin((held) => `trap 'echo bye > ${gate.folder}/words; exit 0' TERM; ${held}`)
    assert.match(String(await resultOf(master, 'saltutil.term_job', jid)), /^Signal 15 sent to job/)
    assertEnded((await master.follow(jid)).alpha, 15)
    assert.equal(readFileSync(join(gate.folder, 'words'), 'utf8'), 'bye\n')
    assert.deepEqual(pids.map(isAlive), [false])
  })

  it('takes a signal that does not end it', async () => {
    const { jid } = await begin((held) => `trap 'echo told > ${gate.folder}/words' USR1; ${held}`)
    assert.match(String(await resultOf(master, 'saltutil.signal_job', jid, 'USR1')), /^Signal 10 sent to job/)
    gate.open()
    assert.equal((await master.follow(jid)).alpha?.ret?.return, 'passed')
    assert.equal(readFileSync(join(gate.folder, 'words'), 'utf8'), 'told\n')
  })

  it('takes no signal that there is not', async () => {
    const { jid } = await begin((held) => held)
    const { alpha } = await master.publish('alpha', 'saltutil.signal_job', [jid, 'SIGNOPE'])
    assert.equal(alpha?.ret?.return, "ERROR executing 'saltutil.signal_job': 'SIGNOPE' is not a signal.")
    gate.open()
    assert.equal((await master.follow(jid)).alpha?.ret?.return, 'passed')
  })

  it('ends without a process of its own as well', async () => {
    gate = new Gate()
    const jid = await master.begin('alpha', 'test.sleep', [600])
    assert.equal(
      await resultOf(master, 'saltutil.kill_job', jid),
      `Signal 9 sent to job ${jid} at pid ${process.pid}`,
      'the job runs in the minion itself',
    )
    assertEnded((await master.follow(jid)).alpha, 9)
  })

  it('ends with all others', async () => {
    const { jid, pids } = await begin((held) => held)
    const other = await master.begin('alpha', 'test.sleep', [600])
    assert.equal(((await resultOf(master, 'saltutil.kill_all_jobs')) as unknown[]).length, 2)
    for (const one of [jid, other]) assertEnded((await master.follow(one)).alpha, 9)
    assert.deepEqual(pids.map(isAlive), [false])
  })

  it('runs beside another one', async () => {
    const { jid } = await begin((held) => held)
    const other = await master.begin('alpha', 'cmd.run', [gate.command])
    await gate.entered(2)
    gate.open(2)
    for (const one of [jid, other]) assert.equal((await master.follow(one)).alpha?.ret?.return, 'passed')
  })
})

describe('limits of jobs', () => {
  let fleet: InProcessFleet
  let master: TestMaster
  let gate: Gate
  before(async () => {
    fleet = new InProcessFleet()
    master = await fleet.startMaster()
    await fleet.connect('alpha', master, `process_count_max: 2\nfunction_timeouts: {'cmd.run_*': 2}\n`)
  })
  after(() => fleet[Symbol.asyncDispose]())
  beforeEach(() => {
    gate = new Gate()
  })
  afterEach(() => gate[Symbol.dispose]())

  const begin = (): Promise<string> => master.begin('alpha', 'cmd.run', [gate.command])

  it('let more jobs wait than process_count_max, and lose none', async () => {
    const jids: string[] = []
    for (let count = 0; count < 5; count++) jids.push(await begin())
    await gate.entered(2)
    const running = await resultOf(master, 'saltutil.running')
    assert.ok(Array.isArray(running))
    assert.deepEqual(
      running.map(({ jid }) => jid),
      jids,
    )
    for (const passed of [1, 2, 3]) {
      assert.equal(gate.begun.length, 1 + passed)
      gate.open()
      await gate.entered(2 + passed)
    }
    gate.open(2)
    for (const jid of jids) assert.equal((await master.follow(jid)).alpha?.ret?.return, 'passed')
    assert.equal(gate.begun.length, 5)
  })

  it('let a job be ended that waits; it never begins', async () => {
    const first = [await begin(), await begin()]
    await gate.entered(2)
    const waiting = await begin()
    const last = await begin()
    assert.match(String(await resultOf(master, 'saltutil.kill_job', waiting)), /^Signal 9 sent to job/)
    assertEnded((await master.follow(waiting)).alpha, 9)
    gate.open(3)
    for (const jid of [...first, last]) assert.equal((await master.follow(jid)).alpha?.ret?.return, 'passed')
    assert.equal(gate.begun.length, 3)
  })

  it('end a command with its processes after the time of function_timeouts', async () => {
    const { alpha } = await master.publish('alpha', 'cmd.run_all', [`(${gate.command}) & ${gate.command}`])
    const pids = await gate.entered(2)
    assert.equal(
      alpha?.ret?.return,
      'ERROR: cmd.run_all was ended because it ran longer than the 2 seconds that function_timeouts allows.',
    )
    assert.deepEqual([alpha.state, alpha.ret.retcode], ['failed', 1])
    await Promise.all(pids.map(ended))
  })

  it('end a command with its processes after the timeout that it was given', async () => {
    const { alpha } = await master.publish('alpha', 'cmd.run', [
      `(${gate.command}) & ${gate.command}`,
      { __kwarg__: true, timeout: 2 },
    ])
    const pids = await gate.entered(2)
    assert.match(String(alpha?.ret?.return), / : Timed out after 2 seconds$/)
    assert.equal(alpha?.state, 'failed')
    await Promise.all(pids.map(ended))
  })
})

describe('a job of a peer', () => {
  let fleet: InProcessFleet
  let master: TestMaster
  let alpha: TestMinion
  let events: BusEvents
  before(async () => {
    fleet = new InProcessFleet()
    master = await fleet.startMaster(
      "peer: {alpha: [test.ping, cmd.run], 'eve.*': ['.*']}\npeer_run: {alpha: [test.arg, test.sleep, manage.up]}\n",
    )
    alpha = await fleet.connect('alpha', master)
    for (const id of ['beta', 'gamma']) await fleet.connect(id, master)
    events = await master.events()
  })
  after(async () => {
    await events[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
  })

  it('brings the returns of others', async () => {
    assert.deepEqual(await resultOf(master, 'publish.publish', '*', 'test.ping'), {
      alpha: true,
      beta: true,
      gamma: true,
    })
    assert.deepEqual(await resultOf(master, 'publish.full_data', 'beta,gamma', 'test.ping', { ...byList }), {
      beta: { ret: true },
      gamma: { ret: true },
    })
    const { data } = await events.until(/^salt\/job\/\d+\/new$/, ({ peer }) => peer === 'alpha')
    assert.deepEqual([data.fun, data.minions], ['test.ping', ['alpha', 'beta', 'gamma']])
  })

  it('ends at its deadline with what has come until then', async () => {
    using gate = new Gate()
    // Whoever is first goes through.
    const command = `mkdir ${gate.folder}/first 2>&- && echo first || { ${gate.command}; }`
    const since = performance.now()
    const [held, full] = await Promise.all([
      resultOf(master, 'publish.publish', 'beta', 'cmd.run', gate.command, { __kwarg__: true, timeout: 1 }),
      resultOf(master, 'publish.full_data', 'beta,gamma', 'cmd.run', command, { ...byList, timeout: 3 }),
    ])
    const elapsed = performance.now() - since
    assert.ok(elapsed > 2950 && elapsed < 20_000, `${elapsed} ms`)
    assert.deepEqual(held, {})
    assert.ok(isRecord(full))
    const states = Object.entries(full).sort(([, one]) => (isRecord(one) && one.ret === 'first' ? -1 : 1))
    assert.deepEqual(
      states.map(([, state]) => state),
      [{ ret: 'first' }, { status: 'timeout', reason: 'still running when the time was over' }],
    )
    assert.deepEqual(states.map(([id]) => id).sort(), ['beta', 'gamma'])
    const [missing = ''] = states[1] ?? []
    const told = new RegExp(`WARNING A minion did not return minion=${missing} state=timeout reason=still running`)
    assert.equal(alpha.log.matching(told).length > 0, true)
  })

  it('is refused where peer does not permit it, which everybody sees', async () => {
    const reason = 'no entry of peer permits test.echo to alpha'
    assert.deepEqual(await resultOf(master, 'publish.publish', 'beta', 'test.echo', 'x'), {})
    assert.deepEqual(await resultOf(master, 'publish.full_data', 'beta', 'test.echo', 'x'), {
      beta: { status: 'denied', reason },
    })
    const { data } = await events.until(/^salt\/peer\/alpha\/refused$/)
    assert.deepEqual([data.id, data.fun, data.arg, data.reason], ['alpha', 'test.echo', ['x'], reason])
    assert.equal(alpha.log.matching(/WARNING Nothing was published fun=test\.echo tgt=beta reason=no entry/).length, 2)
    assert.equal(
      master.log.matching(/WARNING refused a peer request id=alpha fun=test\.echo reason=no entry/).length,
      2,
    )
    assert.deepEqual(
      events.tagged(/^salt\/job\/\d+\/new$/).filter(({ data: job }) => job.fun === 'test.echo'),
      [],
    )
  })

  it('is refused to whoever is not named at all', async () => {
    const outcome = (await master.publish('beta', 'publish.full_data', ['alpha', 'test.ping'])).beta
    assert.deepEqual(outcome?.ret?.return, {
      alpha: { status: 'denied', reason: 'no entry of peer permits anything to beta' },
    })
  })

  it('may not publish itself, whatever the minion and the configuration say', async () => {
    const reason = 'a minion may not make another one publish'
    const nested = ['beta', 'publish.publish', ['*', 'test.ping']]
    assert.deepEqual(await resultOf(master, 'publish.publish', ...nested), {})
    assert.deepEqual(await resultOf(master, 'publish.full_data', ...nested), { beta: { status: 'denied', reason } })
    await using eve = clientOf(master, 'eve')
    const rpc = new RpcPeer((await eve.connectOnce()).channel, { clock: systemClock })
    for (const fun of ['publish.publish', 'publish.runner', ['test.ping', 'publish.full_data']]) {
      const answer = await rpc.call('publish', { tgt: 'beta', tgt_type: 'glob', fun, arg: [[], []], timeout: 5 })
      assert.ok(isRecord(answer))
      assert.deepEqual([answer.jid, answer.outcomes], [null, []])
      assert.match(
        String(answer.refusal),
        /^publish\.\w+ may not be called through a peer: it could publish without end$/,
      )
      await events.until(/^salt\/peer\/eve\/refused$/, (data) => JSON.stringify(data.fun) === JSON.stringify(fun))
    }
  })

  it('may be a runner, where peer_run permits it', async () => {
    assert.deepEqual(await resultOf(master, 'publish.runner', 'test.arg', ['a', 'b=1']), {
      args: ['a'],
      kwargs: { b: 1 },
    })
    assert.deepEqual(await resultOf(master, 'publish.runner', 'manage.down'), {})
    const reason = 'no entry of peer_run permits manage.down to alpha'
    const { data } = await events.until(/^salt\/peer\/alpha\/refused$/, ({ fun }) => fun === 'runner.manage.down')
    assert.equal(data.reason, reason)
    assert.equal(
      alpha.log.matching(new RegExp(`WARNING The runner was not run fun=manage.down reason=${reason}`)).length,
      1,
    )
  })

  it('may be a runner, which its deadline ends', async () => {
    const since = performance.now()
    assert.equal(
      await resultOf(master, 'publish.runner', 'test.sleep', 600, { __kwarg__: true, timeout: 1 }),
      "'test.sleep' runner publish timed out",
    )
    assert.ok(performance.now() - since < 20_000)
    await events.until(/^salt\/run\/\d+\/ret$/, ({ fun, success }) => fun === 'runner.test.sleep' && success === false)
  })
})

/** What a modified minion may use to ask for anything. */
function clientOf(master: TestMaster, id: string): WireClient {
  return new WireClient({
    endpoint: 'modified',
    transport: () => zeromqClient(`tcp://127.0.0.1:${master.port}`),
    identity: temporaryIdentity(),
    name: id,
    role: 'minion',
    instance: id,
    clock: systemClock,
    log: silentLog,
    reconnect: false,
    checkServer: () => {},
    payload: () => ({}),
    onSession: () => {},
  })
}

const byList = { __kwarg__: true, tgt_type: 'list' }

/** Ids of the living processes of a group. */
function processesOf(group: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isAlive(pid) && groupOf(pid) === group)
}

function groupOf(pid: number): number | undefined {
  try {
    return Number(/\) \S \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
