import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileGlob } from '../../../../src/engine/target/glob.ts'
import { compileRegex } from '../../../../src/engine/target/regex.ts'

describe('compileRegex', () => {
  const cases: [pattern: string, text: string, start: boolean, full: boolean][] = [
    ['test.ping', 'test.ping', true, true],
    ['test.ping', 'test.ping_all', true, false],
    ['a|ab', 'ab', true, true],
    ['a|ab', 'xab', false, false],
    ['\\Aa\\Z', 'a', true, true],
    ['a$', 'a\n', true, false],
    ['(?m)a$', 'a\nb', true, false],
    ['(?s)a.b', 'a\nb', true, true],
    ['(?i:A)b', 'ab', true, true],
    ['(?P<x>a)(?P=x)', 'aa', true, true],
    ['(a)\\1', 'aa', true, true],
    ['a{2}', 'aa', true, true],
    ['a{,2}b', 'aab', true, true],
    ['a{', 'a{', true, true],
    ['a{b}', 'a{b}', true, true],
    ['a]', 'a]', true, true],
    ['[]a]+', ']a', true, true],
    ['[^]a]', 'b', true, true],
    ['[a\\-z]', '-', true, true],
    ['[a-]', '-', true, true],
    ['[.-_]', '0', true, true],
    ['[^\\d]', '5', false, false],
    ['\\d', '٣', true, true],
    ['\\w+', 'žluť', true, true],
    ['[\\w.]+', 'ž.1', true, true],
    ['\\W', 'ž', false, false],
    ['\\-\\_\\@\\"', '-_@"', true, true],
    ['\\x41\\u00e9\\U0001F600', 'Aé😀', true, true],
    ['.', '😀', true, true],
    ['a(?#note)b', 'ab', true, true],
    ['(?=a)ab', 'ab', true, true],
    ['(?<!a)b', 'b', true, true],
    ['a/b', 'a/b', true, true],
    ['', 'anything', true, false],
  ]
  for (const [pattern, text, start, full] of cases) {
    it(`${JSON.stringify(pattern)} on ${JSON.stringify(text)}`, () => {
      assert.equal(compileRegex(pattern).matches(text), start, 'from the start')
      assert.equal(compileRegex(pattern, { anchor: 'full' }).matches(text), full, 'the whole text')
    })
  }

  const costly = [
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(a*)*b',
    '(?:a?){40}a{40}b',
    '^(\\w+\\s?)*$',
    'a*a*a*a*a*a*a*a*b',
    '(.*a){12}b',
  ]
  for (const pattern of costly) {
    it(`ends in bounded time: ${pattern}`, () => {
      const regex = compileRegex(pattern)
      const begin = performance.now()
      try {
        assert.equal(regex.matches(`${'a'.repeat(200)}!`), false)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'bad-target')
      }
      assert.ok(performance.now() - begin < 15_000)
    })
  }

  it('still answers a costly pattern that matches', () => {
    assert.equal(compileRegex('(a+)+$').matches('a'.repeat(50)), true)
  })
})

describe('compileGlob', () => {
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*.*', 'a.b', true],
    ['**', '', true],
    ['?', '', false],
    ['?', '😀', true],
    ['[]]', ']', true],
    ['[!]]', ']', false],
    ['[a', '[a', true],
    ['[a-c-]', '-', true],
    ['[c-a]', 'b', false],
    ['.*', '.hidden', true],
    ['*', '.hidden', true],
    ['a\\*', 'a\\b', true],
    ['[*]', 'x', false],
  ]
  for (const [pattern, text, matches] of cases) {
    it(`${pattern} on ${JSON.stringify(text)}`, () => assert.equal(compileGlob(pattern).matches(text), matches))
  }

  it('takes no exponential time', () => {
    const begin = performance.now()
    assert.equal(compileGlob(`${'*a'.repeat(200)}b`).matches('a'.repeat(5000)), false)
    assert.ok(performance.now() - begin < 10_000)
  })
})
