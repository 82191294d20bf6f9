/** Which parts of a top file are for this minion. */
import type { SaltError } from '../../../base/errors.ts'
import type { FunctionContext } from '../../plugin.ts'
import type { Value } from '../../render/values/kinds.ts'
import { meantTargets } from '../../sls/top-target.ts'
import type { SlsMatches } from '../compile/gather.ts'
import { isMapping } from '../compile/high-data.ts'
import type { TopEnvironments } from './top-verify.ts'

export interface MatchOptions {
  /** Only what is for this environment. */
  readonly saltenv: string | undefined
  /** Environments that there are. */
  readonly known: ReadonlySet<string>
}

export function matchTop(ctx: FunctionContext, top: TopEnvironments, options: MatchOptions): SlsMatches {
  const matches = new Map<string, string[]>()
  for (const [saltenv, targets] of top) {
    if (options.saltenv !== undefined && options.saltenv !== saltenv) continue
    for (const [tgt, items] of targets) collect(ctx, matches, { saltenv, tgt, items }, options)
  }
  return matches
}

interface Section {
  readonly saltenv: string
  readonly tgt: string
  readonly items: readonly Value[]
}

function collect(ctx: FunctionContext, matches: Map<string, string[]>, section: Section, options: MatchOptions): void {
  const { saltenv, tgt, items } = section
  if (!isMeant(ctx, tgt, items)) return
  listIn(matches, saltenv)
  for (const item of items) {
    if (typeof item === 'string') listIn(matches, saltenv).push(item)
    if (!isMapping(item)) continue
    for (const [key, value] of item) {
      if (key === 'subfilter' && isMapping(value)) {
        for (const [inner, more] of value) {
          const listed = Array.isArray(more) ? more : [more]
          collect(ctx, matches, { saltenv, tgt: String(inner), items: listed }, options)
        }
      } else if (typeof key === 'string' && typeof value === 'string' && options.known.has(key)) {
        listIn(matches, key).push(value)
      }
    }
  }
}

function isMeant(ctx: FunctionContext, tgt: string, items: readonly Value[]): boolean {
  const { id, grains, pillar, config, log } = ctx
  const fail = (fault: SaltError): void =>
    log.error('A target of the top file cannot be used', { target: tgt, reason: fault.message })
  const matching = { nodegroups: config.get('nodegroups'), log, fail }
  return meantTargets([{ tgt, items }], { id, grains, pillar }, matching).length > 0
}

function listIn(matches: Map<string, string[]>, saltenv: string): string[] {
  let list = matches.get(saltenv)
  if (list === undefined) {
    list = []
    matches.set(saltenv, list)
  }
  return list
}
