import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { RecordSpool, type RecordSpoolOptions } from '../../../../src/engine/outlet/record-spool.ts'
import { keptLog, ManualClock } from '../jobs/samples.ts'

let folder: string
let path: string
let clock: ManualClock
let log: ReturnType<typeof keptLog>

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'records-'))
  path = join(folder, 'spool.db')
  clock = new ManualClock()
  log = keptLog()
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const open = (more: Partial<RecordSpoolOptions> = {}): RecordSpool =>
  new RecordSpool(path, { clock, log, what: 'the spool', ...more })
const record = (text: string): Uint8Array => Buffer.from(text)
const texts = (spool: RecordSpool, limit = 1000, bytes = 1e9, after = 0): string[] =>
  spool.read(limit, bytes, after).map(({ bytes: found }) => Buffer.from(found).toString())

describe('the record spool', () => {
  it('hands out the oldest first, from disk and from memory, until they are acknowledged', async () => {
    using spool = open()
    assert.deepEqual(
      ['a', 'b', 'c'].map(record).map((bytes) => spool.append(bytes)),
      [1, 2, 3],
    )
    await spool.settled()
    assert.equal(spool.append(record('d')), 4)
    assert.deepEqual(texts(spool), ['a', 'b', 'c', 'd'])
    assert.deepEqual(texts(spool, 2), ['a', 'b'])
    assert.deepEqual(texts(spool, 10, 1e9, 2), ['c', 'd'])
    spool.acknowledge(2)
    assert.deepEqual(texts(spool), ['c', 'd'])
    await spool.settled()
    spool.acknowledge(3)
    assert.deepEqual(spool.counters, { waiting: 1, bytes: 1, dropped: 0, faults: 0 })
    spool.acknowledge(99)
    assert.deepEqual(texts(spool), [])
    assert.equal(spool.append(record('e')), 5)
    assert.deepEqual(spool.counters, { waiting: 1, bytes: 1, dropped: 0, faults: 0 })
  })

  it('hands out as many bytes as asked for, and one record at least', async () => {
    using spool = open()
    for (const text of ['aaaa', 'bbbb', 'cccc']) spool.append(record(text))
    assert.deepEqual(texts(spool, 10, 8), ['aaaa', 'bbbb'])
    await spool.settled()
    assert.deepEqual(texts(spool, 10, 9), ['aaaa', 'bbbb'])
    assert.deepEqual(texts(spool, 10, 1), ['aaaa'])
  })

  it('keeps what waits and the numbers over a restart, in a private file', async () => {
    {
      using spool = open()
      for (const text of ['a', 'b', 'c']) spool.append(record(text))
      await spool.settled()
      spool.acknowledge(1)
    }
    {
      using spool = open()
      assert.deepEqual(texts(spool), ['b', 'c'])
      assert.deepEqual(spool.counters, { waiting: 2, bytes: 2, dropped: 0, faults: 0 })
      spool.acknowledge(3)
      assert.equal(spool.append(record('d')), 4)
      spool.acknowledge(4)
    }
    using spool = open()
    assert.equal(spool.append(record('e')), 5, 'no number comes twice')
    assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  })

  it('loses nothing that was settled when the process is killed', async () => {
    const script = `
      import { RecordSpool } from ${JSON.stringify(new URL('../../../../src/engine/outlet/record-spool.ts', import.meta.url).pathname)}
      import { systemClock } from ${JSON.stringify(new URL('../../../../src/base/clock.ts', import.meta.url).pathname)}
      import { silentLog } from ${JSON.stringify(new URL('../../../../src/base/log.ts', import.meta.url).pathname)}
      const spool = new RecordSpool(${JSON.stringify(path)}, { clock: systemClock, log: silentLog, what: 'it' })
      for (let number = 1; number <= 500; number++) spool.append(Buffer.from(String(number)))
      await spool.settled()
      spool.acknowledge(100)
      await spool.settled()
      console.log('settled')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    using spool = open()
    assert.deepEqual(
      texts(spool),
      Array.from({ length: 400 }, (_, index) => String(index + 101)),
    )
  })

  it('gives up the oldest beyond its bounds and counts them, on disk and in memory', async () => {
    const drops: number[] = []
    using spool = open({ maximumRecords: 3, maximumBytes: 10, onDrop: (count) => drops.push(count) })
    for (const text of ['a', 'b', 'c']) spool.append(record(text))
    await spool.settled()
    spool.append(record('d'))
    assert.deepEqual(texts(spool), ['b', 'c', 'd'])
    spool.append(record('e'.repeat(8)))
    assert.deepEqual(texts(spool), ['c', 'd', 'eeeeeeee'])
    spool.append(record('f'.repeat(100)))
    assert.deepEqual(texts(spool), ['f'.repeat(100)], 'a single record is never too large')
    assert.deepEqual(drops, [1, 1, 3])
    assert.deepEqual(spool.counters, { waiting: 1, bytes: 100, dropped: 5, faults: 0 })
  })

  it('works on in memory when the disk is full, within a bound, and catches up in order', async () => {
    const faults: (string | undefined)[] = []
    {
      using spool = open({ maximumPages: 10, maximumMemoryBytes: 65_000, onFault: (error) => faults.push(error?.code) })
      spool.append(record('stored'))
      await spool.settled()
      for (const text of ['1', '2', '3', '4']) {
        spool.append(record(text.repeat(30_000)))
        await spool.settled()
      }
      assert.deepEqual(faults, ['storage'])
      assert.deepEqual(
        texts(spool).map((text) => text.slice(0, 6)),
        ['stored', '333333', '444444'],
      )
      assert.deepEqual(spool.counters, { waiting: 3, bytes: 60_006, dropped: 2, faults: 1 })
      spool.acknowledge(4)
      spool.append(record('5'))
      spool.acknowledge(5)
      clock.advance(1000)
      assert.deepEqual(faults, ['storage', undefined])
    }
    using again = open()
    assert.deepEqual(texts(again), ['5'])
  })

  it('gives the room back when nothing waits any more', async () => {
    {
      using spool = open()
      for (let number = 0; number < 100; number++) spool.append(Buffer.alloc(40_000))
      await spool.settled()
      spool.acknowledge(spool.lastSeq)
      await spool.settled()
    }
    assert.ok(fs.statSync(path).size < 200_000, `${fs.statSync(path).size} bytes`)
  })

  it('starts anew from a damaged file', () => {
    fs.writeFileSync(path, Buffer.alloc(5000, 7))
    using spool = open()
    assert.equal(spool.append(record('a')), 1)
    assert.deepEqual(texts(spool), ['a'])
    assert.equal(fs.readdirSync(folder).filter((name) => name.includes('.damaged-')).length, 1)
  })

  it('knows over a restart what was acknowledged and what was dropped', async () => {
    let epoch = 0
    {
      using spool = open({ maximumRecords: 2 })
      epoch = spool.epoch
      for (const text of ['a', 'b', 'c', 'd', 'e']) {
        spool.append(record(text))
        if (text === 'a') spool.acknowledge(1)
      }
      assert.deepEqual([spool.acknowledged, spool.read(10, 1e9).map(({ seq }) => seq)], [1, [4, 5]])
      await spool.settled()
    }
    using spool = open()
    assert.deepEqual([spool.epoch, spool.acknowledged], [epoch, 1])
    spool.acknowledge(99)
    assert.equal(spool.acknowledged, 5)
  })

  it('begins another epoch where numbers may come twice', async () => {
    const epochs: number[] = []
    {
      using spool = open({ maximumPages: 10 })
      epochs.push(spool.epoch)
      spool.append(Buffer.alloc(90_000))
      await spool.settled()
      epochs.push(spool.epoch)
      spool.append(record('a'))
      epochs.push(spool.epoch)
    }
    assert.deepEqual(epochs, [epochs[0], epochs[1], epochs[1]])
    assert.notEqual(epochs[0], epochs[1])
    fs.writeFileSync(path, Buffer.alloc(5000, 7))
    using spool = open()
    assert.ok(!epochs.includes(spool.epoch))
  })
})
