import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobReturn, PublishItem, TargetOutcome } from '../../../../src/client/api.ts'
import { LiveJob, type LiveJobOptions } from '../../../../src/daemons/master/live-job.ts'
import type { JobLoad } from '../../../../src/engine/jobs/types.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const jid = '20260101000000000001'
const timeoutMs = 5000
const reconnectMs = 10_000

class Fixture {
  readonly clock = new FakeClock()
  readonly outcomes: TargetOutcome[] = []
  readonly job: LiveJob
  closed = 0

  constructor(options: Partial<LiveJobOptions> = {}) {
    const load: JobLoad = {
      jid,
      tgt: '*',
      tgt_type: 'glob',
      fun: 'test.ping',
      arg: [],
      ret: '',
      user: 'root',
      issuedAt: this.clock.now(),
      expiresAt: this.clock.now() + 30_000,
    }
    this.job = new LiveJob({
      load,
      minions: ['a'],
      clock: this.clock,
      timeoutMs,
      reconnectMs,
      hardDeadline: false,
      onOutcome: (outcome) => this.outcomes.push(outcome),
      onClosed: () => {
        this.closed += 1
      },
      ...options,
    })
  }

  get states(): readonly string[] {
    return this.outcomes.map(({ id, state }) => `${id} ${state}`)
  }
}

function returnOf(id: string, success = true): JobReturn {
  return { id, jid, fun: 'test.ping', fun_args: [], return: success, retcode: success ? 0 : 1, success }
}

/** What happens to the one target, and the state that it ends in; undefined: it stays open. */
const courses: readonly {
  readonly name: string
  readonly hardDeadline?: boolean
  readonly happens: (job: LiveJob, clock: FakeClock) => Promise<void> | void
  readonly state: string | undefined
  readonly reason?: RegExp
}[] = [
  { name: 'a return that went well', happens: (job) => job.returned(returnOf('a')), state: 'returned' },
  { name: 'a return that did not', happens: (job) => job.returned(returnOf('a', false)), state: 'failed' },
  {
    name: 'a return before the confirmation',
    happens: (job) => {
      job.returned(returnOf('a'))
      job.acknowledged('a')
    },
    state: 'returned',
  },
  { name: 'a denial', happens: (job) => job.refused('a', 'denied', 'not meant'), state: 'denied', reason: /not meant/ },
  {
    name: 'an expiry',
    happens: (job) => job.refused('a', 'expired', 'too late'),
    state: 'expired',
    reason: /too late/,
  },
  { name: 'no connection', happens: (job) => job.notConnected('a', 'away'), state: 'not-connected', reason: /away/ },
  {
    name: 'silence',
    happens: (_, clock) => clock.advance(timeoutMs),
    state: 'no-ack',
    reason: /did not confirm/,
  },
  { name: 'silence that may still end', happens: (_, clock) => clock.advance(timeoutMs - 1), state: undefined },
  {
    name: 'work that takes longer than the client waits',
    happens: (job, clock) => {
      job.acknowledged('a')
      return clock.advance(3_600_000)
    },
    state: undefined,
  },
  {
    name: 'the same under a hard deadline',
    hardDeadline: true,
    happens: (job, clock) => {
      job.acknowledged('a')
      return clock.advance(timeoutMs)
    },
    state: 'timeout',
    reason: /still running/,
  },
  {
    name: 'a connection lost before the confirmation',
    happens: (job) => job.lost('a'),
    state: 'not-connected',
    reason: /before the minion confirmed/,
  },
  {
    name: 'a connection lost while the job runs, which may come back',
    happens: (job, clock) => {
      job.acknowledged('a')
      job.lost('a')
      return clock.advance(reconnectMs - 1)
    },
    state: undefined,
  },
  {
    name: 'the same when it does not come back',
    happens: (job, clock) => {
      job.acknowledged('a')
      job.lost('a')
      job.lost('a')
      return clock.advance(reconnectMs)
    },
    state: 'timeout',
    reason: /connection was lost while the job ran/,
  },
  {
    name: 'the same when it comes back and goes on',
    happens: async (job, clock) => {
      job.acknowledged('a')
      job.lost('a')
      await clock.advance(reconnectMs - 1)
      job.acknowledged('a')
      await clock.advance(reconnectMs * 5)
    },
    state: undefined,
  },
  {
    name: 'a return from the spool of one that came back',
    happens: async (job, clock) => {
      job.acknowledged('a')
      job.lost('a')
      await clock.advance(100)
      job.returned(returnOf('a'))
      await clock.advance(reconnectMs)
    },
    state: 'returned',
  },
  {
    name: 'a lost one under a hard deadline',
    hardDeadline: true,
    happens: (job, clock) => {
      job.acknowledged('a')
      job.lost('a')
      return clock.advance(timeoutMs)
    },
    state: 'timeout',
    reason: /still running/,
  },
  { name: 'a master that stops to follow', happens: (job) => job.abandon('ended'), state: 'timeout', reason: /ended/ },
]

describe('the target of a job', () => {
  for (const { name, hardDeadline = false, happens, state, reason } of courses) {
    it(`${state === undefined ? 'stays open' : `ends as ${state}`}: ${name}`, async () => {
      const { job, clock, outcomes, states } = new Fixture({ hardDeadline })
      await happens(job, clock)
      assert.deepEqual(
        outcomes.map((outcome) => outcome.state),
        state === undefined ? [] : [state],
        states.join(),
      )
      assert.equal(job.isClosed, state !== undefined)
      if (reason !== undefined) assert.match(outcomes[0]?.reason ?? '', reason)
      if (state !== undefined) assert.equal(clock.pending, 0, 'no timer outlives the job')
    })
  }

  it('has one state only, whatever comes afterwards', async () => {
    const fixture = new Fixture({ minions: ['a', 'b'] })
    const { job } = fixture
    job.returned(returnOf('a'))
    job.returned(returnOf('a', false))
    job.refused('a', 'denied', '')
    job.lost('a')
    job.acknowledged('a')
    await fixture.clock.advance(timeoutMs)
    assert.deepEqual(fixture.states, ['a returned', 'b no-ack'])
    assert.equal(fixture.closed, 1)
  })

  it('counts only when the job meant it', () => {
    const fixture = new Fixture()
    fixture.job.returned(returnOf('stranger'))
    fixture.job.acknowledged('stranger')
    fixture.job.lost('stranger')
    assert.deepEqual(fixture.states, [])
    assert.deepEqual(fixture.job.openTargets, ['a'])
  })
})

describe('a job', () => {
  it('tells each outcome once to whoever follows, also to one who comes later', async () => {
    const { job } = new Fixture({ minions: ['a', 'b'] })
    const early: PublishItem[] = []
    const late: PublishItem[] = []
    job.follow((item) => early.push(item))
    job.returned(returnOf('a'))
    const following = job.follow((item) => late.push(item))
    following.stop()
    job.returned(returnOf('b'))
    await job.ended
    assert.deepEqual(
      early.map((item) => item.kind === 'outcome' && item.id),
      ['a', 'b'],
    )
    assert.deepEqual(
      late.map((item) => item.kind === 'outcome' && item.id),
      ['a'],
    )
  })
})
