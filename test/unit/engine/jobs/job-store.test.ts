import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Float } from '../../../../src/base/float.ts'
import { openJobStore, type PersistentJobStore } from '../../../../src/engine/jobs/job-store.ts'
import { openReturnSpool } from '../../../../src/engine/jobs/return-spool.ts'
import { jidOf, jobRecord, jobReturn, keptLog, ManualClock, startMs } from './samples.ts'

let folder: string
let path: string
let clock: ManualClock
let log: ReturnType<typeof keptLog>

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'job-store-'))
  path = join(folder, 'jobs.db')
  clock = new ManualClock()
  log = keptLog()
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const open = (more: Partial<Parameters<typeof openJobStore>[1]> = {}): PersistentJobStore =>
  openJobStore(path, { clock, log, ...more })

describe('the job store', () => {
  it('answers before and after the write, and after it was opened again', async () => {
    const check = (store: PersistentJobStore) => {
      assert.deepEqual(store.get(jidOf(1)), jobRecord(1, { metadata: { a: [1] } }))
      assert.deepEqual(store.outcomes(jidOf(1)), [
        { id: 'alpha', state: 'returned', ret: jobReturn(1, 'alpha', [new Float(1), null, 'ž', 2n ** 60n + 1n]) },
        { id: 'beta', state: 'not-connected', reason: 'it is away' },
      ])
      assert.deepEqual(store.states(jidOf(1)), { alpha: 'returned', beta: 'not-connected' })
      assert.deepEqual(
        store.open().map(({ jid }) => jid),
        [jidOf(1)],
      )
    }
    {
      using store = open()
      store.add(jobRecord(1, { metadata: { a: [1] } }))
      assert.equal(store.setOutcome(jidOf(1), { id: 'beta', state: 'not-connected', reason: 'it is away' }), true)
      const ret = jobReturn(1, 'alpha', [new Float(1), null, 'ž', 2n ** 60n + 1n])
      assert.equal(store.setOutcome(jidOf(1), { id: 'alpha', state: 'returned', ret }), true)
      check(store)
      await store.settled()
      check(store)
    }
    using again = open()
    check(again)
    assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  })

  it('takes a return once, whatever came before', async () => {
    using store = open()
    store.add(jobRecord(1))
    const returned = { id: 'alpha', state: 'returned', ret: jobReturn(1) } as const
    assert.equal(store.setOutcome(jidOf(1), { id: 'alpha', state: 'running' }), true)
    assert.equal(store.setOutcome(jidOf(1), { id: 'alpha', state: 'timeout', reason: 'late' }), true)
    assert.equal(store.setOutcome(jidOf(1), returned), true)
    assert.equal(store.setOutcome(jidOf(1), returned), false)
    assert.equal(store.setOutcome(jidOf(1), { id: 'alpha', state: 'timeout' }), false)
    await store.settled()
    assert.equal(store.setOutcome(jidOf(1), returned), false)
    assert.deepEqual(store.outcomes(jidOf(1)), [returned])
    assert.equal(store.setOutcome(jidOf(9), returned), false, 'a job that is not known')
  })

  it('knows a duplicate from before it was opened', () => {
    const returned = { id: 'alpha', state: 'returned', ret: jobReturn(1) } as const
    {
      using store = open()
      store.add(jobRecord(1))
      store.setOutcome(jidOf(1), returned)
    }
    using again = open()
    assert.equal(again.setOutcome(jidOf(1), returned), false)
    assert.equal(again.setOutcome(jidOf(1), { id: 'beta', state: 'no-ack' }), true)
    assert.deepEqual(again.states(jidOf(1)), { alpha: 'returned', beta: 'no-ack' })
  })

  it('closes jobs and forgets those that were closed long ago, whenever they began', () => {
    using store = open()
    for (let number = 1; number <= 1200; number++) {
      store.add(jobRecord(number))
      if (number !== 3) store.close(jidOf(number), startMs + (number === 4 ? 5000 : number + 0.5))
    }
    store.close(jidOf(1), 1)
    assert.equal(store.get(jidOf(1))?.closedAt, startMs + 1.5)
    assert.deepEqual(
      store.open().map(({ jid }) => jid),
      [jidOf(3)],
    )
    assert.equal(store.removeBefore(startMs + 1100), 1097)
    assert.deepEqual(
      store.list({ startedBeforeMs: startMs + 1101 }).map(({ jid }) => jid),
      [jidOf(3), jidOf(4), jidOf(1100), jidOf(1101)],
    )
    assert.equal(store.get(jidOf(2)), undefined)
    assert.deepEqual(store.outcomes(jidOf(2)), [])
  })

  it('lists by function, target, metadata, time and number, newest last', async () => {
    using store = open()
    store.add(jobRecord(1))
    store.add(jobRecord(2, { fun: ['cmd.run', 'test.ping'], metadata: { team: 'a', deep: { x: [1] } } }))
    store.add(jobRecord(3, { fun: 'state.apply', tgt: ['web1', 'web2'], minions: ['web1'], metadata: { team: 'b' } }))
    await store.settled()
    store.add(jobRecord(4, { tgt: 'db*', minions: ['db1'] }))
    const numbers = (filter?: Parameters<typeof store.list>[0]) =>
      store.list(filter).map(({ startedAt }) => startedAt - startMs)
    assert.deepEqual(numbers(), [1, 2, 3, 4])
    assert.deepEqual(numbers({ functions: ['test.*'] }), [1, 2, 4])
    assert.deepEqual(numbers({ functions: ['cmd.run', 'state.*'] }), [2, 3])
    assert.deepEqual(numbers({ targets: ['web2'] }), [3])
    assert.deepEqual(numbers({ targets: ['db1'] }), [4])
    assert.deepEqual(numbers({ metadata: { deep: { x: [1] } } }), [2])
    assert.deepEqual(numbers({ metadata: { team: 'b', other: 1 } }), [])
    assert.deepEqual(numbers({ startedAfterMs: startMs + 2, startedBeforeMs: startMs + 3 }), [2, 3])
    assert.deepEqual(numbers({ limit: 2 }), [3, 4])
    assert.deepEqual(numbers({ limit: 1, functions: ['cmd.*'] }), [2])
    assert.deepEqual(numbers({ limit: 0 }), [])
  })

  it('keeps a return of megabytes', () => {
    const value = 'x'.repeat(3_000_000)
    {
      using store = open()
      store.add(jobRecord(1))
      store.setOutcome(jidOf(1), { id: 'alpha', state: 'returned', ret: jobReturn(1, 'alpha', value) })
    }
    using again = open()
    assert.equal(again.outcomes(jidOf(1))[0]?.ret?.return, value)
  })

  it('holds only so many closed jobs in memory', async () => {
    using store = open()
    for (let number = 0; number < 30_000; number++) {
      store.add(jobRecord(number))
      store.setOutcome(jidOf(number), { id: 'alpha', state: 'returned', ret: jobReturn(number) })
      store.close(jidOf(number), startMs)
      if (number % 1000 === 0) await store.settled()
    }
    await store.settled()
    assert.ok(store.counters.cached < 12_000, `${store.counters.cached} jobs in memory`)
    assert.deepEqual(store.outcomes(jidOf(0))[0]?.ret, jobReturn(0))
  })
})

