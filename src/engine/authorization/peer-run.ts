/**
 * Which minion may run which runner on the master: `peer_run`.
 *
 * ```yaml
 * peer_run:
 *   web.*:
 *     - manage.up
 *     - jobs.lookup_jid: {args: ['\d{20}']}
 * ```
 * Expressions match in full, as under `peer`.
 */
import { isRecord } from '../../base/narrow.ts'
import { allow, type Decision, refuse } from './decision.ts'
import { compileFunctionRules, findRule, isFunctionName } from './function-rules.ts'
import { compileSenders } from './peer.ts'
import { kindOf, PolicyPath, type WherePath } from './policy-path.ts'

export interface PeerRunRequest {
  readonly from: string
  readonly fun: string
  readonly arg?: readonly unknown[]
}

export interface PeerRunPolicy {
  readonly isOn: boolean
  authorize(request: PeerRunRequest): Decision
}

/** `config` is the value of `peer_run`. Throws `configuration` with the path. */
export function compilePeerRunPolicy(config: unknown, where?: WherePath): PeerRunPolicy {
  const senders = compileSenders(config, PolicyPath.root('peer_run', where), (entries, path) => {
    if (entries === null || entries === undefined) return []
    if (isRecord(entries)) throw path.fault(`a list of runners is expected, not ${kindOf(entries)}`)
    return compileFunctionRules(entries, path)
  })
  return {
    isOn: senders.some(({ scopes }) => scopes.length > 0),
    authorize: ({ from, fun, arg = [] }) => {
      if (!isFunctionName(fun)) return refuse(`${JSON.stringify(fun)} is not the name of a runner`)
      if (senders.length === 0)
        return refuse('running runners from minions is off on the master: peer_run is not configured')
      const rules = senders.filter(({ sender }) => sender.matches(from)).flatMap((entry) => entry.scopes)
      const rule = findRule(rules, { fun, arg })
      if (rule) return allow(rule.place)
      const named = rules.find((candidate) => candidate.allowsFunction(fun))
      if (named) return refuse(`${named.place} permits ${fun} to ${from} with other arguments only`)
      return refuse(`no entry of peer_run permits ${fun} to ${from}`)
    },
  }
}
