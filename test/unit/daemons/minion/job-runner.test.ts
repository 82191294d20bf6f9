import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLog } from '../../../../src/base/log.ts'
import { type FunctionOutcome, JobRunner } from '../../../../src/daemons/minion/job-runner.ts'
import { JobTable } from '../../../../src/daemons/minion/job-table.ts'
import { openReturnSpool, type ReturnSpool } from '../../../../src/engine/jobs/return-spool.ts'
import type { JobLoad } from '../../../../src/engine/jobs/types.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'

const jid = '20260101000000000001'
const load: JobLoad = {
  jid,
  tgt: '*',
  tgt_type: 'glob',
  fun: 'test.ping',
  arg: [],
  ret: '',
  user: 'root',
  issuedAt: 0,
  expiresAt: 30_000,
}

/** One minion with a runner for each of its masters. */
class Fixture {
  readonly clock = new FakeClock(0)
  readonly table = new JobTable(this.clock)
  /** How often a job has run. */
  runs = 0
  readonly #end = Promise.withResolvers<FunctionOutcome>()

  runner(maximumJobs = 0): JobRunner {
    return new JobRunner({
      id: 'a',
      table: this.table,
      spool: openReturnSpool(':memory:', { clock: this.clock, log: silentLog }),
      log: silentLog,
      maximumJobs,
      run: () => {
        this.runs += 1
        return this.#end.promise
      },
    })
  }

  end(): void {
    this.#end.resolve({ return: true, retcode: 0, success: true })
  }
}

describe('a job that comes twice', () => {
  it('runs once; while it runs, it is known', async () => {
    const fixture = new Fixture()
    const runner = fixture.runner()
    assert.equal(runner.take(load).kind, 'started')
    assert.deepEqual(runner.take(load), { kind: 'seen' })
    fixture.end()
    await settle()
    assert.equal(fixture.runs, 1)
  })

  it('after its end is known when it is a job that may come twice', async () => {
    const fixture = new Fixture()
    const runner = fixture.runner()
    const queued = { ...load, queue: true } as const
    const first = runner.take(queued)
    assert.deepEqual(runner.take(queued), { kind: 'seen' })
    fixture.end()
    if (first.kind === 'started') await first.finished
    assert.deepEqual(runner.take(queued), { kind: 'ran' })
    assert.equal(fixture.runs, 1)
  })

  it('after its end is refused: no return would come for it', async () => {
    const fixture = new Fixture()
    const runner = fixture.runner()
    const first = runner.take(load)
    fixture.end()
    if (first.kind === 'started') await first.finished
    assert.deepEqual(runner.take(load), { kind: 'refused', reason: 'a job with this jid was run here before' })
    assert.equal(fixture.runs, 1)
  })

  it('from two masters is refused to the second while that of the first runs, instead of never returning to it', async () => {
    const fixture = new Fixture()
    const [first, second] = [fixture.runner(), fixture.runner()]
    assert.equal(first.take(load).kind, 'started')
    assert.deepEqual(second.take(load), { kind: 'refused', reason: 'a job of another master runs here with this jid' })
    assert.equal(fixture.table.size, 1)
    fixture.end()
    await settle()
    assert.equal(fixture.runs, 1)
  })
})

describe('a job that is ended while it waits for its turn', () => {
  it('never begins, and returns what ended it', async () => {
    const fixture = new Fixture()
    const runner = fixture.runner(1)
    runner.take(load)
    const waiting = runner.take({ ...load, jid: '20260101000000000002' })
    assert.ok(waiting.kind === 'started')
    await settle()
    fixture.table.signal('20260101000000000002', 9)
    fixture.end()
    const { ret } = await waiting.finished
    assert.equal(fixture.runs, 1)
    assert.deepEqual([ret.return, ret.retcode, ret.success], ['The job was ended by signal 9.', 137, false])
    assert.equal(fixture.table.size, 0)
  })
})

describe('the return of a job', () => {
  it('is told once, when it is in the spool; also that of a job which a former process left', async () => {
    using folder = new ConfigFolder()
    const clock = new FakeClock(0)
    const told: unknown[] = []
    const runnerOn = (spool: ReturnSpool): JobRunner =>
      new JobRunner({
        id: 'a',
        table: new JobTable(clock),
        spool,
        log: silentLog,
        maximumJobs: 0,
        run: async () => ({ return: 'done', retcode: 0, success: true }),
        returned: ({ ret }, value) => told.push([ret, value.return, spool.counters.waiting]),
      })
    const open = (): ReturnSpool => openReturnSpool(folder.file('spool.db'), { clock, log: silentLog })
    {
      using spool = open()
      const intake = runnerOn(spool).take({ ...load, ret: 'sqlite' })
      if (intake.kind === 'started') await intake.finished
      assert.deepEqual(told, [['sqlite', 'done', 1]])
      spool.start('20260101000000000002', { ...load, jid: '20260101000000000002', ret: 'file' })
      await spool.settled()
    }
    using spool = open()
    const runner = runnerOn(spool)
    runner.endInterrupted()
    runner.endInterrupted()
    assert.equal(told.length, 2)
    assert.match(String(told[1]), /^file,The minion ended while this job ran/)
  })
})
