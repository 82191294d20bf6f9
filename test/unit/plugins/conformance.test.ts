/** What every function of every module, runner and wheel module must have. `npm run new module NAME` starts with what is missing here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staleFiles } from '../../../scripts/registry.ts'
import type { Schema } from '../../../src/base/schema.ts'
import { validate } from '../../../src/base/validate.ts'
import type { FunctionDoc } from '../../../src/engine/plugin.ts'
import { moduleRegistry, runnerRegistry, wheelRegistry } from '../../../src/plugins/registry.ts'

const kinds = [
  { kind: 'module', registry: moduleRegistry, command: /^salt \S/ },
  { kind: 'runner', registry: runnerRegistry, command: /^salt run / },
  { kind: 'wheel', registry: wheelRegistry, command: /^salt wheel / },
] as const

const sentence = /^[A-Z].*\.$/s

for (const { kind, registry, command } of kinds) {
  for (const entry of registry.entries) {
    test(`${kind} ${entry.name}`, async () => {
      const definition = await entry.load()
      const faults: string[] = []
      if (!sentence.test(definition.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
      for (const [name, fun] of Object.entries(definition.functions)) {
        faults.push(...faultsOf(`${entry.name}.${name}`, fun, command).map((fault) => `${name}: ${fault}`))
      }
      assert.deepEqual(faults, [])
    })
  }
}

function faultsOf(name: string, fun: FunctionDoc, command: RegExp): string[] {
  const faults: string[] = []
  const short = name.slice(name.indexOf('.') + 1)
  // Those in capitals are named after what they tell: types of records of the DNS.
  if (!/^(?:[a-z][a-z0-9_]*|[A-Z]+)$/.test(short)) faults.push('its name must be snake_case')
  if (!sentence.test(fun.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
  if (fun.examples.length === 0) faults.push('it needs an example')
  for (const example of fun.examples) {
    if (!command.test(example)) faults.push(`the example must start with a command: ${example}`)
    if (!example.includes(name)) faults.push(`the example must call ${name}: ${example}`)
  }
  for (const [arg, schema] of Object.entries(fun.args)) {
    if (!/^[a-z][a-z0-9_]*$/.test(arg)) faults.push(`the argument ${arg} must be snake_case`)
    faults.push(...describedFaults(`the argument ${arg}`, schema))
    if (schema.default !== undefined && validate(schema, schema.default).issues.length > 0) {
      faults.push(`the default of ${arg} does not fit its schema`)
    }
  }
  if (fun.rest !== undefined) faults.push(...describedFaults('rest', fun.rest))
  if (fun.extra !== undefined) faults.push(...describedFaults('extra', fun.extra))
  faults.push(...orderFaults(fun))
  return faults
}

function describedFaults(what: string, schema: Schema): string[] {
  const { description = '' } = schema
  return description === '' ? [`${what} needs a description`] : []
}

/** An argument that must be given cannot follow one that may be left out. */
function orderFaults({ args }: FunctionDoc): string[] {
  const schemas = Object.entries(args)
  const firstOptional = schemas.findIndex(([, schema]) => schema['x-optional'] === true)
  if (firstOptional < 0) return []
  return schemas
    .slice(firstOptional)
    .filter(([, schema]) => schema['x-optional'] !== true)
    .map(([arg]) => `the argument ${arg} must be optional, or stand further left`)
}

test('the registry is up to date', async () => {
  assert.deepEqual(await staleFiles(), [], 'run npm run registry')
})

test('names and docs of the registry agree', async () => {
  for (const { registry } of kinds) {
    const docs = await registry.loadDocs()
    for (const entry of registry.entries) {
      for (const name of entry.functions) assert.ok(docs[entry.name]?.functions[name], `${entry.name}.${name}`)
    }
  }
})

test('a module without docs is told what is missing', () => {
  const bare: FunctionDoc = { doc: 'no', args: { Bad: {} }, returns: {}, examples: ['run it'] }
  assert.equal(faultsOf('x.noGood', bare, /^salt /).length, 6)
})
