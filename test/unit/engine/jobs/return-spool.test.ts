import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { openReturnSpool, type ReturnSpool } from '../../../../src/engine/jobs/return-spool.ts'
import { jidOf, jobLoad, jobReturn, keptLog, ManualClock, startMs } from './samples.ts'

let folder: string
let path: string
let clock: ManualClock
let log: ReturnType<typeof keptLog>

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'spool-'))
  path = join(folder, 'spool.db')
  clock = new ManualClock()
  log = keptLog()
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const open = (more: Partial<Parameters<typeof openReturnSpool>[1]> = {}): ReturnSpool =>
  openReturnSpool(path, { clock, log, ...more })
const seqs = (spool: ReturnSpool) => spool.unacknowledged().map(({ seq }) => seq)

describe('the return spool', () => {
  it('keeps returns until they are acknowledged, cumulatively', async () => {
    using spool = open()
    for (let number = 1; number <= 4; number++) spool.start(jidOf(number), jobLoad(number))
    const numbers = [1, 2, 3, 4].map((number) => spool.finish(jobReturn(number)))
    assert.deepEqual(numbers, [1, 2, 3, 4])
    spool.acknowledge(1)
    assert.deepEqual(seqs(spool), [2, 3, 4])
    await spool.settled()
    assert.deepEqual(spool.unacknowledged()[0], { seq: 2, ret: jobReturn(2) })
    spool.acknowledge(3)
    assert.deepEqual(seqs(spool), [4])
    spool.acknowledge(99)
    assert.deepEqual(spool.counters, { waiting: 0, bytes: 0, dropped: 0, faults: 0 })
  })

  it('tells after a restart what ran, what waits, and what was seen, and never reuses a number', () => {
    {
      using spool = open()
      for (let number = 1; number <= 3; number++) assert.equal(spool.start(jidOf(number), jobLoad(number)), true)
      spool.finish(jobReturn(1))
      spool.finish(jobReturn(2))
      spool.acknowledge(2)
      assert.deepEqual(spool.interrupted(), [], 'jobs of this process are not interrupted')
    }
    {
      using spool = open()
      assert.deepEqual(spool.interrupted(), [{ jid: jidOf(3), load: jobLoad(3) }])
      assert.deepEqual(seqs(spool), [])
      assert.equal(spool.seen(jidOf(1)), true)
      assert.equal(spool.start(jidOf(1), jobLoad(1)), false)
      assert.equal(spool.finish(jobReturn(3)), 3)
      assert.deepEqual(spool.interrupted(), [])
    }
    using spool = open()
    assert.deepEqual(spool.unacknowledged(), [{ seq: 3, ret: jobReturn(3) }])
    assert.deepEqual(spool.interrupted(), [])
    assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  })

  it('forgets finished jobs a while after they expired', async () => {
    using spool = open()
    spool.start(jidOf(1), jobLoad(1, startMs + 1000))
    spool.start(jidOf(2), jobLoad(2, startMs + 1000))
    spool.finish(jobReturn(1))
    await spool.settled()
    const seenAfter = async (ms: number, number: number): Promise<boolean[]> => {
      clock.advance(ms)
      spool.start(jidOf(number), jobLoad(number, startMs + 1e9))
      await spool.settled()
      return [spool.seen(jidOf(1)), spool.seen(jidOf(2))]
    }
    assert.deepEqual(await seenAfter(2000, 3), [true, true], 'clocks may differ')
    assert.deepEqual(await seenAfter(3_600_000, 4), [true, true], 'the return of the first still waits')
    assert.deepEqual(seqs(spool), [1])
    spool.acknowledge(1)
    assert.deepEqual(await seenAfter(2000, 5), [false, true], 'the second still runs')
  })

  it('gives up the oldest returns beyond its bounds and says which', () => {
    const dropped: string[] = []
    using spool = open({ maximumReturns: 3, maximumBytes: 10_000, onDrop: (jid) => dropped.push(jid) })
    for (let number = 1; number <= 4; number++) spool.finish(jobReturn(number))
    assert.deepEqual(dropped, [jidOf(1)])
    spool.finish(jobReturn(5, 'alpha', 'x'.repeat(9_850)))
    assert.deepEqual(dropped, [1, 2, 3, 4].map(jidOf))
    spool.finish(jobReturn(6, 'alpha', 'x'.repeat(50_000)))
    assert.deepEqual(seqs(spool), [6], 'a single return is never too large')
    assert.equal(spool.counters.dropped, 5)
  })

  it('works on in memory when the disk is full, and catches up', async () => {
    const faults: (string | undefined)[] = []
    {
      using spool = open({ maximumPages: 12, onFault: (error) => faults.push(error?.code) })
      const value = 'x'.repeat(40_000)
      assert.equal(spool.start(jidOf(1), jobLoad(1)), true)
      spool.finish(jobReturn(1, 'alpha', value))
      await spool.settled()
      assert.deepEqual(faults, ['storage'])
      assert.equal(spool.seen(jidOf(1)), true)
      assert.equal(spool.unacknowledged()[0]?.ret.return, value)
      spool.finish(jobReturn(2))
      spool.acknowledge(1)
      clock.advance(1000)
      assert.deepEqual(faults, ['storage', undefined])
    }
    using again = open()
    assert.deepEqual(again.unacknowledged(), [{ seq: 2, ret: jobReturn(2) }])
    assert.equal(again.seen(jidOf(1)), true)
  })

  it('bounds what memory holds while the disk is full', async () => {
    const dropped: string[] = []
    using spool = open({ maximumPages: 10, maximumMemoryBytes: 25_000, onDrop: (jid) => dropped.push(jid) })
    for (let number = 1; number <= 10; number++) {
      spool.finish(jobReturn(number, 'alpha', 'x'.repeat(10_000)))
      await spool.settled()
    }
    const onDisk = 2
    assert.deepEqual(seqs(spool).slice(-2), [9, 10])
    assert.equal(seqs(spool).length, onDisk + 2)
    assert.equal(dropped.length, 10 - onDisk - 2)
  })

  it('keeps a failed return in place of a value that is no data', async () => {
    using spool = open()
    const circle: unknown[] = []
    circle.push(circle)
    spool.finish(jobReturn(1, 'alpha', circle))
    let deep: unknown = 'x'
    for (let level = 0; level < 100; level++) deep = [deep]
    spool.finish(jobReturn(2, 'alpha', deep))
    await spool.settled()
    for (const { ret } of spool.unacknowledged()) {
      assert.equal(ret.success, false)
      assert.match(String(ret.return), /cannot be sent/)
    }
    assert.equal(spool.unacknowledged().length, 2)
  })

  it('starts anew from a damaged file', () => {
    fs.writeFileSync(path, Buffer.alloc(5000, 7))
    using spool = open()
    assert.equal(spool.finish(jobReturn(1)), 1)
    assert.equal(log.lines.length, 1)
    assert.equal(fs.readdirSync(folder).filter((name) => name.includes('.damaged-')).length, 1)
  })
})
