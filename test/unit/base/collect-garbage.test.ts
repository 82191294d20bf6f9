import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { collectGarbage, GarbageTurns } from '../../../src/base/collect-garbage.ts'

test('garbage is collected once for so many times', () => {
  let collections = 0
  const turns = new GarbageTurns(3, () => {
    collections += 1
  })
  const after = Array.from({ length: 7 }, () => {
    turns.count()
    return collections
  })
  assert.deepEqual(after, [0, 0, 1, 1, 1, 2, 2])
})

test('what nobody holds is gone', async () => {
  const held = new WeakRef({ some: 'object' })
  // An object that was just made stays for the turn of the event loop.
  await nextTurn()
  collectGarbage()
  assert.equal(held.deref(), undefined)
})
