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
import { isRecord } from '../../base/narrow.ts'
import type { Regex } from '../target/regex.ts'
import { type Decision, refuse } from './decision.ts'
import { isFunctionName } from './function-rules.ts'
import { kindOf, PolicyPath, type WherePath } from './policy-path.ts'
import { allOf, callsOf, compileScopes, type JobTarget, judgeCall, type Scope } from './target-rules.ts'

export interface PeerRequest {
  /** Id of the sender, as its session proved it. */
  readonly from: string
  readonly fun: string | readonly string[]
  /** Arguments of the one function, or one list for each. */
  readonly arg: readonly unknown[]
  readonly job: JobTarget
}

export interface PeerPolicy {
  /** False when no rule exists. */
  readonly isOn: boolean
  authorize(request: PeerRequest): Decision
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

function authorizePeer(senders: readonly SenderRules[], request: PeerRequest): Decision {
  const { from } = request
  const calls = callsOf(request.fun, request.arg)
  if (calls.length === 0) return refuse('no function is named')
  const malformed = calls.find(({ fun }) => !isFunctionName(fun))
  if (malformed) return refuse(`${JSON.stringify(malformed.fun)} is not the name of a function`)
  const publishing = calls.find(({ fun }) => fun.startsWith('publish.'))
  if (publishing) return refuse(`${publishing.fun} may not be called through a peer: it could publish without end`)
  if (senders.length === 0) return refuse('peer publishing is off on the master: peer is not configured')
  const scopes = senders.filter(({ sender }) => sender.matches(from)).flatMap((rules) => rules.scopes)
  if (scopes.length === 0) return refuse(`no entry of peer permits anything to ${from}`)
  const { job } = request
  if (job.exactTargets && !sameIds(job.targets, job.exactTargets)) {
    return refuse('a peer may target pillar by exact values only')
  }
  return allOf(calls, (call) => judgeCall(scopes, call, job, { name: from, policy: 'peer' }))
}

function sameIds(left: readonly string[], right: readonly string[]): boolean {
  const ids = new Set(right)
  return left.length === right.length && left.every((id) => ids.has(id))
}
