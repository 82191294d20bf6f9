import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PacedSender } from '../../../src/wire/paced-sender.ts'

function scene(room: number) {
  const taken: string[] = []
  const reliefs: (() => void)[] = []
  const state = { room, isGone: false }
  const sender = new PacedSender<string>({
    offer: (item) => state.room-- > 0 && taken.push(item) > 0,
    relieved: () => new Promise((resolve) => reliefs.push(resolve)),
    isGone: () => state.isGone,
  })
  const relieve = async (more: number): Promise<void> => {
    state.room = more
    for (const resolve of reliefs.splice(0)) resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { sender, taken, state, relieve, waits: () => reliefs.length }
}

describe('a paced sender', () => {
  it('sends at once what is taken, keeps the order, and asks for relief once', async () => {
    const { sender, taken, relieve, waits } = scene(2)
    for (const item of ['a', 'b', 'c', 'd', 'e']) sender.add(item)
    assert.deepEqual([taken, waits()], [['a', 'b'], 1])
    let isIdle = false
    const idle = sender.idle().then(() => {
      isIdle = true
    })
    await relieve(1)
    assert.deepEqual([taken, waits(), isIdle], [['a', 'b', 'c'], 1, false])
    sender.add('f')
    await relieve(9)
    await idle
    assert.deepEqual(taken, ['a', 'b', 'c', 'd', 'e', 'f'])
    await sender.idle()
  })

  it('lets go of everything when the receiver is gone', async () => {
    const { sender, taken, state, relieve } = scene(1)
    for (const item of ['a', 'b', 'c']) sender.add(item)
    state.isGone = true
    await relieve(9)
    await sender.idle()
    sender.add('d')
    assert.deepEqual(taken, ['a'])
  })
})
