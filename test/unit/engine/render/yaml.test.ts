import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { dumpYaml } from '../../../../src/engine/render/data/yaml-dump.ts'
import { loadYaml, YamlError } from '../../../../src/engine/render/data/yaml-load.ts'
import { Dict, OrderedDict, PySet } from '../../../../src/engine/render/values/dict.ts'
import { Markup, Range, Tuple, Undefined } from '../../../../src/engine/render/values/kinds.ts'
import { canonicalValue, taggedValue } from '../../../support/tagged-render-values.ts'

interface YamlCase {
  readonly name: string
  readonly op: 'load' | 'dump'
  readonly input: unknown
  readonly expect?: unknown
  readonly error?: Readonly<Record<'type' | 'message' | 'line' | 'column' | 'context', unknown>>
}

const cases = ['yaml.json', 'yaml-more.json', 'yaml-grown.json'].flatMap((file) => {
  const text = readFileSync(new URL(`../../../cases/render/${file}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly YamlCase[]
})

function failure(text: string): YamlError {
  try {
    const value = loadYaml(text)
    assert.fail(`no error, but ${canonicalValue(value).slice(0, 300)}`)
  } catch (error) {
    assert.ok(error instanceof YamlError, String(error))
    return error
  }
}

describe('state files are read as the reference reads them', () => {
  for (const { name, input, expect, error } of cases.filter(({ op }) => op === 'load')) {
    test(name, () => {
      if (error === undefined) {
        assert.equal(canonicalValue(loadYaml(String(input))), canonicalValue(taggedValue(expect)))
        return
      }
      const { type, message, problem } = failure(String(input))
      assert.equal(type, error.type)
      assert.equal(message, error.message)
      if (error.line === null) return
      assert.deepEqual([problem.line, problem.column], [error.line, error.column])
      assert.equal(problem.context, error.context)
    })
  }
})

describe('values are written as the reference writes them', () => {
  const styles = [
    ['false', false],
    ['true', true],
    ['null', null],
  ] as const
  for (const { name, input, expect } of cases.filter(({ op }) => op === 'dump')) {
    test(name, () => {
      const texts = expect as Readonly<Record<string, string>>
      for (const [style, flow] of styles) assert.equal(dumpYaml(taggedValue(input), flow), texts[style], style)
    })
  }
})

describe('keys', () => {
  test('of every kind keep their kind and order', () => {
    const value = loadYaml('2: a\n"2": b\ntrue: c\n~: d\n1.5: e\n2.0e+1: f')
    assert.equal(canonicalValue(value), '{2: "a", "2": "b", true: "c", null: "d", 1.5: "e", float(20.0): "f"}')
  })

  for (const text of ['1: a\ntrue: b', '1: a\n1.0: b', '0: a\nno: b', '8: a\n010: b\n08: c\n8.0: d']) {
    test(`that are equal in Python are one: ${JSON.stringify(text)}`, () => {
      assert.equal(failure(text).type, 'ConstructorError')
    })
  }
})

describe('tags', () => {
  const faults: readonly [string, string, string][] = [
    ['a: !!map [x]', 'ConstructorError', 'expected a mapping node, but found sequence'],
    ['a: !!seq {x: 1}', 'ConstructorError', 'expected a sequence node, but found mapping'],
    ['a: !!seq x', 'ConstructorError', 'expected a sequence node, but found scalar'],
    ['a: !!int [1]', 'ConstructorError', 'expected a scalar node, but found sequence'],
    ['a: !!pairs {x: 1}', 'ConstructorError', 'expected a sequence, but found mapping'],
    ['a: !!pairs [x]', 'ConstructorError', 'expected a mapping of length 1, but found scalar'],
    ['a: !!pairs [{x: 1, y: 2}]', 'ConstructorError', 'expected a single mapping item, but found 2 items'],
    ['a: !!float x', 'ValueError', "could not convert string to float: 'x'"],
    ['a: !!bool x', 'KeyError', "'x'"],
    ['a: !x!y z', 'ParserError', 'found undefined tag handle'],
    [
      '!!set {[a]: }',
      'ConstructorError',
      "found unacceptable key [ScalarNode(tag='tag:yaml.org,2002:str', value='a')]",
    ],
  ]
  for (const [text, type, message] of faults) {
    test(text, () => {
      const error = failure(text)
      assert.deepEqual([error.type, error.message], [type, message])
    })
  }

  test('pairs are tuples', () => {
    assert.equal(canonicalValue(loadYaml('!!pairs [a: 1, a: [2]]')), '[tuple("a", 1), tuple("a", [2])]')
  })

  test('of the two faults the outer one is found first', () => {
    assert.equal(failure('a:\n  b: 1\n  b: 2\nc: 1\nc: 2').problem.line, 5)
  })
})

describe('values without a form in YAML', () => {
  test('are null, as Salt has it', () => {
    const value = [new Undefined('x'), new Markup('m'), new Range(0, 2, 1)]
    assert.equal(dumpYaml(value, true), '[NULL, NULL, NULL]\n')
  })

  test('keys without an order stay as they are', () => {
    assert.equal(
      dumpYaml(
        new Dict([
          ['b', 1],
          [2, new Tuple([])],
          [null, new PySet(['y', 'x'])],
        ]),
        true,
      ),
      '{b: 1, 2: [], null: !!set {x: null, y: null}}\n',
    )
    assert.equal(
      dumpYaml(
        new OrderedDict([
          ['b', 1],
          ['a', 2],
        ]),
        true,
      ),
      '{b: 1, a: 2}\n',
    )
  })

  test('an object inside itself is written with its anchor', () => {
    const list: unknown[] = []
    list.push(list)
    assert.equal(dumpYaml(list, true), '&id001 [*id001]\n')
  })
})

test('a byte order mark does not move the places', () => {
  assert.deepEqual(failure('\ufeffa: b: c').problem.column, 5)
})
