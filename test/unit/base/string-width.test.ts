import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringWidth } from '../../../src/base/string-width.ts'

const escapeCharacter = String.fromCharCode(27)
const bell = String.fromCharCode(7)

const cases: readonly (readonly [text: string, width: number])[] = [
  ['', 0],
  ['salt', 4],
  ['größe', 5],
  ['e\u0301', 1],
  ['日本', 4],
  ['한글', 4],
  ['🧂', 2],
  ['a\u200bb', 2],
  ['tab\t', 3],
  [`${escapeCharacter}[31mred${escapeCharacter}[0m`, 3],
  [`${escapeCharacter}]8;;https://example.org${bell}link${escapeCharacter}]8;;${bell}`, 4],
]

for (const [text, width] of cases) {
  test(`${JSON.stringify(text)} takes ${width} columns`, () => assert.equal(stringWidth(text), width))
}
