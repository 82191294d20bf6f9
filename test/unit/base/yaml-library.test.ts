/** What js-yaml reads must be what the reader that follows libyaml reads, or left to that one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { composeWithLibrary } from '../../../src/base/yaml-library.ts'
import { composeYaml, type YamlNode } from '../../../src/base/yaml-nodes.ts'

const documents = ['yaml', 'yaml-more', 'yaml-grown'].flatMap((name) => {
  const cases: readonly { op?: string; input?: unknown }[] = JSON.parse(
    readFileSync(new URL(`../../cases/render/${name}.json`, import.meta.url), 'utf8'),
  )
  return cases.filter(({ op }) => op === 'load').map(({ input }) => `${input}\n`)
})

function shape(node: YamlNode): unknown {
  if (node.kind === 'scalar') return [node.plain, node.text]
  return node.kind === 'sequence' ? node.items.map(shape) : node.pairs.map((pair) => pair.map(shape))
}

test('recorded documents', () => {
  let decided = 0
  for (const text of documents) {
    const plain = composeWithLibrary(text)
    if (plain === undefined) continue
    decided += 1
    const exact = composeYaml(text)
    assert.deepEqual(plain === 'empty' ? plain : shape(plain), exact === undefined ? 'empty' : shape(exact), text)
  }
  assert.ok(decided > 100, `${decided}`)
})

test('other documents, and faults, are left to the other reader', () => {
  for (const text of ['a: 1', 'a:\t1\n', '---\na: 1\n', '- &a 1\n', '? a\n', '|\n x\n', 'a: [b\n', '{a\n b: 1}\n'])
    assert.equal(composeWithLibrary(text), undefined, text)
})
