import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withinTime } from '../../../src/base/time-limit.ts'

const tooLong = (cause: unknown): Error => new Error('too long', { cause })

function endless(): never {
  for (;;);
}

/** Would take years. */
function hopelessRegex(): boolean {
  return /(a+)+$/.test(`${'a'.repeat(60)}b`)
}

describe('withinTime', () => {
  it('gives the result of work that is done in time', () => {
    assert.deepEqual(
      withinTime(1000, () => ({ a: [1] }), tooLong),
      { a: [1] },
    )
  })

  for (const work of [endless, hopelessRegex]) {
    it(`cuts off ${work.name}, and works on`, () => {
      const begin = performance.now()
      assert.throws(() => withinTime(30, work, tooLong), /^Error: too long$/)
      assert.ok(performance.now() - begin < 10_000)
      assert.equal(
        withinTime(1000, () => 'alive', tooLong),
        'alive',
      )
    })
  }

  it('passes on what the work throws', () => {
    const thrown = new TypeError('mine')
    assert.throws(
      () =>
        withinTime(
          1000,
          () => {
            throw thrown
          },
          tooLong,
        ),
      (error) => error === thrown,
    )
  })

  it('keeps to the outer limit around many inner ones, and to the inner one first', () => {
    const inner = (): unknown => withinTime(20, hopelessRegex, () => new RangeError('inner'))
    assert.throws(() => withinTime(1000, inner, tooLong), RangeError)
    const patient = (): void => {
      for (;;) {
        try {
          inner()
        } catch (error) {
          if (!(error instanceof RangeError)) throw error
        }
      }
    }
    assert.throws(() => withinTime(110, patient, tooLong), /^Error: too long$/)
  })
})
