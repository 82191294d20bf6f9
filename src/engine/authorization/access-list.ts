/**
 * What names may do: a mapping from users or groups to lists of rules, as in `publisher_acl` and below every method of
 * external authentication.
 *
 * ```yaml
 * fred:                       # name, glob, or regular expression for the whole name
 *   - test.*
 *   - 'web*': [pkg.version]   # on these minions only; see target-rules.ts
 *   - '@runner'               # see management-rules.ts
 * ops%:                       # members of a group
 *   - .*
 * ```
 * The rules of all keys that match count.
 */
import { isRecord } from '../../base/narrow.ts'
import { type Decision, refuse } from './decision.ts'
import { isFunctionName } from './function-rules.ts'
import {
  compileManagementRule,
  judgeManagement,
  type ManagementAction,
  type ManagementRule,
} from './management-rules.ts'
import { compileName, type NamePattern } from './names.ts'
import { kindOf, type PolicyPath } from './policy-path.ts'
import { allOf, callsOf, compileEntry, compileScopes, type JobTarget, judgeCall, type Scope } from './target-rules.ts'

export interface AccessRequest {
  readonly name: string
  readonly groups: readonly string[]
  readonly action: 'publish' | ManagementAction
  readonly fun: string | readonly string[]
  /** Arguments of the one function, or one list for each. */
  readonly arg: readonly unknown[]
  /** Absent for what is not aimed at minions. */
  readonly job?: JobTarget
}

/** A key of the list. */
export interface Holder {
  readonly pattern: NamePattern
  readonly isGroup: boolean
  readonly place: PolicyPath
}

interface Entry extends Holder {
  readonly scopes: readonly Scope[]
  readonly management: readonly ManagementRule[]
}

const nobody: JobTarget = { targets: [], matches: () => [] }

export class AccessList {
  readonly #entries: readonly Entry[]
  /** `publisher_acl` */
  readonly #policy: string

  /** Throws `configuration` with the path. */
  constructor(config: unknown, path: PolicyPath) {
    this.#policy = String(path)
    this.#entries = compile(config, path)
  }

  get isOn(): boolean {
    return this.#entries.length > 0
  }

  get holders(): readonly Holder[] {
    return this.#entries
  }

  authorize(request: AccessRequest): Decision {
    const { name, action } = request
    const calls = callsOf(request.fun, request.arg)
    if (calls.length === 0) return refuse('no function is named')
    const malformed = calls.find(({ fun }) => !isFunctionName(fun))
    if (malformed) return refuse(`${JSON.stringify(malformed.fun)} is not the name of a function`)
    const entries = this.#of(name, request.groups)
    if (entries.length === 0) return refuse(`no entry of ${this.#policy} permits anything to ${name}`)
    const asker = { name, policy: this.#policy }
    if (action === 'publish') {
      const scopes = entries.flatMap((entry) => entry.scopes)
      return allOf(calls, (call) => judgeCall(scopes, call, request.job ?? nobody, asker))
    }
    const management = entries.flatMap((entry) => entry.management)
    return allOf(calls, (call) => judgeManagement(management, action, call, asker))
  }

  /** The compound targets on which the name may do something, or `any` when a rule has none. */
  reach(name: string, groups: readonly string[]): 'any' | readonly string[] {
    const targets = this.#of(name, groups).flatMap(({ scopes }) => scopes.map(({ target }) => target))
    const named = targets.filter((target) => target !== undefined)
    return named.length < targets.length ? 'any' : named
  }

  #of(name: string, groups: readonly string[]): readonly Entry[] {
    return this.#entries.filter(({ pattern, isGroup }) =>
      isGroup ? groups.some((group) => pattern.matches(group)) : pattern.matches(name),
    )
  }
}

function compile(config: unknown, path: PolicyPath): Entry[] {
  if (config === null || config === undefined) return []
  if (!isRecord(config)) throw path.fault(`a mapping from users to what they may do is expected, not ${kindOf(config)}`)
  return Object.entries(config).map(([key, rules]) => {
    const place = path.key(key)
    const isGroup = key.endsWith('%')
    return {
      pattern: compileName(isGroup ? key.slice(0, -1) : key, place),
      isGroup,
      place,
      ...compileRules(rules, place),
    }
  })
}

function compileRules(config: unknown, path: PolicyPath): Pick<Entry, 'scopes' | 'management'> {
  if (!Array.isArray(config)) {
    const alone = compileManagementRule(config, path)
    return alone === undefined
      ? { scopes: compileScopes(config, path), management: [] }
      : { scopes: [], management: [alone] }
  }
  const scopes: Scope[] = []
  const management: ManagementRule[] = []
  for (const [index, item] of config.entries()) {
    const place = path.item(index)
    const rule = compileManagementRule(item, place)
    if (rule === undefined) scopes.push(compileEntry(item, place))
    else management.push(rule)
  }
  return { scopes, management }
}
