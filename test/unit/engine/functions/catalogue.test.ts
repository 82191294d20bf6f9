import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s } from '../../../../src/base/schema.ts'
import { PluginCatalogue, type Registry } from '../../../../src/engine/functions/catalogue.ts'
import { defineModule, type FunctionDefinition, fn } from '../../../../src/engine/plugin.ts'

function module(name: string, functions: readonly string[], available?: true | string) {
  const run = fn({ doc: 'A sample.', returns: s.any(), examples: [], run: () => `${name} ${available}` })
  return defineModule({
    name,
    doc: `${name} of ${available}.`,
    ...(available === undefined ? {} : { available: () => available }),
    functions: Object.fromEntries(functions.map((fun) => [fun, run])),
  })
}

function catalogueOf(...modules: ReturnType<typeof module>[]) {
  let loads = 0
  let docLoads = 0
  const registry: Registry<FunctionDefinition> = {
    entries: modules.map((definition) => ({
      name: definition.name,
      functions: Object.keys(definition.functions),
      guarded: definition.available !== undefined,
      load: async () => {
        loads++
        return definition
      },
    })),
    async loadDocs() {
      docLoads++
      return Object.fromEntries(modules.map(({ name, doc, functions }) => [name, { doc, functions }]))
    },
  }
  const catalogue = new PluginCatalogue(registry, { grains: {} })
  return { catalogue, loads: () => loads, docLoads: () => docLoads }
}

test('names come without loading anything', async () => {
  const { catalogue, loads, docLoads } = catalogueOf(module('b', ['y', 'x']), module('a', ['z']))
  assert.deepEqual(catalogue.names(), ['a.z', 'b.x', 'b.y'])
  assert.equal(loads() + docLoads(), 0)
  assert.deepEqual(await catalogue.availableNames(), ['a.z', 'b.x', 'b.y'])
  assert.equal(loads(), 0, 'no module is guarded')
})

test('a function loads its own module, once', async () => {
  const { catalogue, loads } = catalogueOf(module('a', ['x', 'y']), module('b', ['x']))
  assert.equal((await catalogue.load('a.x')).kind, 'loaded')
  assert.equal((await catalogue.load('a.y')).kind, 'loaded')
  assert.equal(loads(), 1)
})

test('docs are read without loading modules', async () => {
  const { catalogue, loads } = catalogueOf(module('a', ['x']))
  assert.equal((await catalogue.describe('a.x'))?.doc, 'A sample.')
  assert.equal(await catalogue.describe('a.nosuch'), undefined)
  assert.equal(await catalogue.describe('constructor.name'), undefined)
  assert.equal(await catalogue.moduleDoc('a'), 'a of undefined.')
  assert.equal(loads(), 0)
})

test('the first available provider of a virtual name wins', async () => {
  const { catalogue } = catalogueOf(module('pkg', ['x'], 'needs rpm'), module('pkg', ['x'], true))
  const found = await catalogue.load('pkg.x')
  assert.equal(found.kind, 'loaded')
  assert.deepEqual(await catalogue.availableNames(), ['pkg.x'])
})

test('a function that only another provider has is not available', async () => {
  const { catalogue } = catalogueOf(module('pkg', ['x', 'y'], 'needs rpm'), module('pkg', ['x'], true))
  assert.deepEqual(await catalogue.availableNames(), ['pkg.x'])
  assert.equal((await catalogue.load('pkg.y')).kind, 'unavailable')
})

test('the reasons of those that are not available are kept', async () => {
  const { catalogue } = catalogueOf(module('pkg', ['x'], 'needs rpm'), module('pkg', ['x'], 'needs apt'))
  const found = await catalogue.load('pkg.x')
  assert.equal(found.kind === 'unavailable' && found.message, "'pkg' __virtual__ returned False: needs rpm; needs apt")
  assert.deepEqual(await catalogue.availableNames(), [])
})

for (const name of ['a.nosuch', 'nosuch.x', 'a', 'a.', '.x', '', 'a.x.y', 'a.constructor', '__proto__.x']) {
  test(`'${name}' is not available`, async () => {
    const { catalogue } = catalogueOf(module('a', ['x']))
    const found = await catalogue.load(name)
    assert.equal(found.kind === 'unavailable' && found.message, `'${name}' is not available.`)
  })
}

test("the user's module hides a built-in one; a faulty one does not", async () => {
  const { catalogue } = catalogueOf(module('a', ['x']), module('b', ['x']))
  catalogue.setUserModules([module('a', ['own'])], { b: 'b.ts:3: oops', c: 'c.ts:1: oops' })
  assert.deepEqual(catalogue.names(), ['a.own', 'b.x'])
  assert.equal((await catalogue.load('a.x')).kind, 'unavailable')
  assert.equal((await catalogue.load('b.x')).kind, 'loaded')
  const faulty = await catalogue.load('c.x')
  assert.equal(faulty.kind === 'unavailable' && faulty.message, "'c' is not available: c.ts:1: oops")
  assert.equal((await catalogue.describe('a.own'))?.doc, 'A sample.')
})
