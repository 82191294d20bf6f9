/** Which users of this host `publisher_acl` means. */
import type { Holder } from '../../engine/authorization/access-list.ts'
import { type Account, findAccount, groupNamesOf, localAccounts } from '../../engine/functions/accounts.ts'

export interface HostUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly groups: readonly string[]
}

export interface HostUsers {
  readonly users: readonly HostUser[]
  /** Names of the list that this host has no account for. */
  readonly unknown: readonly string[]
}

/**
 * Patterns find the accounts of this host's own file; a plain name is asked of the name service as well. Those who may use the
 * bus key are left out: root, and the user that the master runs as.
 */
export function hostUsers(holders: readonly Holder[], own: number): HostUsers {
  const found = new Map<number, HostUser>()
  const unknown: string[] = []
  const add = (account: Account, groups = groupNamesOf(account)): void => {
    const { name, uid, gid } = account
    if (uid !== 0 && uid !== own && !found.has(uid)) found.set(uid, { name, uid, gid, groups })
  }
  for (const { pattern, isGroup } of holders) {
    if (isGroup || pattern.isPattern) continue
    const account = findAccount(pattern.pattern)
    if (account === undefined) unknown.push(pattern.pattern)
    else add(account)
  }
  const patterns = holders.filter(({ pattern, isGroup }) => isGroup || pattern.isPattern)
  if (patterns.length === 0) return { users: [...found.values()], unknown }
  for (const account of localAccounts()) {
    const groups = groupNamesOf(account)
    const isMeant = patterns.some(({ pattern, isGroup }) =>
      isGroup ? groups.some((group) => pattern.matches(group)) : pattern.matches(account.name),
    )
    if (isMeant) add(account, groups)
  }
  return { users: [...found.values()], unknown }
}
