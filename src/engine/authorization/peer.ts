/**
 * Which minion may publish which job to which minions: the master's `peer`.
 *
 * ```yaml
 * peer:
 *   web.*:                       # expression for the whole id of the sender
 *     - test.ping                # on any minion
 *     - 'G@role:db':             # compound target that must hold every minion of the job
 *         - pkg.version
 *         - service.restart: {args: [nginx]}
 *   db.*:                        # the same target layer as a mapping
 *     'web*': [test.*]
 * ```
 * The rules of all keys that match the sender count. One rule must permit a function with its arguments on all targets; every
 * function of a job must be permitted. Publishing functions are refused, so that no loop can be built.
 */
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { compileTarget } from '../target/compile.ts'
import type { Regex } from '../target/regex.ts'
import { allow, type Decision, refuse } from './decision.ts'
import {
  compileFunctionRules,
  type FunctionCall,
  type FunctionRule,
  findRule,
  isFunctionName,
} from './function-rules.ts'
import { kindOf, PolicyPath, type WherePath } from './policy-path.ts'

export interface PeerRequest {
  /** Id of the sender, as its session proved it. */
  readonly from: string
  readonly fun: string | readonly string[]
  /** Arguments of the one function, or one list for each. */
  readonly arg: readonly unknown[]
  /** Ids that the job's target means. Not read before the sender may do anything at all: to find them takes time. */
  readonly targets: readonly string[]
  /** The ids that the target means when pillar values must be equal; give it when the target looks at pillar. */
  readonly exactTargets?: readonly string[]
  /** Ids that a compound target of a rule means now. */
  matches(compound: string): Iterable<string>
}

export interface PeerPolicy {
  /** False when no rule exists. */
  readonly isOn: boolean
  authorize(request: PeerRequest): Decision
}

/** Rules for any minion, or for the minions of one compound target. */
interface Scope {
  readonly target: string | undefined
  readonly rules: readonly FunctionRule[]
}

interface SenderRules {
  readonly sender: Regex
  readonly scopes: readonly Scope[]
}

/** `config` is the value of `peer`. Throws `configuration` with the path for anything that Salt would quietly ignore. */
export function compilePeerPolicy(config: unknown, where?: WherePath): PeerPolicy {
  const senders = compileSenders(config, PolicyPath.root('peer', where), compileScopes)
  return {
    isOn: senders.some(({ scopes }) => scopes.length > 0),
    authorize: (request) => authorizePeer(senders, request),
  }
}

/** The common outer layer of `peer` and `peer_run`: a mapping from expressions for the sender. */
export function compileSenders<T>(
  config: unknown,
  path: PolicyPath,
  compileEntries: (config: unknown, path: PolicyPath) => T,
): { readonly sender: Regex; readonly scopes: T }[] {
  if (config === null || config === undefined) return []
  if (!isRecord(config)) {
    throw path.fault(`a mapping from minion ids to what they may do is expected, not ${kindOf(config)}`)
  }
  return Object.entries(config).map(([pattern, entries]) => {
    const place = path.key(pattern)
    return { sender: place.regex(pattern), scopes: compileEntries(entries, place) }
  })
}

function compileScopes(config: unknown, path: PolicyPath): Scope[] {
  if (config === null || config === undefined) return []
  if (isRecord(config))
    return Object.entries(config).map(([target, rules]) => compileScope(target, rules, path.key(target)))
  const entries = Array.isArray(config) ? config : [config]
  return entries.map((entry, index) => compileEntry(entry, Array.isArray(config) ? path.item(index) : path))
}

function compileEntry(entry: unknown, path: PolicyPath): Scope {
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

function authorizePeer(senders: readonly SenderRules[], request: PeerRequest): Decision {
  const { from } = request
  const calls = callsOf(request)
  if (calls.length === 0) return refuse('no function is named')
  const malformed = calls.find(({ fun }) => !isFunctionName(fun))
  if (malformed) return refuse(`${JSON.stringify(malformed.fun)} is not the name of a function`)
  const publishing = calls.find(({ fun }) => fun.startsWith('publish.'))
  if (publishing) return refuse(`${publishing.fun} may not be called through a peer: it could publish without end`)
  if (senders.length === 0) return refuse('peer publishing is off on the master: peer is not configured')
  const scopes = senders.filter(({ sender }) => sender.matches(from)).flatMap((rules) => rules.scopes)
  if (scopes.length === 0) return refuse(`no entry of peer permits anything to ${from}`)
  if (request.exactTargets && !sameIds(request.targets, request.exactTargets)) {
    return refuse('a peer may target pillar by exact values only')
  }
  return allOf(calls, (call) => authorizeCall(scopes, call, request))
}

/** Allowed when every call is; the first refusal counts. */
export function allOf(calls: readonly FunctionCall[], decide: (call: FunctionCall) => Decision): Decision {
  const rules: string[] = []
  for (const call of calls) {
    const decision = decide(call)
    if (!decision.allowed) return decision
    if (decision.rule !== undefined && !rules.includes(decision.rule)) rules.push(decision.rule)
  }
  return allow(rules.join(' and '))
}

function authorizeCall(scopes: readonly Scope[], call: FunctionCall, request: PeerRequest): Decision {
  const { fun } = call
  let elsewhere: Decision | undefined
  let otherwise: Decision | undefined
  for (const { target, rules } of scopes) {
    const named = rules.find((rule) => rule.allowsFunction(fun))
    if (!named) continue
    const outside = reasonOutside(target, request)
    const rule = findRule(rules, call)
    if (rule && outside === undefined) return allow(rule.place)
    const permits = `${(rule ?? named).place} permits ${fun} to ${request.from}`
    if (outside === undefined) otherwise ??= refuse(`${permits} with other arguments only`)
    else elsewhere ??= refuse(request.targets.length === 0 ? outside : `${permits} ${outside}`)
  }
  return otherwise ?? elsewhere ?? refuse(`no entry of peer permits ${fun} to ${request.from}`)
}

/** Undefined when every minion of the job lies within the target of the rule. */
function reasonOutside(target: string | undefined, request: PeerRequest): string | undefined {
  if (target === undefined) return undefined
  // A job that means nobody lies within any target, but that proves nothing: it is no permission.
  if (request.targets.length === 0) return 'no minion matches the target'
  const permitted = new Set(request.matches(target))
  const outside = request.targets.find((id) => !permitted.has(id))
  return outside === undefined ? undefined : `on ${target} only, which ${outside} is not part of`
}

function callsOf({ fun, arg }: Pick<PeerRequest, 'fun' | 'arg'>): FunctionCall[] {
  if (typeof fun === 'string') return [{ fun, arg }]
  return fun.map((name, index) => {
    const own = arg[index]
    // As `callFunction` reads them.
    return { fun: name, arg: Array.isArray(own) ? own : [] }
  })
}

function sameIds(left: readonly string[], right: readonly string[]): boolean {
  const ids = new Set(right)
  return left.length === right.length && left.every((id) => ids.has(id))
}
