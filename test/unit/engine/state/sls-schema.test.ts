import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import { parseYaml } from '../../../../src/base/yaml.ts'
import type { FunctionDoc } from '../../../../src/engine/catalogue.ts'
import { slsSchema, stateSchema } from '../../../../src/engine/state/sls-schema.ts'
import { fitsSchema } from '../../../support/json-schema.ts'

const made: FunctionDoc = {
  doc: 'Makes a thing.',
  args: {
    name: s.path('Where'),
    size: s.optional(s.integer()),
    tags: s.optional(s.array(s.string())),
    mode: s.withDefault(s.literal(['a', 'b']), 'a'),
    limits: s.optional(s.object({ soft: s.integer() })),
  },
  returns: {},
  examples: [],
}
const gone: FunctionDoc = { doc: 'Takes it away.', args: { name: s.path() }, extra: s.any(), returns: {}, examples: [] }
const states = new Map([
  ['thing.made', made],
  ['thing.gone', gone],
  ['test.nop', gone],
])

function fits(text: string, own: readonly string[] = []): boolean {
  return fitsSchema(parseYaml(text), slsSchema({ states, own }))
}

describe('the schema of SLS files', () => {
  const good: Readonly<Record<string, string>> = {
    'short forms': 'x: thing.gone',
    'arguments and options': 'x:\n  thing.made:\n    - size: 5\n    - tags: [a]\n    - unless: ls\n    - order: last',
    'several in one item': 'x:\n  thing.made:\n    - size: 5\n      mode: b',
    'the function in the list': 'x:\n  thing:\n    - made\n    - size: 5',
    'requisites of all forms':
      'x:\n  thing.made:\n    - require: [y, {thing: z}]\n    - watch_in:\n      - sls: a\n    - use: [{thing: z}]',
    names: 'x:\n  thing.made:\n    - names: [a, {b: [{size: 5}]}]',
    'templates in quotes': 'x:\n  thing.made:\n    - size: "{{ pillar.size }}"\n    - tags: "{{ tags }}"',
    'numbers for texts': 'x:\n  thing.made:\n    - name: 5',
    'any argument where any is taken': 'x:\n  thing.gone:\n    - whatever: {a: 1}',
    'include, exclude, extend':
      'include: [a, {dev: b}]\nexclude: [a, {id: x}]\nextend:\n  x:\n    thing:\n      - size: 5',
    'keys that nobody looks at': '__note: 5\nx:\n  __note: 5\n  thing.gone: []',
    'two states': 'x:\n  thing.made: []\n  test.nop: []',
    retry: 'x:\n  thing.made:\n    - retry: {attempts: 3, interval: 10}',
  }
  for (const [name, text] of Object.entries(good)) test(`takes ${name}`, () => assert.ok(fits(text)))

  const bad: Readonly<Record<string, string>> = {
    'a function that is not there': 'x: thing.moved',
    'a family that is not there': 'x:\n  thin.made: []',
    'a function in the list that is not there': 'x:\n  thing: [moved]',
    'an argument that is not there': 'x:\n  thing.made:\n    - sise: 5',
    'a wrong type': 'x:\n  thing.made:\n    - size: big',
    'a wrong word': 'x:\n  thing.made:\n    - mode: c',
    'a wrong type deeper': 'x:\n  thing.made:\n    - limits: {soft: x}',
    'arguments that are a mapping': 'x:\n  thing.made:\n    size: 5',
    'an id without a state': 'x: 5',
    'a requisite that is a text': 'x:\n  thing.made:\n    - require: y',
    'a requisite with two keys': 'x:\n  thing.made:\n    - require: [{thing: y, test: z}]',
    'an include that is a text': 'include: a',
    'an order that is a word': 'x:\n  thing.made:\n    - order: soon',
    'a list': '- x',
  }
  for (const [name, text] of Object.entries(bad)) test(`refuses ${name}`, () => assert.ok(!fits(text)))

  test('takes states of the tree itself where they are named', () => {
    const text = 'x:\n  mine.done:\n    - a: 1\ny: mine.done\nz:\n  mine: [done]'
    assert.ok(!fits(text))
    assert.ok(fits(text, ['mine']))
    assert.ok(!fits('x:\n  yours.done: []', ['mine']))
  })

  test('of one state', () => {
    const schema = stateSchema('thing.made', made)
    assert.equal(schema.description, 'Makes a thing.')
    assert.ok(fitsSchema([{ size: 5 }, { failhard: true }], schema))
    assert.ok(!fitsSchema([{ size: 'big' }], schema))
    assert.ok(!fitsSchema({ size: 5 }, schema))
  })

  test('has no words of our own', () => {
    assert.doesNotMatch(JSON.stringify(slsSchema({ states })), /x-optional|x-ours|"format"/)
  })
})
