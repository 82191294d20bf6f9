/** What the functions of `state` show that run nothing. */

import { matchGlob } from '../../../base/glob.ts'
import { anyEnvironment } from '../../files/any-environment.ts'
import type { FunctionContext } from '../../plugin.ts'
import type { Dict } from '../../render/values/dict.ts'
import { TopFiles } from '../top/top-files.ts'
import { gatherStates } from './compile.ts'
import type { CompileRequest } from './compiled.ts'
import { type SlsMatches, StateGatherer } from './gather.ts'
import { faultText, type StateFault } from './state-fault.ts'
import { verifyHigh } from './verify-high.ts'

/** Of what is shown nothing counts where there are errors. */
export interface Shown<T> {
  readonly value: T
  readonly errors: readonly string[]
}

/** The high data as SLS files have it, before anything is extended, with errors about its form, too. */
export async function shownHigh(ctx: FunctionContext, request: CompileRequest): Promise<Shown<Dict>> {
  const { high, faults, places } = await gatherStates(ctx, request)
  const found: StateFault[] = [...faults]
  verifyHigh(high, (sentence, body) => {
    found.push({ kind: 'form', sentence, place: body === undefined ? undefined : places.get(body) })
  })
  return { value: high, errors: found.map(faultText) }
}

/** What the top files say of this minion. */
export async function shownTop(ctx: FunctionContext, saltenv: string | undefined): Promise<Shown<SlsMatches>> {
  const { matches, faults } = await new TopFiles(ctx, new StateGatherer(ctx)).matches(saltenv)
  return { value: matches, errors: faults.map(faultText) }
}

/** Salt's keys. */
export interface EnvironmentUsage {
  readonly used: readonly string[]
  readonly unused: readonly string[]
  readonly count_all: number
  readonly count_used: number
  readonly count_unused: number
}

/** Which SLS files of each environment the top files name for this minion. */
export async function shownUsage(
  ctx: FunctionContext,
  saltenv: string | undefined,
): Promise<Shown<Readonly<Record<string, EnvironmentUsage>>>> {
  const gatherer = new StateGatherer(ctx)
  const { matches, faults } = await new TopFiles(ctx, gatherer).matches(saltenv)
  const usage: Record<string, EnvironmentUsage> = {}
  for (const one of await gatherer.files.environments()) {
    if (one === anyEnvironment) continue
    const all = await gatherer.files.available(one)
    const wanted = matches.get(one) ?? []
    const used = all.filter((sls) => wanted.some((pattern) => matchGlob(pattern, sls)))
    const unused = all.filter((sls) => !used.includes(sls))
    usage[one] = { used, unused, count_all: all.length, count_used: used.length, count_unused: unused.length }
  }
  return { value: usage, errors: faults.map(faultText) }
}
