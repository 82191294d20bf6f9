/** What every returner must have: docs, options that are described, and a refusal of what they cannot be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../../src/base/clock.ts'
import { SaltError } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import type { Schema } from '../../../../src/base/schema.ts'
import { Secret } from '../../../../src/base/secret.ts'
import { validate } from '../../../../src/base/validate.ts'
import type { Delivery, ReturnerContext, ReturnerDefinition } from '../../../../src/engine/returner.ts'
import { returnerOptions } from '../../../../src/engine/returners/returner-options.ts'
import { returnerRegistry } from '../../../../src/plugins/registry.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'

const sentence = /^[A-Z].*\.$/s
const kinds: readonly string[] = ['return', 'event', 'job'] satisfies readonly Delivery['kind'][]
/** Those that write to Salt itself, or to others of them. */
const within = new Set(['local_cache', 'master_bus', 'multi_returner'])
/** Words by which an option is seen to be for nobody's eyes. */
const secretName = /(?:^|_)(?:passwd|password|pass|secret|token|api_key)$/

for (const [name, load] of Object.entries(returnerRegistry)) {
  test(`returner ${name} is described`, async () => {
    assert.deepEqual(faultsOf(name, await load()), [])
  })

  test(`returner ${name} refuses options that it does not have`, async () => {
    const definition = await load()
    assert.throws(() => returnerOptions(definition, { kwargs: { hosst_: 'x' } }, { all: {} }), {
      code: 'bad-arguments',
    })
    const all = { [name]: { hosst_: 'x' } }
    assert.throws(() => returnerOptions(definition, {}, { all }), { code: 'configuration' })
  })

  test(`returner ${name} refuses values of another type`, async () => {
    const definition = await load()
    const entries = Object.entries(definition.options)
    const needed = entries.filter(([, schema]) => schema['x-optional'] !== true).map(([option]) => [option, 'x'])
    for (const [option] of entries) {
      const kwargs = { ...Object.fromEntries(needed), [option]: [{ 'never-show': [] }] }
      assert.throws(
        () => returnerOptions(definition, { kwargs }, { all: {} }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'bad-arguments', String(error))
          assert.doesNotMatch(error.message, /never-show/)
          return true
        },
      )
    }
  })

  test(`returner ${name} does not open with garbage`, {
    skip: within.has(name) && 'it needs nothing outside',
  }, async () => {
    const definition = await load()
    const options = garbageFor(definition)
    using folder = new ConfigFolder()
    await assert.rejects(
      async () => {
        const read = returnerOptions(definition, { kwargs: options }, { all: {} })
        await using returner = await definition.open(contextIn(folder), read as never)
        // What writes to a place on this host may find out only then.
        await returner.deliver([])
      },
      (error) => {
        assert.ok(error instanceof SaltError, `it rejects with ${String(error)}`)
        assert.notEqual(error.code, 'internal')
        assert.doesNotMatch(`${error.message} ${error.hint} ${error.stack}`, /never-show/)
        return true
      },
    )
  })
}

function faultsOf(name: string, definition: ReturnerDefinition): readonly string[] {
  const faults: string[] = []
  if (definition.name !== name || !/^[a-z][a-z0-9_]*$/.test(name)) faults.push(`its name is ${definition.name}`)
  if (!sentence.test(definition.doc)) faults.push('its doc must be a sentence, from a capital letter to a period')
  if (definition.examples.length === 0) faults.push('it needs an example')
  for (const example of definition.examples) {
    if (!example.includes(name)) faults.push(`the example must name it: ${example}`)
  }
  const { takes } = definition
  if (takes.length === 0 || new Set(takes).size !== takes.length || takes.some((kind) => !kinds.includes(kind))) {
    faults.push(`it takes ${takes.join(', ')}`)
  }
  for (const [option, schema] of Object.entries(definition.options)) faults.push(...optionFaults(option, schema))
  return faults
}

function optionFaults(option: string, schema: Schema): readonly string[] {
  const faults: string[] = []
  if (!/^[a-z][a-z0-9_]*$/.test(option)) faults.push('must be snake_case')
  if ((schema.description ?? '') === '') faults.push('needs a description')
  if (schema.default !== undefined && validate(schema, schema.default).issues.length > 0) {
    faults.push('has a default that does not fit its schema')
  }
  if (secretName.test(option) && schema.format !== 'secret') faults.push('must be a secret')
  return faults.map((fault) => `the option ${option} ${fault}`)
}

/** Of the right type, and of no use: nobody listens on the discard port, and the paths lead nowhere. */
function garbageFor({ options }: ReturnerDefinition): Record<string, unknown> {
  const entries = Object.entries(options).map(([option, schema]) => [option, garbage(option, schema)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function garbage(option: string, schema: Schema): unknown {
  if (schema.format === 'secret') return 'never-show'
  if (schema.format === 'path') return '/dev/null/nowhere'
  if (schema.format === 'seconds') return 1
  if (option === 'port') return 9
  if (schema.type === 'string' || schema.anyOf?.some(({ type }) => type === 'string')) return `\${ garbage\n`
  return undefined
}

function contextIn(folder: ConfigFolder): ReturnerContext {
  const config: Readonly<Record<string, unknown>> = { cachedir: folder.path }
  return {
    id: 'web1',
    role: 'minion',
    config: { get: (name) => config[name], all: config },
    log: silentLog,
    clock: systemClock,
    signal: new AbortController().signal,
    fireMaster: async () => {
      throw new SaltError('bad-arguments', 'no such tag')
    },
  }
}

test('a secret stays one on its way to a returner', () => {
  const schema = { type: 'string', format: 'secret' } as const
  const definition = { name: 'any', options: { password: schema } }
  const read = returnerOptions(definition, { kwargs: { password: 'hidden' } }, { all: {} })
  assert.ok(read.password instanceof Secret)
})
