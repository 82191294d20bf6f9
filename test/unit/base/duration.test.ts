import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDuration, shortDuration } from '../../../src/base/duration.ts'

describe('a span of time', () => {
  const spans: readonly (readonly [string, number | undefined])[] = [
    ['90', 90],
    ['0', 0],
    ['1.5', 1.5],
    ['90s', 90],
    ['30m', 1800],
    ['12h', 43_200],
    ['7d', 604_800],
    ['2W', 1_209_600],
    ['1h30m', 5400],
    [' 0.5d ', 43_200],
    ['', undefined],
    ['h', undefined],
    ['-1h', undefined],
    ['1y', undefined],
    ['1h 30', undefined],
    ['1h30', undefined],
    ['Infinity', undefined],
    ['0x10', undefined],
  ]
  for (const [text, seconds] of spans) {
    it(`'${text}' is ${seconds}`, () => assert.equal(parseDuration(text), seconds))
  }

  it('is shown by its largest unit', () => {
    const shown = [-3, 0, 59.9, 60, 3599, 3600, 86_399, 86_400, 8 * 86_400].map(shortDuration)
    assert.deepEqual(shown, ['0s', '0s', '59s', '1m', '59m', '1h', '23h', '1d', '8d'])
  })
})
