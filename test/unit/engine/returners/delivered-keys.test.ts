import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeliveredKeys } from '../../../../src/engine/returners/delivered-keys.ts'

test('what was delivered before the fault is not delivered again, once', async () => {
  const keys = new DeliveredKeys()
  const sent: string[] = []
  const send = (broken?: string) => async (item: string) => {
    if (item === broken) throw new Error(item)
    sent.push(item)
  }
  const itself = (item: string): string => item
  await assert.rejects(keys.each(['a', 'b', 'c', 'd'], itself, send('c')), /c/)
  await assert.rejects(keys.each(['a', 'b', 'c', 'd'], itself, send('d')), /d/)
  await keys.each(['a', 'b', 'c', 'd'], itself, send())
  assert.deepEqual(sent, ['a', 'b', 'c', 'd'])
  await keys.each(['a'], itself, send())
  assert.deepEqual(sent, ['a', 'b', 'c', 'd', 'a'])
})

test('delivered one by one after a fault', async () => {
  const keys = new DeliveredKeys()
  const sent: string[] = []
  const send = async (item: string): Promise<void> => {
    if (item === 'bad') throw new Error('bad')
    sent.push(item)
  }
  const itself = (item: string): string => item
  await assert.rejects(keys.each(['a', 'bad', 'c'], itself, send))
  await keys.each(['a'], itself, send)
  await assert.rejects(keys.each(['bad'], itself, send))
  await keys.each(['c'], itself, send)
  assert.deepEqual(sent, ['a', 'c'])
})
