/** What the quick reader reads must be what the reader that follows libyaml reads, or left to that one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Float } from '../../../src/base/float.ts'
import { constructYaml, type YamlModel } from '../../../src/base/yaml-construct.ts'
import { composeYaml } from '../../../src/base/yaml-nodes.ts'
import { readPlainYaml } from '../../../src/base/yaml-quick.ts'

interface Case {
  readonly op?: string
  readonly input?: unknown
  readonly output?: string
}

const documents = ['yaml', 'yaml-more', 'yaml-grown', 'render', 'jinja'].flatMap((name) => {
  const cases: readonly Case[] = JSON.parse(
    readFileSync(new URL(`../../cases/render/${name}.json`, import.meta.url), 'utf8'),
  )
  return cases
    .flatMap(({ op, input, output }) => (op === 'load' ? [`${input}`] : output === undefined ? [] : [output]))
    .map((text) => (text.endsWith('\n') ? text : `${text}\n`))
})

const model: YamlModel<Map<unknown, unknown>, Set<unknown>> = {
  mapping: () => new Map(),
  set: () => new Set(),
  pair: (key, value) => [key, value],
  key: (value) => (value instanceof Float ? `${value.value}` : value),
  hasKey: (mapping, key) => mapping.has(key),
  setKey: (mapping, key, value) => mapping.set(key, value),
  addMember: (set, key) => set.add(key),
  keyText: String,
}

function exact(text: string): unknown {
  try {
    const node = composeYaml(text)
    const pairs = node?.kind === 'mapping' ? node.pairs : []
    const starts = pairs.map(([key]) => [key.kind === 'scalar' ? key.text : undefined, key.start])
    return { value: node === undefined ? null : constructYaml(node, model), starts }
  } catch (error) {
    return error
  }
}

/** Compares where the quick one decides; whether it did. */
function compare(text: string): boolean {
  const quick = readPlainYaml(text, model)
  if (quick === undefined) return false
  assert.deepEqual({ value: quick.value, starts: [...quick.starts] }, exact(text), JSON.stringify(text))
  return true
}

test('recorded documents', () => {
  assert.ok(documents.filter(compare).length > documents.length / 3)
})

test('recorded documents with mistakes', () => {
  const random = numbers(20_261_121)
  let decided = 0
  for (let round = 0; round < 6000; round += 1) if (compare(damaged(random))) decided += 1
  assert.ok(decided > 2000, `${decided}`)
})

test('other documents, and faults, are left to the other reader', () => {
  for (const text of [
    'a: 1',
    'a:\t1\n',
    '%YAML 1.1\n---\na: 1\n',
    'a: 1\n---\nb: 1\n',
    '---\n',
    '- &a 1\n',
    '- !!str 1\n',
    '? a\n',
    '"a\n  b": 1\n',
    'a: b: 1\n',
    'a: "b"c\n',
    'a: 1\n b: 1\n',
    '[a: 1]\n',
    'a: 1\na: 2\n',
    'a: {b: 1, b: 2}\n',
    'a:\n  <<: {b: 1}\n',
    'a: <<\n',
    'a: [b\n',
    'a\nb: 1\n',
    '{a\n b: 1}\n',
  ])
    assert.equal(readPlainYaml(text, model), undefined, text)
})

test('what people write in large files is decided', () => {
  for (const text of [
    '---\n# a comment\na: 1 # another\nb:\n- c: d\n  e: -1\n-\n  - - f\n',
    'a:\n  words that go on\n  in another line\nb: |\n  one\n\n   two\nc: >-\n  three\n  four\n',
    'a: [b, {c: "d", e: []},\n  f\n  g]\nh: {}\n',
    `a: 'it''s'\nb: "x\\ty"\nc: "in two\n  lines"\nd:\ne: http://host:80/#here\n`,
    ' a: 1\n b:\n   - 2\n',
  ])
    assert.ok(compare(text), text)
})

test('a key has 1,024 characters at most, as in libyaml', () => {
  const key = (length: number): string => 'k'.repeat(length)
  for (const text of [`${key(1024)}: 1\n`, `a: 1\n${key(1024)}: 1\n`, `{${key(1024)}: 1}\n`, `"${key(1022)}": 1\n`])
    assert.ok(compare(text), text.slice(0, 10))
  for (const text of [`${key(1025)}: 1\n`, `a: 1\n${key(1025)}: 1\n`, `{${key(1025)}: 1}\n`, `"${key(1023)}": 1\n`]) {
    assert.equal(readPlainYaml(text, model), undefined, text.slice(0, 10))
    assert.ok(exact(text) instanceof Error, text.slice(0, 10))
  }
})

/** Whole numbers below a bound, the same ones at each run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

const pieces = "\n|  |:|: |- |-|[|]|{|}|,|\"|'|>|#| #|a|0|~|=|<<: |\n\n|\n  |\n- |key: |null|\\|@|`|%|'x'|?|! |*|&a"
  .split('|')
  .concat('|', '|-\n', '>+\n', '|2\n')

function damaged(random: (bound: number) => number): string {
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)]
  let text = pick(documents)?.slice(0, 400) ?? ''
  for (let count = random(3) + 1; count > 0; count -= 1) {
    const at = random(text.length + 1)
    const lines = text.split('\n')
    switch (random(5)) {
      case 0:
        text = text.slice(0, at) + (pick(pieces) ?? '') + text.slice(at)
        break
      case 1:
        text = text.slice(0, at) + text.slice(at + 1 + random(3))
        break
      case 2:
        text = `${['a:', '-', '- a:', 'b: 1\na:'][random(4)]}\n${lines.map((line) => `  ${line}`).join('\n')}`
        break
      default:
        lines.splice(random(lines.length), 1, ' '.repeat(random(5)) + (pick(lines) ?? '').trimStart())
        text = lines.join('\n')
    }
  }
  return text.endsWith('\n') ? text : `${text}\n`
}
