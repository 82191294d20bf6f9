import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { severalAtATime } from '../../../src/base/several-at-a-time.ts'

describe('severalAtATime', () => {
  it('gives results in the order of the items, and works on so many of them', async () => {
    const ends: (() => void)[] = []
    const begun: number[] = []
    const work = (item: number): Promise<number> => {
      begun.push(item)
      const { promise, resolve } = Promise.withResolvers<number>()
      ends.push(() => resolve(item * 10))
      return promise
    }
    const all = severalAtATime(2, [1, 2, 3], work)
    assert.deepEqual(begun, [1, 2])
    ends[1]?.()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(begun, [1, 2, 3])
    ends[2]?.()
    ends[0]?.()
    assert.deepEqual(await all, [10, 20, 30])
  })

  it('begins nothing after a failure', async () => {
    const begun: number[] = []
    const work = async (item: number): Promise<void> => {
      begun.push(item)
      await Promise.resolve()
      if (item === 1) throw new Error('broken')
    }
    await assert.rejects(severalAtATime(1, [1, 2, 3], work), /broken/)
    assert.deepEqual(begun, [1])
  })

  it('has nothing to do for no items', async () => {
    assert.deepEqual(await severalAtATime(4, [], () => Promise.reject(new Error('never'))), [])
  })
})
