import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { Outlet, type OutletOptions } from '../../../../src/engine/outlet/outlet.ts'
import type { Delivery, OpenReturner } from '../../../../src/engine/returner.ts'
import { FakeClock, settle } from '../../../support/fake-clock.ts'
import { FakeReturner } from '../../../support/fake-returner.ts'
import { RecordedLog } from '../../../support/recorded-log.ts'

let folder: string
let clock: FakeClock
let log: RecordedLog
let backend: FakeReturner
let drops: string[]

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'outlet-'))
  clock = new FakeClock()
  log = new RecordedLog()
  backend = new FakeReturner()
  drops = []
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const outlet = (more: Partial<OutletOptions> = {}): Outlet =>
  new Outlet({
    name: 'sink audit',
    returner: 'fake',
    path: join(folder, 'spool.db'),
    clock,
    log: log.log,
    open: backend.open,
    random: () => 0.5,
    onDrop: (count, reason) => drops.push(`${count} ${reason}`),
    ...more,
  })

const event = (seq: number, data: Record<string, unknown> = {}): Delivery => ({
  kind: 'event',
  event: { seq, tag: 'my/tag', data: { _stamp: 'now', ...data } },
})
const seqs = (deliveries: readonly Delivery[] = backend.arrived): number[] =>
  deliveries.map((delivery) => (delivery.kind === 'event' ? delivery.event.seq : 0))
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('an outlet', () => {
  it('sends a full batch at once and the rest at the flush time, with no further traffic', async () => {
    await using out = outlet({ batchRecords: 3, flushMs: 2000 })
    for (const seq of range(1, 7)) out.put(event(seq))
    await settle()
    assert.deepEqual(
      backend.batches.map((batch) => seqs(batch)),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    )
    assert.equal(out.status.state, 'waiting')
    await clock.advance(1999)
    assert.equal(backend.batches.length, 2)
    await clock.advance(1)
    assert.deepEqual(seqs(), range(1, 7))
    assert.equal(out.status.waiting, 0)
    assert.equal(out.status.delivered, 7)
    assert.deepEqual(backend.arrived[6], event(7))
  })

  it('sends at once with a priority, and by bytes', async () => {
    await using quick = outlet({ priority: 1 })
    quick.put(event(1))
    await settle()
    assert.deepEqual(seqs(), [1])
    await using large = outlet({ batchBytes: 1000, path: ':memory:' })
    large.put(event(2))
    await settle()
    assert.deepEqual(seqs(), [1])
    large.put(event(3, { text: 'x'.repeat(1000) }))
    await settle()
    assert.deepEqual(
      backend.batches.map((batch) => seqs(batch)),
      [[1], [2], [3]],
    )
  })

  it('opens the backend when there is something to deliver, once', async () => {
    await using out = outlet({ flushMs: 0 })
    await settle()
    assert.equal(backend.opened, 0)
    out.put(event(1))
    await settle()
    out.put(event(2))
    await settle()
    assert.deepEqual([backend.opened, seqs()], [1, [1, 2]])
    await out[Symbol.asyncDispose]()
    assert.equal(backend.closed, 1)
  })

  it('survives a minute without backend under load: all arrives in order, and says so once', async () => {
    await using out = outlet({ batchRecords: 10 })
    backend.onDeliver = () => {
      throw new Error('connection refused')
    }
    for (let second = 0; second < 60; second++) {
      for (const seq of range(second * 20 + 1, second * 20 + 20)) out.put(event(seq))
      await settle()
      await clock.advance(1000)
    }
    assert.deepEqual(seqs(), [])
    assert.equal(out.status.waiting, 1200)
    assert.equal(out.status.state, 'retrying')
    assert.equal(out.status.last_error, 'connection refused')
    assert.equal(out.status.failing_since, '2026-01-01T00:00:00.000Z')
    assert.ok(out.status.failed_attempts >= 6 && out.status.failed_attempts <= 12, `${out.status.failed_attempts}`)
    backend.onDeliver = () => {}
    await clock.advance(60_000)
    await backend.untilArrived(1200)
    assert.deepEqual(seqs(), range(1, 1200))
    assert.equal(out.status.failing_since, null)
    assert.equal(log.matching(/takes no deliveries/).length, 1)
    assert.equal(log.matching(/takes deliveries again/).length, 1)
    assert.equal(backend.closed, backend.opened - 1, 'after each failure it was opened anew')
  })

  it('scatters the pauses between none and twice the former, up to the longest', async () => {
    let share = 0
    await using out = outlet({ flushMs: 0, random: () => share, retry: { firstMs: 1000, lastMs: 4000 } })
    backend.openFault = new Error('away')
    out.put(event(1))
    await settle()
    assert.equal(backend.attempts, 1)
    share = 0.999
    await clock.advance(0)
    for (const pauseMs of [1998, 3996, 3996]) {
      const before: number = backend.attempts
      await clock.advance(pauseMs - 1)
      assert.equal(backend.attempts, before, `not before ${pauseMs} ms`)
      await clock.advance(1)
      assert.equal(backend.attempts, before + 1)
    }
  })

  it('delivers one by one what is refused, and gives up only what can never be written', async () => {
    await using out = outlet({ batchRecords: 5 })
    backend.onDeliver = (batch) => {
      if (seqs(batch).some((seq) => seq === 2 || seq === 4)) throw new SaltError('bad-arguments', 'no such column')
    }
    for (const seq of range(1, 5)) out.put(event(seq))
    await settle(60)
    assert.deepEqual(seqs(), [1, 3, 5])
    assert.deepEqual(out.status.dropped, 2)
    assert.equal(out.status.failed_attempts, 0)
    await clock.advance(1000)
    assert.deepEqual(drops, ['1 refused by the backend', '1 refused by the backend'])
    assert.equal(log.matching(/ERROR a delivery was given up .*no such column/).length, 2)
  })

  it('does not give up what a backend refuses to open for', async () => {
    await using out = outlet({ flushMs: 0 })
    backend.openFault = new SaltError('bad-arguments', 'the table is missing')
    out.put(event(1))
    await settle()
    assert.deepEqual([out.status.waiting, out.status.dropped], [1, 0])
    backend.openFault = undefined
    await clock.advance(500)
    assert.deepEqual(seqs(), [1])
  })

  it('takes a backend that hangs as one that failed, and closes what opens too late', async () => {
    await using out = outlet({ flushMs: 0, deliveryTimeoutMs: 5000 })
    backend.onDeliver = () => new Promise(() => {})
    out.put(event(1))
    await settle()
    await clock.advance(5000)
    assert.match(out.status.last_error ?? '', /no answer within 5 s/)
    backend.onDeliver = () => {}
    await clock.advance(500)
    assert.deepEqual(seqs(), [1])
  })

  it('closes a backend that opens too late', async () => {
    let open: () => void = () => {}
    const opening = new Promise<void>((resolve) => {
      open = resolve
    })
    const slow = async (): Promise<OpenReturner> => {
      await opening
      return backend.open()
    }
    await using out = outlet({ flushMs: 0, deliveryTimeoutMs: 5000, open: slow })
    out.put(event(1))
    await settle()
    await clock.advance(5000)
    assert.equal(out.status.failed_attempts, 1)
    open()
    await settle()
    assert.deepEqual([backend.opened, backend.closed], [1, 1])
  })

  it('delivers after a restart what a former process left, and numbers nothing twice', async () => {
    backend.openFault = new Error('away')
    {
      await using out = outlet()
      for (const seq of range(1, 250)) out.put(event(seq))
      await settle()
    }
    backend.openFault = undefined
    await using out = outlet()
    out.put(event(251))
    await settle(60)
    assert.deepEqual(seqs(), range(1, 251))
    assert.equal(out.status.waiting, 0)
  })

  it('gives up the oldest beyond its bound, and tells it once a second', async () => {
    await using out = outlet({ maximumRecords: 10 })
    backend.openFault = new Error('away')
    for (const seq of range(1, 50)) out.put(event(seq))
    await settle()
    assert.deepEqual(drops, ['1 too many wait'])
    await clock.advance(1000)
    assert.deepEqual(drops, ['1 too many wait', '39 too many wait'])
    assert.equal(out.status.dropped, 40)
    backend.openFault = undefined
    await clock.advance(60_000)
    assert.deepEqual(seqs(), range(41, 50))
  })

  it('never throws for what is no plain data, and counts it', async () => {
    await using out = outlet({ flushMs: 0 })
    out.put(event(1, { what: () => {} }))
    out.put(event(2))
    await settle()
    assert.deepEqual(seqs(), [2])
    assert.deepEqual(drops, ['1 no plain data'])
  })

  it('drains without waiting for the flush time or for a pause, and no longer than it may', async () => {
    await using out = outlet()
    out.put(event(1))
    await out.drain(1000)
    assert.deepEqual(seqs(), [1])
    backend.onDeliver = () => {
      throw new Error('away')
    }
    out.put(event(2))
    await out.drain(1000)
    assert.equal(out.status.state, 'retrying')
    backend.onDeliver = () => {}
    await out.drain(1000)
    assert.deepEqual(seqs(), [1, 2])
    backend.onDeliver = () => new Promise(() => {})
    out.put(event(3))
    const draining = out.drain(1000)
    await clock.advance(1000)
    await draining
    assert.equal(out.status.waiting, 1)
    const closing = out[Symbol.asyncDispose]()
    await clock.advance(2000)
    await closing
  })

  it('lets a delivery that is under way end when it is closed', async () => {
    let end: () => void = () => {}
    backend.onDeliver = () =>
      new Promise((resolve) => {
        end = resolve
      })
    {
      const out = outlet({ flushMs: 0, batchRecords: 1 })
      out.put(event(1))
      out.put(event(2))
      await settle()
      const closing = out[Symbol.asyncDispose]()
      end()
      await closing
    }
    backend.onDeliver = () => {}
    await using again = outlet({ flushMs: 0 })
    await settle()
    assert.deepEqual(seqs(), [1, 2], 'none came twice')
    assert.equal(again.status.delivered, 1)
  })

  it('closes while a delivery hangs, and takes nothing after that', async () => {
    const out = outlet({ flushMs: 0 })
    backend.onDeliver = () => new Promise(() => {})
    out.put(event(1))
    await settle()
    const closing = out[Symbol.asyncDispose]()
    out.put(event(2))
    await clock.advance(2000)
    await closing
    assert.deepEqual(drops, ['1 closed'])
    backend.onDeliver = () => {}
    await using again = outlet({ flushMs: 0 })
    await settle()
    assert.deepEqual(seqs(), [1])
    assert.equal(again.status.waiting, 0)
  })
})
