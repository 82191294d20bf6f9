/** What every state must have. `npm run new state NAME` starts with what is missing here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Schema } from '../../../src/base/schema.ts'
import { coerceArgument, validate } from '../../../src/base/validate.ts'
import type { FunctionDoc } from '../../../src/engine/plugin.ts'
import { stateRegistry } from '../../../src/plugins/registry.ts'
import { stateUses } from '../../support/state-examples.ts'

const sentence = /^[A-Z].*\.$/s

for (const entry of stateRegistry.entries) {
  test(`state ${entry.name}`, async () => {
    const definition = await entry.load()
    const faults: string[] = []
    if (!sentence.test(definition.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
    for (const [name, fun] of Object.entries(definition.functions)) {
      faults.push(...faultsOf(`${entry.name}.${name}`, fun).map((fault) => `${name}: ${fault}`))
    }
    assert.deepEqual(faults, [])
  })
}

function faultsOf(name: string, fun: FunctionDoc): string[] {
  const faults: string[] = []
  if (!/\.[a-z][a-z0-9_]*$/.test(name)) faults.push('its name must be snake_case')
  if (!sentence.test(fun.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
  const [first] = Object.keys(fun.args)
  if (first !== 'name') faults.push('its first argument must be name')
  for (const [arg, schema] of Object.entries(fun.args)) {
    if (!/^[a-z][a-z0-9_]*$/.test(arg)) faults.push(`the argument ${arg} must be snake_case`)
    faults.push(...describedFaults(`the argument ${arg}`, schema))
    if (schema.default !== undefined && validate(schema, schema.default).issues.length > 0) {
      faults.push(`the default of ${arg} does not fit its schema`)
    }
  }
  if (fun.rest !== undefined) faults.push('a state has no arguments without names')
  if (fun.extra !== undefined) faults.push(...describedFaults('extra', fun.extra))
  if (fun.examples.length === 0) faults.push('it needs an example')
  return [...faults, ...fun.examples.flatMap((example) => exampleFaults(name, fun, example))]
}

function describedFaults(what: string, { description = '' }: Schema): string[] {
  return description === '' ? [`${what} needs a description`] : []
}

/** What is written in an example must be what the state takes. */
function exampleFaults(name: string, fun: FunctionDoc, example: string): string[] {
  let uses: ReturnType<typeof stateUses>
  try {
    uses = stateUses(example)
  } catch (error) {
    return [`the example is no state file: ${error instanceof Error ? error.message : error}\n${example}`]
  }
  const own = uses.filter((use) => use.name === name)
  if (own.length === 0) return [`the example must use ${name}:\n${example}`]
  return own.flatMap(({ args }) => {
    const unknown = fun.extra === undefined ? Object.keys(args).filter((arg) => !Object.hasOwn(fun.args, arg)) : []
    const missing = Object.entries(fun.args).filter(
      ([arg, schema]) => schema['x-optional'] !== true && !Object.hasOwn(args, arg),
    )
    const wrong = Object.entries(args).flatMap(([arg, value]) => {
      const schema = Object.hasOwn(fun.args, arg) ? fun.args[arg] : undefined
      return schema === undefined ? [] : coerceArgument(schema, value).issues.map(({ message }) => `${arg} ${message}`)
    })
    return [
      ...unknown.map((arg) => `the example has ${arg}, which it does not take:\n${example}`),
      ...missing.map(([arg]) => `the example lacks ${arg}:\n${example}`),
      ...wrong.map((what) => `in the example ${what}:\n${example}`),
    ]
  })
}

test('names and docs of the registry agree', async () => {
  const docs = await stateRegistry.loadDocs()
  for (const entry of stateRegistry.entries) {
    for (const name of entry.functions) assert.ok(docs[entry.name]?.functions[name], `${entry.name}.${name}`)
  }
})

test('a state without docs is told what is missing', () => {
  const bare: FunctionDoc = { doc: 'no', args: { Bad: {} }, returns: {}, examples: ['x: [', 'a:\n  test.nop'] }
  assert.equal(faultsOf('x.noGood', bare).length, 7)
  const good: FunctionDoc = {
    doc: 'Do it.',
    args: { name: { type: 'string', description: 'It' }, size: { type: 'integer', description: 'Large' } },
    returns: {},
    examples: ['a:\n  x.good:\n    - size: large\n    - sise: 3'],
  }
  const faults = faultsOf('x.good', good).map((fault) => fault.split(':')[0])
  assert.deepEqual(faults, [
    'the example has sise, which it does not take',
    "in the example size must be an integer, not 'large'",
  ])
})
