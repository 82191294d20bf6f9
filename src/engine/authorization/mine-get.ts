/**
 * Which minion may read what from the mine: `mine_get`.
 *
 * ```yaml
 * mine_get:
 *   web.*:
 *     - network.ip_addrs
 *     - ip_.*
 * ```
 * Expressions match in full, as under `peer`. Without the option every minion may read all; with it, only what it names.
 */
import { isRecord } from '../../base/narrow.ts'
import { compileFunctionRules } from './function-rules.ts'
import { compileSenders } from './peer.ts'
import { kindOf, PolicyPath, type WherePath } from './policy-path.ts'

export interface MinePolicy {
  mayRead(minion: string, fun: string): boolean
}

/** Throws `configuration` with the path. */
export function compileMinePolicy(config: unknown, where?: WherePath): MinePolicy {
  if (config === undefined || config === null) return { mayRead: () => true }
  const minions = compileSenders(config, PolicyPath.root('mine_get', where), (entries, path) => {
    if (entries === null || entries === undefined) return []
    if (isRecord(entries)) throw path.fault(`a list of functions is expected, not ${kindOf(entries)}`)
    return compileFunctionRules(entries, path)
  })
  return {
    mayRead: (minion, fun) =>
      minions.some(({ sender, scopes }) => sender.matches(minion) && scopes.some((rule) => rule.allowsFunction(fun))),
  }
}