describe('the job store in trouble', () => {
  it('goes on in memory while the disk is full, says so once, and writes everything when there is room', async () => {
    const faults: (string | undefined)[] = []
    using store = open({ maximumPages: 30, onFault: (error) => faults.push(error?.code) })
    const value = 'v'.repeat(2000)
    for (let number = 0; number < 100; number++) {
      store.add(jobRecord(number))
      assert.equal(
        store.setOutcome(jidOf(number), { id: 'alpha', state: 'returned', ret: jobReturn(number, 'alpha', value) }),
        true,
      )
      await store.settled()
    }
    assert.deepEqual(faults, ['storage'])
    assert.equal(log.lines.filter(({ text }) => text.startsWith('error ')).length, 1)
    assert.ok(store.counters.faults >= 1)
    for (const number of [0, 99]) {
      assert.equal(store.outcomes(jidOf(number))[0]?.ret?.return, value)
      assert.equal(store.setOutcome(jidOf(number), { id: 'alpha', state: 'returned', ret: jobReturn(number) }), false)
    }
    assert.equal(store.list().length, 100)
    for (let number = 0; number < 10; number++) store.close(jidOf(number), startMs)
    // Nothing is tried before the retry is due, so that a full disk costs nothing per job.
    const before = store.counters.faults
    store.add(jobRecord(200))
    await store.settled()
    assert.equal(store.counters.faults, before)
  })

  it('writes what memory kept as soon as the disk takes it again', async () => {
    const faults: (string | undefined)[] = []
    {
      using store = open({ maximumPages: 30, onFault: (error) => faults.push(error?.code) })
      for (let number = 0; number < 15; number++) {
        store.add(jobRecord(number))
        store.setOutcome(jidOf(number), {
          id: 'alpha',
          state: 'returned',
          ret: jobReturn(number, 'alpha', 'v'.repeat(2000)),
        })
        store.close(jidOf(number), startMs)
      }
      await store.settled()
      assert.deepEqual(faults, [])
      store.add(jobRecord(50))
      store.setOutcome(jidOf(50), { id: 'alpha', state: 'returned', ret: jobReturn(50, 'alpha', 'v'.repeat(80_000)) })
      await store.settled()
      assert.deepEqual(faults, ['storage'])
      assert.equal(store.removeBefore(startMs + 15), 15)
      clock.advance(1000)
      assert.deepEqual(faults, ['storage', undefined])
    }
    using again = open()
    assert.equal(String(again.outcomes(jidOf(50))[0]?.ret?.return).length, 80_000)
  })

  it('gives up the oldest values beyond its bound, but no states', async () => {
    using store = open({ maximumPages: 20, maximumPendingBytes: 50_000 })
    for (let number = 0; number < 60; number++) {
      store.add(jobRecord(number))
      store.setOutcome(jidOf(number), {
        id: 'alpha',
        state: 'returned',
        ret: jobReturn(number, 'alpha', 'v'.repeat(5000)),
      })
      await store.settled()
    }
    assert.ok(store.counters.droppedValues > 20, `${store.counters.droppedValues}`)
    const [lost] = store.outcomes(jidOf(40))
    assert.deepEqual({ ...lost, reason: '' }, { id: 'alpha', state: 'returned', reason: '' })
    assert.match(lost?.reason ?? '', /could not be stored/)
    assert.equal(String(store.outcomes(jidOf(59))[0]?.ret?.return).length, 5000)
  })

  it('moves a damaged file aside at the start', () => {
    fs.writeFileSync(path, 'this is no database, whatever it is called')
    using store = open()
    store.add(jobRecord(1))
    assert.equal(store.get(jidOf(1))?.jid, jidOf(1))
    assert.ok(fs.readdirSync(folder).includes('jobs.db.damaged-20261121T030000Z'), String(fs.readdirSync(folder)))
    assert.match(log.lines[0]?.text ?? '', /warning .*moved aside/)
  })

  it('moves a file with torn pages aside', () => {
    {
      using store = open()
      for (let number = 0; number < 500; number++) store.add(jobRecord(number))
    }
    const bytes = fs.readFileSync(path)
    bytes.fill(0xa5, 4096 * 3 + 100, 4096 * 9)
    fs.writeFileSync(path, bytes)
    using store = open()
    assert.deepEqual(store.list(), [])
    assert.equal(log.lines.length, 1)
  })

  it('refuses a file that another process has open, and leaves it alone', () => {
    using _first = open()
    _first.add(jobRecord(1))
    assert.throws(
      () => open(),
      (error: { code?: string; hint?: string }) => {
        return error.code === 'storage' && /another process/i.test(error.hint ?? '')
      },
    )
    assert.equal(fs.readdirSync(folder).filter((name) => name.includes('damaged')).length, 0)
  })

  it('has everything that was settled when the process is killed, as has the spool', async () => {
    const script = fileURLToPath(new URL('crash-writer.ts', import.meta.url))
    const child = spawn(process.execPath, [script, folder, '100'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    assert.equal(String(line), 'written\n')
    child.kill('SIGKILL')
    await once(child, 'exit')
    using store = open()
    assert.equal(store.list().length, 100)
    assert.equal(store.open().length, 100)
    assert.deepEqual(store.outcomes(jidOf(77)), [{ id: 'alpha', state: 'returned', ret: jobReturn(77) }])
    using spool = openReturnSpool(join(folder, 'spool.db'), { clock, log })
    assert.equal(spool.interrupted().length, 50)
    assert.equal(spool.interrupted()[0]?.jid, jidOf(1))
    assert.deepEqual(spool.unacknowledged()[3], { seq: 4, ret: jobReturn(6) })
    assert.equal(spool.finish(jobReturn(1)), 51)
    assert.deepEqual(log.lines, [])
  })
})
