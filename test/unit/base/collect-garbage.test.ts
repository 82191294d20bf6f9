import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { GarbageTurns } from '../../../src/base/collect-garbage.ts'

test('garbage is collected once for so many times', async () => {
  const turns = new GarbageTurns(3)
  const isAlive = (() => {
    const held = new WeakRef({ some: 'object' })
    return () => held.deref() !== undefined
  })()
  // An object that somebody has looked at stays for the turn of the event loop.
  await nextTurn()
  turns.count()
  turns.count()
  assert.equal(isAlive(), true)
  await nextTurn()
  turns.count()
  assert.equal(isAlive(), false)
})
