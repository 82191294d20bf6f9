/** Runs the JSON files below `test/cases/compile`: SLS files with what they come to. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { toJson } from '../../../../src/base/json.ts'
import { toPlain } from '../../../../src/engine/render/values/plain.ts'
import type { LowChunk } from '../../../../src/engine/state/low-chunk.ts'
import { lowRecord } from '../../../../src/engine/state/low-record.ts'
import { CompileHost } from '../../../support/compile-host.ts'

interface CompileCase {
  readonly name: string
  /** Path → text below the root of `base`. */
  readonly files?: Readonly<Record<string, string>>
  /** Environment → path → text, for other environments. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly grains?: Readonly<Record<string, unknown>>
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  /** Left out: the top files are asked. */
  readonly sls?: readonly string[]
  readonly saltenv?: string
  readonly exclude?: readonly unknown[]
  readonly given?: unknown
  /** `state.fun id`, and `= name` where that is another one, in the order of running; behind it what it depends on. */
  readonly run?: readonly string[]
  /** Whole calls, as Salt shows them. */
  readonly low?: readonly unknown[]
  readonly high?: unknown
  readonly errors?: readonly string[]
  /** Regular expressions for errors whose whole text matters less. */
  readonly errorsMatch?: readonly string[]
  readonly warnings?: readonly string[]
  readonly matches?: Readonly<Record<string, readonly string[]>>
  /** Id → `file:line` */
  readonly places?: Readonly<Record<string, string>>
}

const casesFolder = new URL('../../../cases/compile/', import.meta.url)

for (const file of readdirSync(casesFolder).sort()) {
  const cases: readonly CompileCase[] = JSON.parse(readFileSync(new URL(file, casesFolder), 'utf8'))
  describe(file, () => {
    for (const one of cases) test(one.name, () => check(one))
  })
}

async function check(one: CompileCase): Promise<void> {
  const { files = {}, environments = {}, grains = {}, pillar = {}, config = {} } = one
  using host = new CompileHost({ environments: { base: files, ...environments }, grains, pillar, config })
  const { sls, saltenv, exclude, given } = one
  const compiled = await host.compile({
    ...(sls === undefined ? {} : { sls }),
    ...(saltenv === undefined ? {} : { saltenv }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(given === undefined ? {} : { high: given }),
  })
  const { high, chunks, errors, matches } = compiled
  if (one.errorsMatch === undefined) assert.deepEqual(errors, one.errors ?? [])
  else {
    assert.equal(errors.length, one.errorsMatch.length, errors.join('\n'))
    for (const [index, wanted] of one.errorsMatch.entries()) assert.match(errors[index] ?? '', new RegExp(wanted, 's'))
  }
  if (one.run !== undefined) assert.deepEqual(chunks.map(shown), one.run)
  if (one.low !== undefined) assert.deepEqual(JSON.parse(toJson(chunks.map(lowRecord))), one.low)
  if (one.high !== undefined) assert.deepEqual(JSON.parse(toJson(toPlain(high))), one.high)
  if (one.matches !== undefined) assert.deepEqual(Object.fromEntries(matches ?? []), one.matches)
  const warnings = host.functions.logged.filter(({ level }) => level === 'warning').map(({ message }) => message)
  if (one.warnings !== undefined) assert.deepEqual(warnings, one.warnings)
  for (const [id, place] of Object.entries(one.places ?? {})) {
    const found = chunks.find((chunk) => chunk.id === id)?.place
    assert.equal(`${found?.file}:${found?.line}`, place, id)
  }
}

function shown({ state, fun, id, name, requisites }: LowChunk): string {
  const bonds = requisites.map(({ kind, state: family, id: target }) => `${kind} ${family ?? ''}:${target}`)
  return [`${state}.${fun} ${id}${name === id ? '' : ` = ${name}`}`, ...bonds].join('; ')
}
