/** Which parts of a top file are for this minion. */
import { SaltError } from '../../base/errors.ts'
import type { FunctionContext } from '../plugin.ts'
import type { Value } from '../render/values/kinds.ts'
import { repr } from '../render/values/print.ts'
import { compileTarget } from '../target/compile.ts'
import { matchesInTime } from '../target/match-time.ts'
import type { Matcher, TargetType } from '../target/matcher.ts'
import type { SlsMatches } from './gather.ts'
import { isMapping } from './high-data.ts'
import type { TopEnvironments } from './top-verify.ts'

export interface MatchOptions {
  /** Only what is for this environment. */
  readonly saltenv: string | undefined
  /** Environments that there are. */
  readonly known: ReadonlySet<string>
}

/** What `match` may say, with the target type it stands for. */
const typesByMatch: Readonly<Record<string, TargetType>> = {
  compound: 'compound',
  glob: 'glob',
  grain: 'grain',
  grain_pcre: 'grain_pcre',
  ipcidr: 'ipcidr',
  list: 'list',
  nodegroup: 'nodegroup',
  pcre: 'pcre',
  pillar: 'pillar',
  pillar_exact: 'pillar_exact',
  pillar_pcre: 'pillar_pcre',
  range: 'range',
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
  try {
    const { matcher, type } = compileTopTarget(tgt, items, config.get('nodegroups'))
    return matchesInTime(matcher, type, { id, grains, pillar })
  } catch (error) {
    // One bad target must not keep all others from their states.
    if (!(error instanceof SaltError) || error.code !== 'bad-target') throw error
    log.error('A target of the top file cannot be used', { target: tgt, reason: error.message })
    return false
  }
}

/** A target with what stands below it, where `match` says of what kind it is. Throws `bad-target`. */
export function compileTopTarget(
  tgt: string,
  items: readonly Value[],
  nodegroups: unknown,
): { readonly matcher: Matcher; readonly type: TargetType } {
  const words = items.map((item) => (isMapping(item) ? item.get('match') : undefined))
  const word = words.findLast((one) => one !== undefined) ?? 'compound'
  const type = typeof word === 'string' && Object.hasOwn(typesByMatch, word) ? typesByMatch[word] : undefined
  if (type === undefined) throw new SaltError('bad-target', `there is no match ${repr(word)}`)
  return { matcher: compileTarget(tgt, type, { nodegroups: nodegroups ?? {} }), type }
}

function listIn(matches: Map<string, string[]>, saltenv: string): string[] {
  let list = matches.get(saltenv)
  if (list === undefined) {
    list = []
    matches.set(saltenv, list)
  }
  return list
}
