import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepMerge } from '../../../src/base/deep-merge.ts'
import { Float } from '../../../src/base/float.ts'
import { toJson } from '../../../src/base/json.ts'
import { pack, unpack } from '../../../src/base/msgpack.ts'
import { isRecord } from '../../../src/base/narrow.ts'
import { pythonRepr } from '../../../src/base/python-repr.ts'
import { s } from '../../../src/base/schema.ts'
import { SecretTexts } from '../../../src/base/secret-texts.ts'
import { coerceArgument } from '../../../src/base/validate.ts'
import {
  mapWritten,
  recordOfWritten,
  setWritten,
  type WrittenKey,
  writtenEntries,
} from '../../../src/base/written-keys.ts'
import { parseYaml } from '../../../src/base/yaml.ts'
import { emitYaml } from '../../../src/base/yaml-emit.ts'
import { fromPlain, toPlain } from '../../../src/engine/render/values/plain.ts'
import { repr } from '../../../src/engine/render/values/print.ts'

const keys: readonly WrittenKey[] = [
  'b',
  8080,
  80,
  '7',
  true,
  null,
  1.5,
  new Float(2),
  -1,
  2n ** 64n,
  '',
  '__proto__',
  'a',
]
const mapping = () => recordOfWritten(keys.map((key, index) => [key, index]))
const entries = (value: unknown) => (isRecord(value) ? writtenEntries(value) : undefined)
const expected = keys.map((key, index) => [key, index])

test('keys keep their kinds and their order, and whoever does not ask sees texts', () => {
  assert.deepEqual(entries(mapping()), expected)
  assert.equal(mapping()['80'], 2)
  assert.equal(mapping().True, 4)
  assert.equal(mapping()['2.0'], 7)
})

const ways: Readonly<Record<string, (value: Record<string, unknown>) => unknown>> = {
  'values of templates': (value) => toPlain(fromPlain(value)),
  'a merge with nothing': (value) => deepMerge(value, {}),
  'a merge into nothing': (value) => deepMerge({}, value),
  'a schema': (value) => coerceArgument(s.record(s.any()), value).value,
  'other values': (value) =>
    mapWritten(
      mapWritten(value, (item) => [item]),
      (item) => [item].flat(2)[0],
    ),
  'hidden secrets': (value) => {
    const secrets = new SecretTexts()
    secrets.add(['hidden'])
    return mapWritten(secrets.hideIn(mapWritten(value, (item) => [item, 'hidden'])) ?? {}, (item) => [item].flat()[0])
  },
}

for (const [name, way] of Object.entries(ways)) {
  test(`they come through ${name}`, () => assert.deepEqual(entries(way(mapping())), expected))
}

test('they come through msgpack, but for the name that would exchange a prototype', () => {
  const sent = recordOfWritten(expected.filter(([key]) => key !== '__proto__') as [WrittenKey, unknown][])
  const received = entries(sent)?.map(([key, value]) => [typeof key === 'bigint' ? String(key) : key, value])
  assert.deepEqual(entries(unpack(pack(sent))), received)
  assert.deepEqual(Object.keys(unpack(pack({ b: 1, a: 2 })) as object), ['b', 'a'])
})

test('keys of both kinds in turn keep their order on the wire', () => {
  for (const mixed of [
    [10, 'a', 9],
    ['b', '10', 'a', '9'],
  ]) {
    const sent = recordOfWritten(mixed.map((key) => [key, key]))
    assert.deepEqual(
      entries(unpack(pack(sent))),
      mixed.map((key) => [key, key]),
    )
  }
})

test('they come through YAML', () => {
  const text = '8080: web\n80: http\n"7": text\ntrue: yes\n1.5: half\nnull: none\n'
  const value = parseYaml(text)
  assert.deepEqual(
    entries(value)?.map(([key]) => key),
    [8080, 80, '7', true, 1.5, null],
  )
  assert.equal(
    emitYaml(value, { sortKeys: false }),
    "8080: web\n80: http\n'7': text\ntrue: true\n1.5: half\nnull: none\n",
  )
  assert.equal(toJson(value), '{"8080": "web", "80": "http", "7": "text", "true": true, "1.5": "half", "null": "none"}')
  const printed = "{8080: 'web', 80: 'http', '7': 'text', True: True, 1.5: 'half', None: 'none'}"
  assert.equal(pythonRepr(value), printed)
  assert.equal(repr(fromPlain(value)), printed)
})

test('merged keys stand where they were first', () => {
  const merged = deepMerge(
    recordOfWritten([
      [443, 'a'],
      [80, 'b'],
    ]),
    recordOfWritten([
      [22, 'c'],
      [443, 'd'],
    ]),
  )
  assert.deepEqual(entries(merged), [
    [443, 'd'],
    [80, 'b'],
    [22, 'c'],
  ])
})

test('what is put in or taken away later by its name is there, or not', () => {
  const record = recordOfWritten([
    [2, 'b'],
    [1, 'a'],
  ])
  record.later = 'c'
  delete record['2']
  assert.deepEqual(entries(record), [
    [1, 'a'],
    ['later', 'c'],
  ])
  setWritten(record, 2, 'again')
  assert.deepEqual(entries(record), [
    [2, 'again'],
    [1, 'a'],
    ['later', 'c'],
  ])
})

test('texts that look like indexes of an array keep their order', () => {
  assert.deepEqual(
    entries(
      recordOfWritten([
        ['b', 1],
        ['10', 2],
        ['9', 3],
      ]),
    ),
    [
      ['b', 1],
      ['10', 2],
      ['9', 3],
    ],
  )
  // No index, and so nothing to remember: the ids of jobs are such texts.
  const jobs = recordOfWritten([
    ['20261121192416078016', 1],
    ['20251121192416078016', 2],
  ])
  assert.deepEqual(Object.keys(jobs), ['20261121192416078016', '20251121192416078016'])
})
