/** What js-yaml reads must be what the reader that follows libyaml reads, or left to that one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { composeYaml, type YamlNode } from '../../../src/base/yaml-nodes.ts'
import { composePlainYaml } from '../../../src/base/yaml-quick.ts'

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

function shape(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return [node.plain, node.text]
    case 'sequence':
      return node.items.map(shape)
    case 'mapping':
      return { start: node.start, pairs: node.pairs.map((pair) => pair.map(shape)) }
  }
}

function exact(text: string): unknown {
  try {
    const node = composeYaml(text)
    return node === undefined ? 'empty' : shape(node)
  } catch (error) {
    return error
  }
}

/** Compares where js-yaml decides; whether it did. */
function compare(text: string): boolean {
  const quick = composePlainYaml(text)
  if (quick === undefined) return false
  assert.deepEqual(quick === 'empty' ? quick : shape(quick), exact(text), JSON.stringify(text))
  return true
}

test('recorded documents', () => {
  assert.ok(documents.filter(compare).length > documents.length / 3)
})

test('recorded documents with mistakes', () => {
  const random = numbers(20_261_121)
  let decided = 0
  for (let round = 0; round < 6000; round += 1) if (compare(damaged(random))) decided += 1
  assert.ok(decided > 1500, `${decided}`)
})

test('other documents, and faults, are left to the other reader', () => {
  for (const text of [
    'a: 1',
    'a:\t1\n',
    '%YAML 1.1\n---\na: 1\n',
    '- &a 1\n',
    '? a\n',
    '|\n x\n',
    'a: [b\n',
    'a\nb: 1\n',
    '{a\n b: 1}\n',
  ])
    assert.equal(composePlainYaml(text), undefined, text)
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
    switch (random(3)) {
      case 0:
        text = text.slice(0, at) + (pick(pieces) ?? '') + text.slice(at)
        break
      case 1:
        text = text.slice(0, at) + text.slice(at + 1 + random(3))
        break
      default:
        lines.splice(random(lines.length), 1, ' '.repeat(random(5)) + (pick(lines) ?? '').trimStart())
        text = lines.join('\n')
    }
  }
  return text.endsWith('\n') ? text : `${text}\n`
}
