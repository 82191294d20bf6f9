import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { compileTarget } from '../../../../src/engine/target/compile.ts'

interface Cases {
  readonly minions: Record<string, { grains?: Record<string, unknown>; pillar?: Record<string, unknown> }>
  readonly nodegroups: unknown
  readonly match: { type: string; tgt: unknown; delimiter?: string; exact?: boolean; ids: string[] }[]
  readonly fault: { type: string; tgt: unknown; says: string }[]
}

const cases: Cases = JSON.parse(readFileSync(new URL('../../../cases/targets.json', import.meta.url), 'utf8'))

describe('compileTarget', () => {
  for (const { type, tgt, delimiter, exact, ids } of cases.match) {
    it(`${type} ${JSON.stringify(tgt)}${exact ? ' with exact pillar' : ''}`, () => {
      const matcher = compileTarget(tgt, type, {
        nodegroups: cases.nodegroups,
        ...(delimiter === undefined ? {} : { delimiter }),
        ...(exact === undefined ? {} : { pillarExact: exact }),
      })
      const matched = Object.entries(cases.minions).filter(([id, data]) => matcher.matches({ id, ...data }))
      assert.deepEqual(matched.map(([id]) => id).sort(), [...ids].sort())
      if (matcher.minionsOnlyById) {
        const bare = Object.keys(cases.minions).filter((id) => matcher.matches({ id }))
        assert.deepEqual(bare.sort(), [...ids].sort())
      }
    })
  }

  for (const { type, tgt, says } of cases.fault) {
    it(`refuses ${type} ${JSON.stringify(tgt)}`, () => {
      assert.throws(
        () => compileTarget(tgt, type, { nodegroups: cases.nodegroups }),
        (error) => {
          assert.ok(error instanceof SaltError)
          assert.equal(error.code, 'bad-target')
          const told = `${error.message} ${error.hint ?? ''}`
          assert.ok(told.includes(says), `${told} should say ${says}`)
          assert.doesNotMatch(
            error.message,
            /^[A-Z]|\.$/,
            'the first line follows "salt: " and has no period; the hint is a sentence',
          )
          return true
        },
      )
    })
  }

  it('finds in any depth without trying the same again and again', () => {
    const nested = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => ({ a: inner }), 'end')
    const grains = { a: nested(60) }
    const path = 'a:'.repeat(60)
    const since = performance.now()
    assert.equal(compileTarget(`${path}nothing`, 'grain').matches({ id: 'x', grains }), false)
    assert.equal(compileTarget(`${path}a:end`, 'grain').matches({ id: 'x', grains }), true)
    assert.ok(performance.now() - since < 10_000)
    assert.throws(() => compileTarget(`${path}${path}x`, 'grain'), { code: 'bad-target' })
  })

  it('says what a target looks at', () => {
    const look = (tgt: string, type: string) => {
      const { minionsOnlyById, usesPillar, ids } = compileTarget(tgt, type)
      return { minionsOnlyById, usesPillar, ids }
    }
    assert.deepEqual(look('a*', 'glob'), { minionsOnlyById: true, usesPillar: false, ids: undefined })
    assert.deepEqual(look('a', 'glob'), { minionsOnlyById: true, usesPillar: false, ids: ['a'] })
    assert.deepEqual(look('b,a,b', 'list'), { minionsOnlyById: true, usesPillar: false, ids: ['b', 'a'] })
    assert.deepEqual(look('a or not G@b:c', 'compound'), { minionsOnlyById: false, usesPillar: false, ids: undefined })
    assert.deepEqual(look('a or not I@b:c', 'compound'), { minionsOnlyById: false, usesPillar: true, ids: undefined })
    assert.deepEqual(look('S@10.0.0.1', 'compound'), { minionsOnlyById: false, usesPillar: false, ids: undefined })
  })

  it('falls back to the address of the connection for ipcidr', () => {
    const matcher = compileTarget('10.0.0.0/8', 'ipcidr')
    assert.equal(matcher.matches({ id: 'a', ip: '10.9.9.9' }), true)
    assert.equal(matcher.matches({ id: 'a', ip: '10.9.9.9', grains: { ipv4: ['11.0.0.1'] } }), false)
  })

  it('names the true network when bits are set behind the prefix', () => {
    assert.throws(() => compileTarget('fe80::1/64', 'ipcidr'), { hint: /the network is fe80::\/64/ })
  })

  it('does not expand groups without end', () => {
    const nodegroups = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`g${at}`, at === 39 ? 'G@a:b or a' : `N@g${at + 1} or N@g${at + 1}`]),
    )
    assert.throws(() => compileTarget('g0', 'nodegroup', { nodegroups }), /parts/)
  })
})
