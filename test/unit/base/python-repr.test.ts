import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Float } from '../../../src/base/float.ts'
import { bytesText, toJson } from '../../../src/base/json.ts'
import { floatRepr } from '../../../src/base/python-number-repr.ts'
import { pythonRepr, pythonString } from '../../../src/base/python-repr.ts'
import { Secret } from '../../../src/base/secret.ts'

const representations: readonly [unknown, string][] = [
  [{ a: [1, 'two', null, true, false] }, "{'a': [1, 'two', None, True, False]}"],
  [new Float(1), '1.0'],
  [1.5, '1.5'],
  [-0, '-0.0'],
  [12345678901234567890n, '12345678901234567890'],
  [1e21, '1000000000000000000000'],
  ["it's", '"it\'s"'],
  ['say "it\'s"', "'say \"it\\'s\"'"],
  ['a\nb\t\\ \u0007\u007f', "'a\\nb\\t\\\\ \\x07\\x7f'"],
  ['žluť ☃ 😀', "'žluť ☃ 😀'"],
  ['\u00a0\u200b\u2028\u{e0001}', "'\\xa0\\u200b\\u2028\\U000e0001'"],
  [new Uint8Array([0, 97, 39, 255]), 'b"\\x00a\'\\xff"'],
  [[], '[]'],
  [{}, '{}'],
  [new Set(), 'set()'],
  [new Set([1]), '{1}'],
  [new Map([[1, undefined]]), '{1: None}'],
  [new Secret('pw'), "'•••'"],
]
for (const [value, expected] of representations) {
  test(`repr ${expected}`, () => assert.equal(pythonRepr(value), expected))
}

const floats: readonly [number, string][] = [
  [0, '0.0'],
  [-0, '-0.0'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1e-7, '1e-07'],
  [1.5e-10, '1.5e-10'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.25e22, '1.25e+22'],
  [1e100, '1e+100'],
  [123456789.125, '123456789.125'],
  [-12.5, '-12.5'],
  [0.1 + 0.2, '0.30000000000000004'],
  [Number.NaN, 'nan'],
  [Number.NEGATIVE_INFINITY, '-inf'],
  [5e-324, '5e-324'],
]
for (const [value, expected] of floats) test(`float ${expected}`, () => assert.equal(floatRepr(value), expected))

test('str leaves text alone', () => {
  assert.equal(pythonString("it's"), "it's")
  assert.equal(pythonString(true), 'True')
})

test('json has python spacing on one line', () => {
  assert.equal(
    toJson({ a: 1, b: [1, new Float(2), null, true], c: {}, d: [] }),
    '{"a": 1, "b": [1, 2.0, null, true], "c": {}, "d": []}',
  )
})

test('json is indented as python indents it', () => {
  assert.equal(
    toJson({ a: { b: [1, { c: 'x' }] }, e: [], f: {} }, 4),
    '{\n    "a": {\n        "b": [\n            1,\n            {\n                "c": "x"\n            }\n        ]\n    },\n    "e": [],\n    "f": {}\n}',
  )
})

test('json keeps numbers exact, text readable and bytes legible', () => {
  assert.equal(
    toJson([9007199254740993n, 1e16, new Float(1e16), 1e-7, Number.NaN]),
    '[9007199254740993, 10000000000000000, 1e+16, 1e-07, NaN]',
  )
  assert.equal(toJson('ž ☃ "q" \u0001\n'), '"ž ☃ \\"q\\" \\u0001\\n"')
  assert.equal(toJson({ text: Buffer.from('é'), raw: new Uint8Array([255]) }), '{"text": "é", "raw": "/w=="}')
  assert.equal(bytesText(Buffer.from('abc')), 'abc')
})

test('json leaves out undefined, hides secrets and takes maps', () => {
  assert.equal(toJson({ a: undefined, b: new Secret('pw') }), '{"b": "•••"}')
  assert.equal(
    toJson(
      new Map<unknown, unknown>([
        [1, 'x'],
        [true, 'y'],
        [null, 'z'],
      ]),
    ),
    '{"1": "x", "true": "y", "null": "z"}',
  )
  assert.equal(toJson([undefined]), '[null]')
})
