import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Float } from '../../../../src/base/float.ts'
import { parseWords, shownArguments, splitKwargs } from '../../../../src/engine/arguments/parse.ts'
import { decideWord, parseWordAsYaml } from '../../../../src/engine/arguments/word.ts'

interface Case {
  readonly word: string
  readonly value?: unknown
  readonly keyword?: Record<string, unknown>
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../../../cases/arguments.json', import.meta.url), 'utf8'),
  (_key, value) => {
    if (typeof value === 'object' && value !== null && '$float' in value) return new Float(Number(value.$float))
    if (typeof value === 'object' && value !== null && '$int' in value) return BigInt(value.$int)
    return value
  },
)

describe('parseWords', () => {
  for (const { word, value, keyword } of cases) {
    it(`reads ${JSON.stringify(word)}`, async () => {
      const parsed = await parseWords([word])
      const expected = keyword ? [Object.fromEntries([['__kwarg__', true], ...Object.entries(keyword)])] : [value]
      assert.deepEqual(normalize(parsed), normalize(expected))
    })
  }

  it('puts the keywords into one mapping behind the positional values', async () => {
    assert.deepEqual(await parseWords(['a=1', 'x', 'b=two', 'a=3', '2']), ['x', 2, { __kwarg__: true, a: 3, b: 'two' }])
  })

  it('leaves the value of a name in noParse as it is typed', async () => {
    assert.deepEqual(await parseWords(['a=1', 'b=1', '1'], { noParse: ['a'] }), [1, { __kwarg__: true, a: '1', b: 1 }])
  })

  it('merges keyword mappings and keeps other values that are no text', async () => {
    const words = [true, { a: 1 }, { __kwarg__: true, k: 1 }, 'j=2', 20261121023836450481n]
    const parsed = await parseWords(words)
    assert.deepEqual(parsed, [true, { a: 1 }, '20261121023836450481', { __kwarg__: true, k: 1, j: 2 }])
  })

  it('takes an argument list apart', () => {
    const arg = [1, { __kwarg__: true, a: 1 }, { b: 2 }, { __kwarg__: true, a: 3, c: 4 }]
    assert.deepEqual(splitKwargs(arg), { positional: [1, { b: 2 }], keyword: { a: 3, c: 4 } })
    assert.deepEqual(shownArguments('test.arg', arg), [1, { a: 1 }, { b: 2 }, { a: 3, c: 4 }])
    assert.deepEqual(shownArguments(['test.arg', 'test.ping'], [[{ __kwarg__: true, a: 1 }], []]), [[{ a: 1 }], []])
  })

  it('does not take a mapping for keywords because of an inherited or untrue mark', () => {
    const inherited = Object.create({ __kwarg__: true })
    assert.equal(splitKwargs([inherited, { __kwarg__: 'yes' }]).positional.length, 2)
  })
})

describe('decideWord', () => {
  it('agrees with YAML on every word that it decides', async () => {
    const pieces = [
      'a',
      'Z',
      '0',
      '1',
      '9',
      '7',
      '.',
      '-',
      '+',
      '_',
      ' ',
      ':',
      ',',
      '/',
      '$',
      '=',
      '~',
      '(',
      ')',
      'é',
      'x',
      'e',
      'yes',
      'null',
      'b',
      'o',
      "'",
      '"',
      '[',
      '{',
      '*',
      '@',
      '?',
      '%',
      '\\',
      '☃',
      '&',
      '!',
      '<',
      ';',
      '^',
    ]
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % below
    }
    let decided = 0
    for (let round = 0; round < 6000; round++) {
      const word = Array.from({ length: 1 + random(5) }, () => pieces[random(pieces.length)]).join('')
      const quick = decideWord(word)
      if (!quick || exempt(word)) continue
      decided++
      assert.deepEqual(normalize(quick.value), normalize(await parseWordAsYaml(word)), JSON.stringify(word))
    }
    assert.ok(decided > 3000, `only ${decided} words were decided`)
  })
})

/** Guards that stand before YAML in the reference as well, or are ours on purpose. */
function exempt(word: string): boolean {
  const text = word.trim()
  return /^[0-9_]*$/.test(text) || /^(?:---|\.\.\.|[|>!].*|)$/.test(text) || word === 'None'
}

function normalize(value: unknown): unknown {
  if (value instanceof Float) return { $float: value.toString() }
  if (value instanceof Map) return normalize(Object.fromEntries(value))
  if (Array.isArray(value)) return value.map(normalize)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item)]))
  }
  return value
}
