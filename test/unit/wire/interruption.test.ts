import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { uninterrupted } from '../../../src/wire/interruption.ts'
import { Writer } from '../../../src/wire/writer.ts'

const interrupted = Object.assign(new Error('Interrupted system call'), { code: 'EINTR' })
const other = Object.assign(new Error('no'), { code: 'EINVAL' })

/** Fails so many times, then gives the number of calls. */
function failing(times: number, error: unknown): () => number {
  let calls = 0
  return () => {
    calls += 1
    if (calls <= times) throw error
    return calls
  }
}

describe('a call that a signal interrupts', () => {
  it('is made again', () => {
    assert.equal(uninterrupted(failing(3, interrupted)), 4)
  })

  it('is not, when it fails for another reason', () => {
    assert.throws(() => uninterrupted(failing(1, other)), /^Error: no$/)
  })

  it('loses no message that is sent, and keeps their order', async () => {
    const sent: number[] = []
    const failed: number[] = []
    let calls = 0
    const writer = new Writer<number>({
      send: async (message) => {
        calls += 1
        if (calls % 2 === 1) throw interrupted
        if (message === 3) throw other
        sent.push(message)
      },
      onFailure: (message) => failed.push(message),
      maximumWaiting: 10,
    })
    for (const message of [1, 2, 3, 4]) writer.add(message)
    await writer.idle()
    assert.deepEqual([sent, failed], [[1, 2, 4], [3]])
  })
})
