import { PublisherAcl } from '../../engine/authorization/publisher-acl.ts'
import { findAccount } from '../../engine/functions/accounts.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import { hostUsers } from './host-users.ts'
import { prepareUserKeys, type UserKeys } from './user-keys.ts'

/**
 * The keys of the users that `publisher_acl` means, for a master that root starts as another user: afterwards it may give
 * files to nobody. Throws `configuration` for a list that cannot be understood.
 */
export function userKeysOf({ values, where, paths }: MasterOptions, user: string): UserKeys | undefined {
  const { holders } = new PublisherAcl(values, where)
  const account = holders.length === 0 ? undefined : findAccount(user)
  if (account === undefined) return undefined
  return prepareUserKeys(paths.sock_dir, hostUsers(holders, account.uid).users, account)
}
