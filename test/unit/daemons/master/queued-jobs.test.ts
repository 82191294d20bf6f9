import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TargetOutcome } from '../../../../src/client/api.ts'
import { recordOf } from '../../../../src/daemons/master/job-record.ts'
import { QueuedJobs } from '../../../../src/daemons/master/queued-jobs.ts'
import type { JobLoad, JobRecord } from '../../../../src/engine/jobs/types.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const jidOf = (number: number): string => `202601010000000000${String(number).padStart(2, '0')}`

class Fixture {
  readonly clock = new FakeClock()
  readonly settled: string[] = []
  readonly emptied: string[] = []
  readonly records = new Map<string, JobRecord>()
  readonly queue = new QueuedJobs({
    clock: this.clock,
    store: { get: (jid) => this.records.get(jid) },
    settled: (jid, { id, state, reason }: TargetOutcome) => this.settled.push(`${jid} ${id} ${state}: ${reason}`),
    emptied: (jid) => this.emptied.push(jid),
  })

  load(number: number, seconds: number, arg: readonly unknown[] = []): JobLoad {
    const issuedAt = this.clock.now()
    const shared = { tgt: '*', tgt_type: 'glob', fun: 'test.ping', ret: '', user: 'root' }
    return { ...shared, jid: jidOf(number), arg, issuedAt, expiresAt: issuedAt + seconds * 1000, queue: true }
  }

  add(number: number, seconds: number, ...ids: readonly string[]): string {
    const load = this.load(number, seconds)
    this.records.set(load.jid, recordOf(load, ids))
    for (const id of ids) this.queue.add(load, id)
    return load.jid
  }

  of(id: string): readonly string[] {
    return this.queue.of(id).map(({ jid }) => jid)
  }
}

describe('jobs that wait', () => {
  it('are those of the minion, the oldest first, and go on waiting until they are removed', () => {
    const fixture = new Fixture()
    const second = fixture.add(2, 60, 'a')
    const first = fixture.add(1, 60, 'a', 'b')
    assert.deepEqual(fixture.of('a'), [first, second])
    assert.deepEqual(fixture.of('a'), [first, second])
    assert.deepEqual(fixture.of('c'), [])
    assert.equal(fixture.queue.remove(first, 'a'), true)
    assert.equal(fixture.queue.remove(first, 'a'), false)
    assert.deepEqual(fixture.of('a'), [second])
    assert.equal(fixture.queue.holds(first), true)
    assert.equal(fixture.queue.remove(first, 'b'), true)
    assert.equal(fixture.queue.holds(first), false)
    assert.equal(fixture.queue.size, 1)
  })

  it('expire each at its own time, whatever the order in which they came', async () => {
    const fixture = new Fixture()
    const late = fixture.add(1, 90, 'a')
    const soon = fixture.add(2, 30, 'a', 'b')
    await fixture.clock.advance(29_999)
    assert.deepEqual(fixture.settled, [])
    await fixture.clock.advance(1)
    const reason = 'expired: the minion did not come in time'
    assert.deepEqual(fixture.settled, [`${soon} a ${reason}`, `${soon} b ${reason}`])
    assert.deepEqual(fixture.emptied, [soon])
    await fixture.clock.advance(60_000)
    assert.deepEqual(fixture.emptied, [soon, late])
    assert.equal(fixture.queue.size, 0)
    assert.equal(fixture.clock.pending, 0)
  })

  it('are not handed out when their time is over, also when the timer was not heard yet', () => {
    const clock = new FakeClock()
    const fixture = new Fixture()
    fixture.add(1, 30, 'a')
    Object.assign(fixture.clock, { now: () => clock.now() + 30_000 })
    assert.deepEqual(fixture.of('a'), [])
  })

  it('can be taken back from all, or from some', () => {
    const fixture = new Fixture()
    const jid = fixture.add(1, 60, 'a', 'b', 'c')
    assert.deepEqual(fixture.queue.withdraw(jid, 'eve', ['b', 'z']), ['b'])
    assert.deepEqual(fixture.settled, [`${jid} b withdrawn: by eve`])
    assert.deepEqual(fixture.emptied, [])
    assert.deepEqual(fixture.queue.withdraw(jid, 'eve'), ['a', 'c'])
    assert.deepEqual(fixture.emptied, [jid])
    assert.deepEqual(fixture.queue.withdraw(jid, 'eve'), [])
    assert.deepEqual(fixture.queue.withdraw(jidOf(7), 'eve'), [])
  })

  it('are denied to a minion whose key has lost its right', () => {
    const fixture = new Fixture()
    const jid = fixture.add(1, 60, 'a', 'b')
    fixture.queue.revoke('a', 'the key was deleted')
    assert.deepEqual(fixture.settled, [`${jid} a denied: the key was deleted`])
    assert.deepEqual([fixture.of('a'), fixture.of('b')], [[], [jid]])
  })

  it('are bounded by number and by size, and room is given back', () => {
    const fixture = new Fixture()
    fixture.queue.admit(fixture.load(1, 60), 100_000)
    assert.throws(() => fixture.queue.admit(fixture.load(1, 60), 100_001), { code: 'overloaded' })
    const large = fixture.load(1, 60, ['x'.repeat(40 * 1024 * 1024)])
    fixture.queue.admit(large, 3)
    fixture.queue.add(large, 'a')
    assert.throws(() => fixture.queue.admit({ ...large, jid: jidOf(2) }, 1), {
      code: 'overloaded',
      message: '40 MiB of jobs wait for minions already; no more can be queued',
    })
    fixture.queue.admit({ ...large, jid: jidOf(2) }, 0)
    fixture.queue.remove(large.jid, 'a')
    fixture.queue.admit({ ...large, jid: jidOf(2) }, 1)
  })
})
