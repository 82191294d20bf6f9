import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Float } from '../../../src/base/float.ts'
import { Secret } from '../../../src/base/secret.ts'
import { parseYaml } from '../../../src/base/yaml.ts'
import { emitYaml } from '../../../src/base/yaml-emit.ts'
import { OrderedMap, untag } from '../../support/tagged-values.ts'

interface DumpCase {
  readonly name: string
  readonly op: string
  readonly input: unknown
  readonly expect: Readonly<Record<'false' | 'true' | 'null', string>>
}

const cases = (
  JSON.parse(readFileSync(new URL('../../cases/render/yaml.json', import.meta.url), 'utf8')) as DumpCase[]
).filter(({ op }) => op === 'dump')
const styles = [
  ['false', false],
  ['true', true],
  ['null', 'leaves'],
] as const

describe('YAML is written as the reference writes it', () => {
  for (const { name, input, expect } of cases) {
    test(name, () => {
      const value = untag(input)
      const sortKeys = (mapping: object): boolean => !(mapping instanceof OrderedMap)
      for (const [style, flow] of styles)
        assert.equal(emitYaml(value, { flow, sortKeys }), expect[style], `flow style ${style}`)
    })
  }
})

describe('values of this program', () => {
  test('numbers, secrets and undefined', () => {
    const value = { a: new Float(3), b: 12345678901234567890n, c: undefined, d: new Secret('pw'), e: 1e21, f: 0.1 }
    assert.equal(
      emitYaml(value),
      'a: 3.0\nb: 12345678901234567890\nc: null\nd: •••\ne: 1000000000000000000000\nf: 0.1\n',
    )
  })

  test('order is kept on request', () => {
    assert.equal(emitYaml({ b: 1, a: 2 }, { sortKeys: false }), 'b: 1\na: 2\n')
    assert.equal(emitYaml({ b: 1, a: 2 }), 'a: 2\nb: 1\n')
  })

  test('levels are as deep as wanted, from 2 to 9 columns', () => {
    const value = { a: [1, { b: null, c: { d: [[1, 2]] } }], f: 'x\ny' }
    assert.equal(
      emitYaml(value, { indent: 4 }),
      "a:\n- 1\n-   b: null\n    c:\n        d:\n        -   - 1\n            - 2\nf: 'x\n\n    y'\n",
    )
    for (const indent of [0, 1, 10]) assert.equal(emitYaml(value, { indent }), emitYaml(value), `${indent}`)
  })

  test('without anchors an object met twice is written twice, and one inside itself still ends', () => {
    const shared = [1]
    assert.equal(emitYaml({ a: shared, b: shared }, { anchors: false }), 'a:\n- 1\nb:\n- 1\n')
    const ring: unknown[] = []
    ring.push(ring)
    assert.equal(emitYaml(ring, { anchors: false }), '&id001\n- *id001\n')
  })

  test('a returned text of several lines is quoted, with each line break doubled and long lines folded', () => {
    const text = `First line. [why]\n${'some words that go on '.repeat(4)}and end\n\nlast 20261121`
    assert.equal(
      emitYaml({ ghost: text }),
      "ghost: 'First line. [why]\n\n  some words that go on some words that go on some words that go on some words that\n  go on and end\n\n\n  last 20261121'\n",
    )
  })

  test('what is written reads back the same', () => {
    const texts = [
      'yes',
      '1',
      "it's",
      'a: b',
      ' x ',
      'a\nb\n',
      '\n',
      'tab\t',
      '😀',
      'x'.repeat(200),
      'w '.repeat(100),
      '- a',
      '"',
      '\\',
      '\u0000',
      '',
    ]
    const value = { texts, nested: [[], {}, [[1, { k: null }]], true, new Float(1), 2.5], [texts.join('')]: 'long key' }
    assert.deepEqual(parseYaml(emitYaml(value)), value)
    assert.deepEqual(parseYaml(emitYaml(value, { flow: true })), value)
  })
})
