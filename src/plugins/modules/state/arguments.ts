/** What the functions of `state` take that run states. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { type Schema, s } from '../../../base/schema.ts'
import { didYouMean, nearest } from '../../../base/text.ts'
import type { MoreArguments } from '../../../engine/plugin.ts'

export const slsNames = s.union([s.string(), s.array(s.string())], 'SLS files, as a list or with commas')

/** In Salt's order, where it has one. */
export const runArguments = {
  test: s.optional(s.boolean('Only show what would be done')),
  exclude: s.optional(
    s.union(
      [s.string(), s.array(s.any())],
      'What to leave out: SLS files, or `{id: …}` and `{sls: …}`; wildcards count',
    ),
  ),
  queue: s.optional(
    s.union(
      [s.boolean(), s.integer()],
      'Wait until no other run of states is at work, instead of being refused; a number: only if at most so many are before',
    ),
  ),
  sync_mods: s.optional(
    s.union([s.string(), s.array(s.string())], 'Kinds of user plugins to fetch first: `modules`, `states` …, or `all`'),
  ),
  concurrent: s.optional(
    s.boolean('Run though another run of states is at work: only where they cannot hinder each other'),
  ),
  pillar: s.optional(s.any('Values that come over those of the pillar, as a mapping')),
  pillar_enc: s.optional(s.any('Not supported')),
  saltenv: s.optional(s.string('Environment of the SLS files')),
  pillarenv: s.optional(s.string('Environment of the pillar')),
  mock: s.optional(s.boolean('Say what would be called, and call nothing')),
  state_events: s.optional(s.boolean('Fire an event on the master for each state that has ended')),
  localconfig: s.optional(s.path('File whose options come over those of the configuration')),
} satisfies Record<string, Schema>

export interface GivenRun {
  readonly test?: boolean | undefined
  readonly exclude?: string | readonly unknown[] | undefined
  readonly queue?: boolean | number | undefined
  readonly sync_mods?: string | readonly string[] | undefined
  readonly concurrent?: boolean | undefined
  readonly pillar?: unknown
  readonly pillar_enc?: unknown
  readonly saltenv?: string | undefined
  readonly pillarenv?: string | undefined
  readonly mock?: boolean | undefined
  readonly state_events?: boolean | undefined
  readonly localconfig?: string | undefined
}

/** Those that Salt takes without a name in the signature, and that say nothing here. */
const ignored = [
  'cache',
  'orchestration_jid',
  'force',
  'initial_pillar',
  'metadata',
  'ret',
  'whitelist',
  'jid',
  'kwargs',
]

export const furtherArguments = s.any('Taken for the sake of Salt, and not used')

/**
 * The jid of the call, which is among the `__pub_…` values; undefined for a call from another function.
 * Throws `bad-arguments` for keywords that mean nothing: a mistyped `test=True` must not become a real run.
 */
export function jidOf({ extra }: MoreArguments): string | undefined {
  const unknown = Object.keys(extra).filter((key) => !key.startsWith('__') && !ignored.includes(key))
  if (unknown.length > 0) {
    const near = unknown.flatMap((key) => nearest(key, Object.keys(runArguments)))
    const list = unknown.map((key) => `${key}=${pythonString(extra[key])}`).join(', ')
    const advice = near.length === 0 ? '' : `.${didYouMean(near)}`
    throw new SaltError('bad-arguments', `The following keyword arguments are not valid: ${list}${advice}`)
  }
  const { __pub_jid: jid } = extra
  return typeof jid === 'string' && jid !== '' ? jid : undefined
}

/** Throws `bad-arguments` where it is none. */
export function pillarOf({ pillar, pillar_enc }: GivenRun): Readonly<Record<string, unknown>> | undefined {
  if (pillar_enc !== undefined && pillar_enc !== null) {
    throw new SaltError('bad-arguments', 'pillar_enc is not supported: what is given with pillar= is taken as it is.', {
      hint: 'Put encrypted values into the pillar of the master, where the renderer gpg reads them.',
    })
  }
  if (pillar === undefined || pillar === null) return undefined
  if (!isRecord(pillar)) {
    throw new SaltError(
      'bad-arguments',
      'Pillar data must be formatted as a dictionary, unless pillar_enc is specified.',
    )
  }
  return pillar
}
