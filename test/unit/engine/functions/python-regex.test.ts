import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { escapePattern, PythonRegex, parseRegexFlags } from '../../../../src/engine/functions/python-regex.ts'

/** Pattern, template, text, flags, count → result and number, as Python's `re.subn` gives them. */
const replacements: readonly (readonly [string, string, string, unknown, number, string, number])[] = [
  ['x*', '-', 'axb', 0, 0, '-a--b-', 4],
  ['^', '> ', 'a\nb', 'MULTILINE', 0, '> a\n> b', 2],
  ['^', '> ', 'a\rb', 8, 0, '> a\rb', 1],
  ['$', '!', 'a\n', 0, 0, 'a!\n!', 2],
  ['b$', 'x', 'b\r\nb\n', 8, 0, 'b\r\nx\n', 1],
  ['.', '-', 'a\r\u2028\n', 0, 0, '---\n', 3],
  ['a.b', 'x', 'a\nb', ['DOTALL'], 0, 'x', 1],
  ['(?s:a.)(.)', '\\1', 'a\n\n', 0, 0, 'a\n\n', 0],
  ['(?-s:.)', 'x', 'a\n', 16, 0, 'x\n', 1],
  ['(?i:A)b', 'x', 'ab aB', 0, 0, 'x aB', 1],
  ['a  b # two letters', 'x', 'ab', 'X', 0, 'x', 1],
  ['a[ ]b\\ c', 'x', 'a b c', 64, 0, 'x', 1],
  ['(?x) a b', 'x', 'ab', 0, 0, 'x', 1],
  ['a', 'x', 'aaa', 0, 2, 'xxa', 2],
  ['(a)|(b)', '[\\1\\2]', 'ab', 0, 0, '[a][b]', 2],
  ['(?P<n>a)', '\\g<n>\\g<1>\\g<0>', 'a', 0, 0, 'aaa', 1],
  ['a', '\\n\\t\\\\\\.', 'a', 0, 0, '\n\t\\\\.', 1],
  ['a', '\\101\\0', 'a', 0, 0, 'A\0', 1],
]

describe('replace', () => {
  for (const [pattern, template, text, flags, count, result, number] of replacements) {
    test(`${JSON.stringify(pattern)} by ${JSON.stringify(template)} in ${JSON.stringify(text)}`, () => {
      const found = new PythonRegex(pattern, parseRegexFlags(flags)).replace(text, template, count)
      assert.deepEqual(found, { text: result, count: number })
    })
  }
})

test('search is anywhere, match at the start', () => {
  const regex = new PythonRegex('b')
  assert.deepEqual([regex.search('ab'), regex.match('ab'), regex.match('ba')], [true, false, true])
  assert.deepEqual(regex.find('abb'), { start: 1, end: 2 })
  assert.equal(regex.find('a'), undefined)
})

test('the start of a text is not the start of a line', () => {
  assert.equal(new PythonRegex('^b', { multiline: true }).match('a\nb'), false)
  assert.equal(new PythonRegex('^b', { multiline: true }).search('a\nb'), true)
})

for (const text of ['a.b*c', '[x] {y} (z)', 'a-b c#d&e~f', '^$|\\?+', 'tab\tline\n']) {
  test(`an escaped text matches itself: ${JSON.stringify(text)}`, () => {
    assert.equal(new PythonRegex(`^${escapePattern(text)}\\Z`).search(text), true)
    assert.equal(new PythonRegex(`^${escapePattern(text)}\\Z`, { verbose: true }).search(text), true)
  })
}

const faults: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['a pattern', () => new PythonRegex('('), /a group is not closed \(character 1\)/],
  ['a pattern after flags', () => new PythonRegex('(?i)a)'), /character 6/],
  ['a group of a template', () => new PythonRegex('a').replace('a', '\\2'), /names the group 2/],
  ['an escape of a template', () => new PythonRegex('a').replace('a', '\\d'), /the escape \\d, which has no meaning/],
  ['a flag', () => parseRegexFlags(['SIDEWAYS']), /Invalid re flag given: SIDEWAYS/],
]
for (const [name, work, message] of faults) test(`a fault is told: ${name}`, () => assert.throws(work, { message }))

test('a pattern that would try forever is ended', () => {
  const begin = performance.now()
  assert.throws(() => new PythonRegex('(a+)+b').search(`${'a'.repeat(60)}!`), { message: /takes too long/ })
  assert.ok(performance.now() - begin < 10_000)
})
