/** The reference's recordings of what cannot be compiled, and of calls, where they are at hand. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createFunctionContext } from '../../../../src/engine/functions/context.ts'
import { compileStates } from '../../../../src/engine/state/compile.ts'
import { lowRecord } from '../../../../src/engine/state/low-record.ts'
import { ConfigFolder } from '../../../support/config-folder.ts'
import { FunctionHost } from '../../../support/function-host.ts'

const folder = process.env.GOLDEN_RECORDINGS ?? '/work/shared/golden'
const skip = existsSync(`${folder}/state.json`) ? false : 'the recordings are not here'

interface Recording {
  readonly name: string
  readonly stdout: string
}

function recorded(name: string): readonly unknown[] {
  const all: readonly Recording[] = JSON.parse(readFileSync(`${folder}/state.json`, 'utf8'))
  const found = all.find((one) => one.name === name)
  assert.ok(found, name)
  return JSON.parse(found.stdout).alpha
}

async function compile(sls: string) {
  using cache = new ConfigFolder()
  const config = { id: 'alpha', cachedir: cache.path, file_roots: { base: [`${folder}/states`] } }
  const host = new FunctionHost({ grains: { id: 'alpha', role: 'web' }, config })
  return await compileStates(createFunctionContext(host.inputs).context, { sls: [sls] })
}

for (const [name, sls] of [
  ['20-badjinja-json', 'gold.badjinja'],
  ['20-badyaml-json', 'gold.badyaml'],
  ['20-dup-json', 'gold.dup'],
  ['20-recursive-json', 'gold.recursive'],
] as const) {
  test(`${name}: what is recorded comes first, then the place`, { skip }, async () => {
    const { errors } = await compile(sls)
    const [wanted] = recorded(name)
    assert.equal(errors.length, 1)
    const [error = ''] = errors
    assert.equal(error.slice(0, String(wanted).length), wanted)
    assert.match(error, new RegExp(`\\n {2}at gold/${sls.slice(5)}\\.sls:\\d+:\\d+$`))
  })
}

test('20-nosuchsls: an SLS file that is not there', { skip }, async () => {
  const { errors } = await compile('gold.nosuchsls')
  assert.deepEqual(errors, ["No matching sls found for 'gold.nosuchsls' in env 'base'"])
})

test('26-show-low: calls as they are shown', { skip }, async () => {
  const { chunks, errors } = await compile('gold.jinja')
  assert.deepEqual(errors, [])
  assert.equal(JSON.stringify(chunks.map(lowRecord)), JSON.stringify(recorded('26-show-low')))
})

test('10-reqs: states are run in the order that is recorded', { skip }, async () => {
  const { chunks } = await compile('gold.reqs')
  const all: readonly Recording[] = JSON.parse(readFileSync(`${folder}/state.json`, 'utf8'))
  const { stdout } = all.find(({ name }) => name === '10-reqs-json') ?? { stdout: '{"alpha":{}}' }
  const returns: Record<string, { __run_num__: number; __id__: string }> = JSON.parse(stdout).alpha
  const wanted = Object.values(returns)
    .filter(({ __id__: id }) => !id.startsWith('listener_'))
    .sort((a, b) => a.__run_num__ - b.__run_num__)
  assert.deepEqual(
    chunks.map(({ id }) => id),
    wanted.map(({ __id__: id }) => id),
  )
})
