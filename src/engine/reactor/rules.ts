/** Which events cause reactions: the option `reactor`, a list of tag patterns with what to do (Salt's shape). */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { compileTagMatcher, type TagMatcher } from '../../bus/tag-match.ts'
import { reactionsOf } from './reactions.ts'

export interface ReactorRule {
  /** Pattern of tags, as in the shell; `*` goes over slashes. */
  readonly tag: string
  /** Paths of reaction files (`/srv/reactor/x.sls`, `salt://reactor/x.sls`), or reactions themselves. */
  readonly sources: readonly ReactorSource[]
}

export type ReactorSource = string | Readonly<Record<string, unknown>>

/** Where inline reactions stand. */
export const inlinePlace = 'the option reactor'

type WhereOption = (path: readonly (string | number)[]) => string | undefined

const hint = "Write a list:  reactor: [{'salt/minion/*/start': [/srv/reactor/start.sls]}]"

/** Throws `configuration` with the place for what is no rule. */
export function reactorRules(value: unknown, where: WhereOption = () => undefined): readonly ReactorRule[] {
  if (value === null || value === undefined) return []
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item, index) => {
    if (!isRecord(item))
      throw fault(`item ${index + 1} of reactor is no mapping of a tag to its reactions`, where(['reactor', index]))
    return Object.entries(item).map(([tag, sources]) => reactorRule(tag, sources, where(['reactor', index, tag])))
  })
}

/** One rule. Throws `configuration`. */
export function reactorRule(tag: string, given: unknown, where?: string): ReactorRule {
  if (tag === '') throw fault('a rule of the reactor has no tag', where)
  const sources = (Array.isArray(given) ? given : [given]).map((source: unknown): ReactorSource => {
    if (typeof source === 'string' && (source.startsWith('/') || source.startsWith('salt://'))) return source
    if (isRecord(source) && Object.keys(source).length > 0) {
      checkInline(source, where)
      return source
    }
    const shown = typeof source === 'string' ? `'${source}'` : 'one of its reactions'
    throw fault(
      `the rule '${tag}' of the reactor: ${shown} is neither a whole path, nor salt://…, nor a reaction`,
      where,
    )
  })
  return { tag, sources }
}

/** What can be wrong with inline reactions before there is an event. */
function checkInline(source: Readonly<Record<string, unknown>>, where = inlinePlace): void {
  reactionsOf(source, () => where)
}

/** Rules that are looked up by the tags of events. */
export class ReactorRules {
  readonly #rules: readonly (ReactorRule & { readonly matches: TagMatcher })[]

  constructor(rules: readonly ReactorRule[]) {
    this.#rules = rules.map((rule) => ({ ...rule, matches: compileTagMatcher(rule.tag, 'fnmatch') }))
  }

  get list(): readonly ReactorRule[] {
    return this.#rules
  }

  /** Asked of each event of the bus. */
  matches(tag: string): boolean {
    return this.#rules.some(({ matches }) => matches(tag))
  }

  matching(tag: string): readonly ReactorRule[] {
    return this.#rules.filter(({ matches }) => matches(tag))
  }
}

function fault(message: string, where: string | undefined): SaltError {
  return new SaltError('configuration', message, { ...(where === undefined ? {} : { where }), hint })
}
