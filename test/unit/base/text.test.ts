import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareText, didYouMean, editDistance, indent, nearest, plural, quoted } from '../../../src/base/text.ts'

const keys = ['master', 'master_port', 'master_finger', 'interface', 'ret_port', 'log_level', 'id']

test('nearest finds typing mistakes and leaves strangers out', () => {
  assert.deepEqual(nearest('masetr', keys), ['master'])
  assert.deepEqual(nearest('inteface', keys), ['interface'])
  assert.deepEqual(nearest('Log_Level', keys), ['log_level'])
  assert.deepEqual(nearest('zzzzzz', keys), [])
  assert.deepEqual(nearest('xy', keys), [])
})

test('nearest puts the nearest first and keeps to the limit', () => {
  assert.deepEqual(nearest('master_por', keys, 2), ['master_port', 'master'])
  assert.deepEqual(nearest('aa', ['ab', 'ac', 'aa'], 2), ['aa', 'ab'])
})

test('edit distance counts a swap once and gives up beyond its bound', () => {
  assert.equal(editDistance('abcd', 'abdc'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('abcdef', 'uvwxyz', 2), 3)
})

test('indent leaves empty lines empty', () => {
  assert.equal(indent('a\n\nb\n', '  '), '  a\n\n  b\n')
})

test('plural and suggestions read as sentences', () => {
  assert.equal(plural(1, 'minion'), '1 minion')
  assert.equal(plural(0, 'minion'), '0 minions')
  assert.equal(plural(2, 'entry', 'entries'), '2 entries')
  assert.equal(didYouMean([]), '')
  assert.equal(didYouMean(['a']), " Did you mean 'a'?")
  assert.equal(didYouMean(['a', 'b', 'c']), " Did you mean 'a', 'b' or 'c'?")
})

test('a quote is in double quotes, and no longer than a message bears', () => {
  assert.equal(quoted('a "b"\n'), '"a \\"b\\"\\n"')
  assert.equal(quoted('x'.repeat(120)), `"${'x'.repeat(120)}"`)
  assert.equal(quoted('x'.repeat(100_000)), `"${'x'.repeat(120)}…"`)
})

test('text is ordered by code points', () => {
  assert.deepEqual(['\u{1f600}', '\uff5e', 'b', 'B', 'ab'].sort(compareText), ['B', 'ab', 'b', '\uff5e', '\u{1f600}'])
})
