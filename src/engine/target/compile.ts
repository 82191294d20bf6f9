/** Targets to matchers: the one way by which anything decides whether a minion is meant. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { didYouMean, nearest, quoted } from '../../base/text.ts'
import { compileCompound } from './compound.ts'
import { compileDataMatch, type DataMatchKind } from './data-match.ts'
import { compileGlob } from './glob.ts'
import { compileIpNetwork } from './ip-network.ts'
import { compoundEngines, type Matcher, type TargetMinion, type TargetType, targetTypes } from './matcher.ts'
import { nodegroupWords } from './nodegroup.ts'
import { expandRange } from './range.ts'
import { compileRegex } from './regex.ts'

export interface TargetOptions {
  /** `nodegroups` of the master's configuration. */
  readonly nodegroups?: unknown
  /** Between the levels of a grain or pillar expression; default `:`. */
  readonly delimiter?: string
  /** Pillar values must equal the pattern: what a peer may ask for. */
  readonly pillarExact?: boolean
}

type Compile = (tgt: string, options: TargetOptions) => Matcher

const compilers: Readonly<Record<Exclude<TargetType, 'list' | 'compound' | 'compound_pillar_exact'>, Compile>> = {
  glob: compileGlobTarget,
  pcre: (tgt) => {
    const regex = compileRegex(tgt)
    return byId((id) => regex.matches(id))
  },
  grain: (tgt, options) => byGrains(tgt, 'glob', options),
  grain_pcre: (tgt, options) => byGrains(tgt, 'pcre', options),
  pillar: (tgt, options) => byPillar(tgt, 'glob', options),
  pillar_pcre: (tgt, options) => byPillar(tgt, 'pcre', options),
  pillar_exact: (tgt, options) => byPillar(tgt, 'exact', options),
  nodegroup: (tgt, options) => compileWords(nodegroupWords(tgt, options.nodegroups), options),
  range: (tgt) => byList([...expandRange(tgt)]),
  ipcidr: compileIpTarget,
}

/**
 * Compiles a target once; the matcher then runs on any number of minions.
 *
 * `tgtType` as in a job's `tgt_type`; names that start with `node` mean `nodegroup`. Throws `bad-target` with the position of
 * the fault for anything that Salt would quietly match with nothing.
 */
export function compileTarget(tgt: unknown, tgtType = 'glob', options: TargetOptions = {}): Matcher {
  const type = targetType(tgtType)
  if (type === 'list') return byList(listedIds(tgt))
  if (type === 'compound' || type === 'compound_pillar_exact') {
    const exact = type === 'compound' ? options : { ...options, pillarExact: true }
    return compileWords(typeof tgt === 'string' ? tgt : listedWords(tgt, type), exact)
  }
  if (typeof tgt !== 'string') throw new SaltError('bad-target', `a target of the type ${type} must be text`)
  return compilers[type](tgt, options)
}

/** Throws `bad-target` with near names for an unknown type. */
function targetType(name: string): TargetType {
  const lower = name.toLowerCase()
  const known = targetTypes.find((type) => type === lower)
  if (known) return known
  if (lower.startsWith('node')) return 'nodegroup'
  throw new SaltError('bad-target', `there is no target type ${quoted(name)}`, {
    hint: `${didYouMean(nearest(lower, targetTypes))} The types are ${targetTypes.join(', ')}.`.trimStart(),
  })
}

function compileWords(words: string | readonly string[], options: TargetOptions): Matcher {
  return compileCompound(words, (engine, pattern, delimiter) => {
    if (engine === 'N') return { words: nodegroupWords(pattern, options.nodegroups) }
    const type = engine === undefined ? 'glob' : compoundEngines[engine]
    return compileTarget(pattern, type, delimiter === undefined ? withoutDelimiter(options) : { ...options, delimiter })
  })
}

/** The delimiter of a job belongs to its own target; inside a compound each atom brings its own. */
function withoutDelimiter(options: TargetOptions): TargetOptions {
  const { delimiter: _, ...rest } = options
  return rest
}

function byId(matchesId: (id: string) => boolean, ids?: readonly string[]): Matcher {
  const base = { matches: (minion: TargetMinion) => matchesId(minion.id), minionsOnlyById: true, usesPillar: false }
  return ids === undefined ? base : { ...base, ids }
}

function byList(ids: readonly string[]): Matcher {
  const set = new Set(ids)
  return byId((id) => set.has(id), [...set])
}

function compileGlobTarget(tgt: string): Matcher {
  const glob = compileGlob(tgt)
  return byId((id) => glob.matches(id), glob.hasWildcard ? undefined : [tgt])
}

function byGrains(tgt: string, kind: DataMatchKind, { delimiter }: TargetOptions): Matcher {
  const match = compileDataMatch(tgt, kind, delimiter)
  return { matches: ({ grains }) => grains !== undefined && match(grains), minionsOnlyById: false, usesPillar: false }
}

function byPillar(tgt: string, kind: DataMatchKind, { delimiter, pillarExact }: TargetOptions): Matcher {
  const match = compileDataMatch(tgt, pillarExact ? 'exact' : kind, delimiter)
  return { matches: ({ pillar }) => pillar !== undefined && match(pillar), minionsOnlyById: false, usesPillar: true }
}

function compileIpTarget(tgt: string): Matcher {
  const network = compileIpNetwork(tgt)
  const grain = network.version === 4 ? 'ipv4' : 'ipv6'
  return {
    matches: ({ grains, ip }) => {
      const listed = grains?.[grain]
      const addresses: readonly unknown[] = Array.isArray(listed) ? listed : [listed ?? ip]
      return addresses.some((address) => typeof address === 'string' && network.contains(address))
    },
    minionsOnlyById: false,
    usesPillar: false,
  }
}

/** `a,b` or `a b` or a list. Empty parts do not count; one that has nothing else is refused, as an empty target is. */
function listedIds(tgt: unknown): string[] {
  const parts = typeof tgt === 'string' ? tgt.split(tgt.includes(',') ? ',' : /\s+/) : listedWords(tgt, 'list')
  const ids = parts.map((part) => part.trim()).filter((part) => part !== '')
  if (ids.length > 0) return ids
  throw new SaltError('bad-target', 'the list names no minion', { hint: 'Names with commas between them: web1,web2' })
}

function listedWords(tgt: unknown, type: string): string[] {
  if (Array.isArray(tgt) && tgt.every((item) => typeof item === 'string')) return tgt
  const kind = isRecord(tgt) ? 'a mapping' : tgt === null ? 'empty' : `a ${typeof tgt}`
  throw new SaltError('bad-target', `a target of the type ${type} must be text or a list of texts, and is ${kind}`)
}
