import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileTarget } from '../../../../src/engine/target/compile.ts'
import { matchesInTime, matchingMinions } from '../../../../src/engine/target/match-time.ts'

/** Each match with this stays below the limit of one match, 10,000 together would take a minute. */
const slow = { lots: `${'a'.repeat(19)}b` }
const many = Array.from({ length: 10_000 }, (_, at) => ({
  id: `web${at}`,
  grains: { os: at % 2 === 0 ? 'Debian' : 'CentOS', release: String(at % 12), long: 'x'.repeat(20_000), ...slow },
}))

function count(tgt: string, tgtType: string): number {
  return matchingMinions(compileTarget(tgt, tgtType), tgtType, many).length
}

describe('matching many minions', () => {
  it('finds those that are meant', () => {
    assert.equal(count('*', 'glob'), 10_000)
    assert.equal(count('web1,web2,nobody', 'list'), 2)
    assert.equal(count('G@os:Debian and P@release:1[01]?$', 'compound'), 833)
  })

  const hopeless: readonly (readonly [name: string, tgt: string, tgtType: string])[] = [
    ['a regular expression', 'lots:(a+)+$', 'grain_pcre'],
    ['one in a compound', 'web* and not P@lots:(a|aa)+$', 'compound'],
    ['a glob on long values', 'long:*x*x*x*x*x*x*xy', 'grain'],
    ['thousands of parts', Array.from({ length: 4000 }, (_, at) => `E@n${at}.*x`).join(' or '), 'compound'],
  ]
  for (const [name, tgt, tgtType] of hopeless) {
    it(`ends in bounded time: ${name}`, () => {
      const begin = performance.now()
      assert.throws(() => count(tgt, tgtType), { code: 'bad-target', message: /takes (longer than 1 s|too long)/ })
      assert.ok(performance.now() - begin < 15_000)
    })
  }

  it('ends in bounded time for one minion with many slow parts', () => {
    const tgt = Array.from({ length: 4000 }, () => 'P@lots:(a+)+$').join(' or ')
    assert.throws(() => matchesInTime(compileTarget(tgt, 'compound'), 'compound', { id: 'a', grains: slow }), {
      code: 'bad-target',
      message: /takes (longer than 1 s with 1 minion$|too long)/,
    })
  })
})
