import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JobReturn } from '../../../../src/client/api.ts'
import { ReturnSender } from '../../../../src/daemons/minion/return-sender.ts'

function returnOf(jid: string): JobReturn {
  return { id: 'alpha', jid, fun: 'test.ping', fun_args: [], return: true, retcode: 0, success: true }
}

/** A session that takes so many records before it is congested, and a spool that remembers what it may forget. */
class Scene {
  readonly sent: unknown[] = []
  readonly acknowledged: number[] = []
  readonly sender: ReturnSender
  #room: number
  #isOpen = true
  readonly #reliefs: (() => void)[] = []

  constructor(room: number) {
    this.#room = room
    const scene = this
    this.sender = new ReturnSender(
      {
        send: (record) => this.#take(record),
        get isCongested() {
          return scene.#isOpen && scene.#room <= 0
        },
        relieved: () => new Promise((resolve) => this.#reliefs.push(resolve)),
        get isOpen() {
          return scene.#isOpen
        },
      },
      { acknowledge: (seq) => void this.acknowledged.push(seq) },
    )
  }

  async relieve(room: number): Promise<void> {
    this.#room = room
    for (const relieve of this.#reliefs.splice(0)) relieve()
    await Promise.resolve()
  }

  async end(): Promise<void> {
    this.#isOpen = false
    await this.relieve(100)
  }

  #take(record: unknown): boolean {
    this.#room -= 1
    this.sent.push((record as { seq: number }).seq)
    return true
  }
}

describe('the sender of returns', () => {
  it('holds what a congested session would not take, in order', async () => {
    const scene = new Scene(2)
    for (const seq of [1, 2, 3, 4, 5]) scene.sender.send(seq, returnOf(`${seq}`))
    assert.deepEqual(scene.sent, [1, 2])
    await scene.relieve(1)
    assert.deepEqual(scene.sent, [1, 2, 3])
    scene.sender.send(6, returnOf('6'))
    assert.deepEqual(scene.sent, [1, 2, 3], 'nothing overtakes what is held')
    await scene.relieve(10)
    assert.deepEqual(scene.sent, [1, 2, 3, 4, 5, 6])
  })

  it('sends nothing over a session that has ended', async () => {
    const scene = new Scene(1)
    for (const seq of [1, 2]) scene.sender.send(seq, returnOf(`${seq}`))
    await scene.end()
    assert.deepEqual(scene.sent, [1])
  })

  it('lets the spool forget only what lies below the lowest return that is not confirmed', () => {
    const scene = new Scene(2)
    for (const seq of [4, 5, 6]) scene.sender.send(seq, returnOf(`${seq}`))
    scene.sender.confirmed([5])
    scene.sender.confirmed([4])
    assert.deepEqual(scene.acknowledged, [3, 5], 'what is held is not confirmed')
  })

  it('lets the spool forget all when nothing is open', () => {
    const scene = new Scene(9)
    for (const seq of [4, 5]) scene.sender.send(seq, returnOf(`${seq}`))
    scene.sender.confirmed([5, 4])
    assert.deepEqual(scene.acknowledged, [5])
  })
})
