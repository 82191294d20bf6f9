import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { parseYaml, parseYamlWithMarks } from '../../../src/base/yaml.ts'
import { canonical, untag } from '../../support/tagged-values.ts'

interface LoadCase {
  readonly name: string
  readonly op: string
  readonly input: string
  readonly expect?: unknown
  readonly error?: { readonly line: number | null }
}

const cases = (
  JSON.parse(readFileSync(new URL('../../cases/render/yaml.json', import.meta.url), 'utf8')) as LoadCase[]
).filter(({ op }) => op === 'load')

function failure(text: string, options = {}): SaltError {
  try {
    const value = parseYaml(text, options)
    assert.fail(`no error, but ${canonical(value).slice(0, 300)}`)
  } catch (error) {
    assert.ok(error instanceof SaltError, String(error))
    return error
  }
}

/** The reference has the end of an unfinished text on a line of its own; the line that it ends on says more. */
const otherLine: Readonly<Record<string, number>> = { 'load/unclosed-flow-at-eof': 1 }

describe('YAML is read as the reference reads it', () => {
  for (const { name, input, expect, error } of cases) {
    test(name, () => {
      if (error === undefined) {
        assert.equal(canonical(parseYaml(input)), canonical(untag(expect)))
        return
      }
      const { where = '' } = failure(input, { file: 'f' })
      if (error.line !== null) assert.equal(where.split(':')[1], String(otherLine[name] ?? error.line), where)
    })
  }
})

describe('errors in YAML show the place', () => {
  const faults: readonly [string, string, string, RegExp][] = [
    ['a tab as indentation', 'a:\n\tb: 1', '2:1', /a tab is used to indent this line\n {4} b: 1\n {4}\^$/],
    [
      'a key that is there twice',
      'a: 1\nb:\n  c: 1\n  d: 2\n  c: 3',
      '5:3',
      /the key 'c' is there twice\n {6}c: 3\n {6}\^$/,
    ],
    ['a key twice, once as number', "1: a\n'1': b", '2:1', /'1' is there twice/],
    ['a colon in a plain text', 'a: b: c', '1:5', /\n {4}a: b: c\n/],
    ['braces without quotes', 'a: {{ x }}', '1:5', /a mapping cannot be a key/],
    [
      'an unknown tag',
      'a: !!python/object:os.system {}',
      '1:4',
      /the tag !!python\/object:os.system is not known here/,
    ],
    ['a local tag', 'a: !vault x', '1:4', /the tag !vault is not known/],
    ['an alias without anchor', 'a: *b', '1:4', /the alias \*b has no anchor &b before it/],
    ['an alias inside its own value', 'a: &a [*a]', '1:8', /stands inside the value that it names/],
    ['a second document', 'a: 1\n---\nb: 2', '2:1', /only one document is allowed/],
    ['a bad number under a tag', 'a: !!int x', '1:4', /'x' is no value of the kind int/],
    ['bad base64', 'a: !!binary "YQ"', '1:4', /no value of the kind binary/],
    ['a merge of a text', 'a:\n  <<: x', '2:7', /only a mapping or a list of mappings/],
    ['a control character', 'a: \u0007x', '1:4', /the character #x0007 is not allowed/],
    ['an unfinished list', 'a: [b\n', '2:1', /^did not find expected ',' or '\]'$/],
    ['an unfinished quote', "a: 'b\nc: 1", '2:5', /unexpected end of stream/],
    ['after a line that had to be indented', 'a: [1,\n2]\nb: {c: [1,\n2,\n3]}\nd: *x', '6:4', /\n {4}d: \*x\n {7}\^$/],
    ['behind a byte order mark', '\ufeffa: b: c', '1:5', /./],
    ['with other line ends', 'a: 1\r\nb: 2\r\na: 3', '3:1', /\n {4}a: 3\n {4}\^/],
  ]
  for (const [name, text, place, message] of faults) {
    test(name, () => {
      const error = failure(text, { file: '/etc/salt/master' })
      assert.equal(error.where, `/etc/salt/master:${place}`)
      assert.equal(error.code, 'configuration')
      assert.match(error.message, message)
    })
  }

  test('a tab and braces come with advice', () => {
    assert.equal(failure('a:\n\tb: 1').hint, 'Indent with spaces.')
    assert.match(failure('a: {{ x }}').hint ?? '', /quotes/)
    assert.equal(failure('a: *x').hint, undefined)
  })

  test('without a file the place is told in words, with the code asked for', () => {
    const error = failure('a: *x', { code: 'bad-arguments' })
    assert.equal(error.where, 'line 1, column 4')
    assert.equal(error.code, 'bad-arguments')
  })

  test('a long line is cut around the place', () => {
    const { message } = failure(`a: "${'x'.repeat(500)}", b: *c\n`)
    const [, line = '', caret = ''] = message.split('\n')
    assert.ok(line.length <= 80, line)
    assert.equal(line[caret.indexOf('^')], ',')
  })
})

describe('values that Salt users rely on', () => {
  test('keys become texts and order is kept', () => {
    assert.deepEqual(Object.keys(parseYaml('b: 1\ntrue: 2\n1.0: 3\n~: 4\na: 5') as object), [
      'b',
      'True',
      '1.0',
      'None',
      'a',
    ])
  })

  test('a key named __proto__ is a key', () => {
    const value = parseYaml('__proto__: {x: 1}\nconstructor: 2') as object
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
  })

  test('a deeply nested text is refused, not a crash', () => {
    assert.match(failure('['.repeat(5000)).message, /nesting/)
  })

  test('merges that multiply are stopped', () => {
    const lines = ['a0: &a0 {k0: 1}']
    for (let index = 1; index < 60; index++) {
      lines.push(`a${index}: &a${index}`, `  <<: *a${index - 1}`)
      lines.push(...Array.from({ length: 100 }, (_, key) => `  k${index}_${key}: 1`))
    }
    assert.match(failure(lines.join('\n')).message, /merge keys bring too many entries/)
  })

  test('many badly indented lines cost a bounded time', () => {
    const text = `a: [\n${'1,\n'.repeat(50_000)}]`
    const start = performance.now()
    try {
      parseYaml(text)
    } catch (error) {
      assert.match(String(error), /deficient indentation/)
    }
    assert.ok(performance.now() - start < 10_000)
  })
})

describe('marks', () => {
  const text = 'a: 1\nb:\n  c:\n    - x\n    - y: {z: 1}\n\n# note\n"d e": 2\n<<: {f: 1}\n'
  const { marks } = parseYamlWithMarks(text)
  const places: readonly [(string | number)[], number][] = [
    [['a'], 1],
    [['b'], 2],
    [['b', 'c'], 3],
    [['b', 'c', 0], 4],
    [['b', 'c', 1, 'y', 'z'], 5],
    [['d e'], 8],
    [['f'], 9],
    [['b', 'none', 'deeper'], 2],
    [[], 1],
  ]
  for (const [path, line] of places) {
    test(`line of ${JSON.stringify(path)}`, () => assert.equal(marks.line(path), line))
  }

  test('an empty text has none', () => {
    const { value, marks: none } = parseYamlWithMarks('# nothing\n')
    assert.equal(value, null)
    assert.equal(none.line(['a']), undefined)
  })
})
