/** Users and groups as `file.symlink`, `file.hardlink` and `file.copy` want them: they have one where none is given. */

import { currentUser, findAccount, groupName } from '../../../engine/functions/accounts.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { groupId, type Owner, userId } from '../../modules/file/owners.ts'
import { isGiven } from '../../modules/file/permissions.ts'

export interface NamedOwners {
  readonly user: string | number
  readonly group: string | number
}

/** The user of the configuration where none is given, and his own group. */
export function ownersOrUsual(ctx: StateContext, user: Owner, group: Owner): NamedOwners {
  const configured = ctx.config.get('user')
  const someone = isGiven(user) ? user : typeof configured === 'string' ? configured : currentUser()
  if (isGiven(group)) return { user: someone, group }
  const gid = typeof someone === 'string' ? (findAccount(someone)?.gid ?? 0) : 0
  return { user: someone, group: groupName(gid) ?? gid }
}

/** Sentences on those that do not exist. */
export function unknownOwners({ user, group }: NamedOwners): string[] {
  return [
    ...(userId(user) === undefined ? [`User ${user} does not exist`] : []),
    ...(groupId(group) === undefined ? [`Group ${group} does not exist`] : []),
  ]
}

/** Several faults as sentences, one as it is. */
export function joinedFaults(faults: readonly string[]): string {
  return faults.length > 1 ? `${faults.join('. ')}.` : faults.join()
}
