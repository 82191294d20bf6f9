/**
 * What users of the master's host may do who are not the master's own: `publisher_acl`, `publisher_acl_blacklist` and
 * `sudo_acl`.
 *
 * ```yaml
 * publisher_acl:
 *   fred: [test.*, {'web*': [pkg.version]}]
 * publisher_acl_blacklist:
 *   users: ['^(?!sudo_).*$']    # even of the master's own users
 *   modules: [cmd, 'network.*']
 * sudo_acl: true                # root who is fred behind sudo may do what fred may
 * ```
 * The blacklist counts first, and for everybody.
 */
import { isRecord } from '../../base/narrow.ts'
import { AccessList, type AccessRequest, type Holder } from './access-list.ts'
import { allow, type Decision, refuse } from './decision.ts'
import { compileName, type NamePattern } from './names.ts'
import { kindOf, PolicyPath, type WherePath } from './policy-path.ts'

export interface PublisherAclConfig {
  readonly publisher_acl?: unknown
  readonly publisher_acl_blacklist?: unknown
  readonly sudo_acl?: boolean
}

interface Forbidden {
  readonly pattern: NamePattern
  readonly place: PolicyPath
}

const sudoPrefix = 'sudo_'

export class PublisherAcl {
  readonly #list: AccessList
  readonly #users: readonly Forbidden[]
  readonly #modules: readonly Forbidden[]
  readonly #sudoAcl: boolean

  /** Throws `configuration` with the path. */
  constructor(config: PublisherAclConfig, where?: WherePath) {
    this.#list = new AccessList(config.publisher_acl, PolicyPath.root('publisher_acl', where))
    const path = PolicyPath.root('publisher_acl_blacklist', where)
    const blacklist = config.publisher_acl_blacklist ?? {}
    if (!isRecord(blacklist)) throw path.fault(`a mapping with users and modules is expected, not ${kindOf(blacklist)}`)
    const unknown = Object.keys(blacklist).find((name) => name !== 'users' && name !== 'modules')
    if (unknown !== undefined) throw path.key(unknown).fault('a blacklist has users and modules only')
    this.#users = compileForbidden(blacklist.users, path.key('users'))
    this.#modules = compileForbidden(blacklist.modules, path.key('modules'))
    this.#sudoAcl = config.sudo_acl === true
  }

  /** Whether anybody but the master's own users may do anything. */
  get isOn(): boolean {
    return this.#list.isOn
  }

  get holders(): readonly Holder[] {
    return this.#list.holders
  }

  /** A user whose own key proved who he is. */
  authorizeUser(request: AccessRequest): Decision {
    return this.#forbids([request.name], request) ?? this.#list.authorize(request)
  }

  /** Whoever holds the key of the bus itself. Names of this kind are his own word: root could choose any. */
  authorizeOwner(request: AccessRequest): Decision {
    const { name } = request
    const behind = this.#sudoAcl && name.startsWith(sudoPrefix) ? name.slice(sudoPrefix.length) : undefined
    const forbidden = this.#forbids(behind === undefined ? [name] : [name, behind], request)
    if (forbidden !== undefined) return forbidden
    if (behind === undefined || !this.isOn) return allow('the bus key')
    return this.#list.authorize({ ...request, name: behind })
  }

  reach(name: string, groups: readonly string[]): 'any' | readonly string[] {
    return this.#list.reach(name, groups)
  }

  #forbids(names: readonly string[], request: AccessRequest): Decision | undefined {
    const user = this.#users.find(({ pattern }) => names.some((name) => pattern.matches(name)))
    if (user !== undefined) return refuse(`${user.place} forbids everything to ${names.join(', ')}`, user.place)
    if (request.action !== 'publish' || this.#modules.length === 0) return undefined
    const functions = typeof request.fun === 'string' ? [request.fun] : request.fun
    for (const { pattern, place } of this.#modules) {
      const fun = functions.find((name) => pattern.matches(name) || pattern.matches(name.replace(/\..*$/s, '')))
      if (fun !== undefined) return refuse(`${place} forbids ${fun}`, place)
    }
    return undefined
  }
}

function compileForbidden(config: unknown, path: PolicyPath): Forbidden[] {
  if (config === null || config === undefined) return []
  const items = Array.isArray(config) ? config : [config]
  return items.map((item, index) => {
    const place = Array.isArray(config) ? path.item(index) : path
    if (typeof item !== 'string') throw place.fault(`a name or a pattern is expected, not ${kindOf(item)}`)
    return { pattern: compileName(item, place), place }
  })
}
