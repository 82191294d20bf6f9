import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../../../src/base/log.ts'
import { DataBanks } from '../../../../src/engine/cache/data-banks.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function inMemory(): DataBanks {
  return new DataBanks(':memory:', { clock: new FakeClock(), log: silentLog })
}

test('keeps data by bank and key', () => {
  using banks = inMemory()
  assert.equal(banks.fetch('a/b', 'k'), undefined)
  assert.equal(banks.updated('a/b', 'k'), undefined)
  banks.store('a/b', 'k', { list: [1, 'two', null] })
  assert.deepEqual(banks.fetch('a//b/', 'k'), { list: [1, 'two', null] })
  assert.equal(typeof banks.updated('a/b', 'k'), 'number')
  banks.store('a/b', 'k', 2)
  assert.equal(banks.fetch('a/b', 'k'), 2)
})

test('lists keys and the banks within', () => {
  using banks = inMemory()
  banks.store('a', 'key', 1)
  banks.store('a/b', 'x', 1)
  banks.store('a/b/c', 'y', 1)
  // Begin with the same letters, and lie elsewhere.
  banks.store('ab', 'z', 1)
  banks.store('a-b', 'z', 1)
  assert.deepEqual(banks.list('a'), ['b', 'key'])
  assert.deepEqual(banks.list('a/b'), ['c', 'x'])
  assert.deepEqual(banks.list('none'), [])
  assert.deepEqual([banks.contains('a'), banks.contains('a', 'key'), banks.contains('a', 'b')], [true, true, false])
})

test('flushes a key, or a bank with all within it', () => {
  using banks = inMemory()
  for (const bank of ['a', 'a/b', 'ab']) banks.store(bank, 'k', 1)
  assert.deepEqual([banks.flush('a', 'k'), banks.flush('a', 'k'), banks.contains('a/b', 'k')], [true, false, true])
  assert.deepEqual([banks.flush('a'), banks.contains('a'), banks.contains('ab', 'k')], [true, false, true])
})

test('makes no file before something is asked, and keeps it afterwards', () => {
  const folder = mkdtempSync(join(tmpdir(), 'salt-banks-'))
  const path = join(folder, 'cache.db')
  const parts = { clock: new FakeClock(), log: silentLog }
  try {
    {
      using banks = new DataBanks(path, parts)
      banks.forget('minions/alpha')
      assert.equal(existsSync(path), false)
      banks.store('minions/alpha', 'mine', 1)
    }
    using banks = new DataBanks(path, parts)
    assert.equal(banks.fetch('minions/alpha', 'mine'), 1)
    banks.forget('minions/alpha')
    assert.deepEqual(banks.list('minions'), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

for (const [bank, key] of [
  ['', 'k'],
  ['/', 'k'],
  ['a/../b', 'k'],
  ['x'.repeat(2000), 'k'],
  ['a', ''],
  ['a', 'b/c'],
] as const) {
  test(`refuses bank ${JSON.stringify(bank.slice(0, 9))} with key ${JSON.stringify(key)}`, () => {
    using banks = inMemory()
    assert.throws(() => banks.store(bank, key, 1), { code: 'bad-arguments' })
  })
}
