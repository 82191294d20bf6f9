/**
 * Which functions on which minions a list of rules permits: what stands below one name in `peer`, `publisher_acl` and every
 * other list of that form.
 *
 * ```yaml
 * - test.ping                  # on any minion
 * - 'G@role:db':               # compound target that must hold every minion of the job
 *     - pkg.version
 *     - service.restart: {args: [nginx]}
 * ```
 * A mapping of targets may stand in place of the list. One rule must permit a function with its arguments on all targets; every
 * function of a job must be permitted.
 */
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { compileTarget } from '../target/compile.ts'
import { allow, type Decision, refuse } from './decision.ts'
import { compileFunctionRules, type FunctionCall, type FunctionRule, findRule } from './function-rules.ts'
import type { PolicyPath } from './policy-path.ts'

/** What a job is aimed at. */
export interface JobTarget {
  /** Ids that the job's target means. Not read before the asker may do anything at all: to find them takes time. */
  readonly targets: readonly string[]
  /** The ids that the target means when pillar values must be equal; give it for a peer's target that looks at pillar. */
  readonly exactTargets?: readonly string[] | undefined
  /** Ids that a compound target of a rule means now. */
  matches(compound: string): Iterable<string>
}

/** Rules for any minion, or for the minions of one compound target. */
export interface Scope {
  readonly target: string | undefined
  readonly rules: readonly FunctionRule[]
}

/** Whom a decision is about, for its words. */
export interface Asker {
  readonly name: string
  /** `peer` */
  readonly policy: string
}

/** Throws `configuration` with the path for anything that Salt would quietly ignore. */
export function compileScopes(config: unknown, path: PolicyPath): Scope[] {
  if (config === null || config === undefined) return []
  if (isRecord(config))
    return Object.entries(config).map(([target, rules]) => compileScope(target, rules, path.key(target)))
  const entries = Array.isArray(config) ? config : [config]
  return entries.map((entry, index) => compileEntry(entry, Array.isArray(config) ? path.item(index) : path))
}

/** One item of the list. */
export function compileEntry(entry: unknown, path: PolicyPath): Scope {
  if (!isRecord(entry)) return { target: undefined, rules: compileFunctionRules(entry, path) }
  const [only, ...more] = Object.entries(entry)
  if (!only || more.length > 0) {
    throw path.fault(
      `a mapping in this list has exactly one key, the target, and this one has ${Object.keys(entry).length}`,
      'Write one list item per target.',
    )
  }
  return compileScope(only[0], only[1], path.key(only[0]))
}

function compileScope(target: string, config: unknown, path: PolicyPath): Scope {
  try {
    compileUnlessGroup(target)
  } catch (thrown) {
    throw path.fault(asSaltError(thrown).message)
  }
  const looksLikeLimits = isRecord(config) && Object.keys(config).some((name) => name === 'args' || name === 'kwargs')
  if (looksLikeLimits) {
    throw path.fault(
      'args and kwargs limit a function, but this key is read as a target',
      `Put the target above it: '*': [ ${JSON.stringify(target)}: {args: …} ]`,
    )
  }
  if (config === null || config === undefined)
    throw path.fault('the functions that are permitted on this target are missing')
  return { target, rules: compileFunctionRules(config, path) }
}

/** Nodegroups are known to the caller only; a target that names one is checked when it is used. */
function compileUnlessGroup(target: string): void {
  if (!/(?:^|[\s(])N@/.test(target)) compileTarget(target, 'compound')
}

/** Allowed when every call is; the first refusal counts. */
export function allOf(calls: readonly FunctionCall[], decide: (call: FunctionCall) => Decision): Decision {
  const rules: string[] = []
  const places: string[] = []
  for (const call of calls) {
    const decision = decide(call)
    if (!decision.allowed) return decision
    if (decision.rule !== undefined && !rules.includes(decision.rule)) rules.push(decision.rule)
    if (decision.where !== undefined && !places.includes(decision.where)) places.push(decision.where)
  }
  const where = places.length === 0 ? {} : { where: places.join(' and ') }
  return { ...allow(rules.join(' and ')), ...where }
}

/** Whether the rules permit one function, with its arguments, on all targets. */
export function judgeCall(scopes: readonly Scope[], call: FunctionCall, job: JobTarget, asker: Asker): Decision {
  const { fun } = call
  let elsewhere: Decision | undefined
  let otherwise: Decision | undefined
  for (const { target, rules } of scopes) {
    const named = rules.find((rule) => rule.allowsFunction(fun))
    if (!named) continue
    const outside = reasonOutside(target, job)
    const rule = findRule(rules, call)
    if (rule && outside === undefined) return allow(rule.place)
    const permits = `${(rule ?? named).place} permits ${fun} to ${asker.name}`
    if (outside === undefined) otherwise ??= refuse(`${permits} with other arguments only`)
    else elsewhere ??= refuse(job.targets.length === 0 ? outside : `${permits} ${outside}`)
  }
  const near = otherwise ?? elsewhere
  if (near !== undefined) return { ...near, tellsTargets: true }
  return refuse(`no entry of ${asker.policy} permits ${fun} to ${asker.name}`)
}

/** Undefined when every minion of the job lies within the target of the rule. */
function reasonOutside(target: string | undefined, job: JobTarget): string | undefined {
  if (target === undefined) return undefined
  // A job that means nobody lies within any target, but that proves nothing: it is no permission.
  if (job.targets.length === 0) return 'no minion matches the target'
  const permitted = new Set(job.matches(target))
  const outside = job.targets.find((id) => !permitted.has(id))
  return outside === undefined ? undefined : `on ${target} only, which ${outside} is not part of`
}

/** The functions of a job, each with its own arguments. */
export function callsOf(fun: string | readonly string[], arg: readonly unknown[]): FunctionCall[] {
  if (typeof fun === 'string') return [{ fun, arg }]
  return fun.map((name, index) => {
    const own = arg[index]
    // As `callFunction` reads them.
    return { fun: name, arg: Array.isArray(own) ? own : [] }
  })
}
