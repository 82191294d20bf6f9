import { giveAuditFiles } from '../../engine/audit/give-audit.ts'
import { PublisherAcl } from '../../engine/authorization/publisher-acl.ts'
import { findAccount } from '../../engine/functions/accounts.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import { hostUsers } from './host-users.ts'
import { prepareUserKeys, type UserKeys } from './user-keys.ts'

/**
 * What root does for a master that is about to run as another user, who may give files to nobody: the audit log becomes his, and
 * the users that `publisher_acl` means get their keys. Throws `configuration` for a list that cannot be understood.
 */
export function prepareMaster({ values, where, paths }: MasterOptions, user: string): UserKeys | undefined {
  const { holders } = new PublisherAcl(values, where)
  const account = findAccount(user)
  if (account === undefined) return undefined
  if (values.audit_file !== '') giveAuditFiles(values.audit_file, account)
  return holders.length === 0
    ? undefined
    : prepareUserKeys(paths.sock_dir, hostUsers(holders, account.uid).users, account)
}
