import { chownSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { SaltError } from '../base/errors.ts'
import { currentUser, findAccount, groupIdsOf } from '../engine/functions/accounts.ts'

/** Lets this process run as another system user from now on. Throws `configuration` for an unknown one, `denied` without the right to. */
export function becomeUser(name: string): void {
  if (process.setuid === undefined || currentUser() === name) return
  const account = findAccount(name)
  if (account === undefined) throw new SaltError('configuration', `there is no system user '${name}'`)
  try {
    process.setgroups?.([...groupIdsOf(account)])
    process.setgid?.(account.gid)
    process.setuid(account.uid)
  } catch (cause) {
    throw new SaltError('denied', `only root may run this as the user '${name}'; this is '${currentUser()}'`, {
      cause,
      hint: `Run it with sudo, or as '${name}'.`,
    })
  }
  process.env.HOME = account.home
  process.env.USER = name
  process.env.LOGNAME = name
}

/**
 * Gives folders to the user that a daemon is going to run as, and makes those that are missing. Only root can, and others need
 * not. `shared` is a folder that may belong to others as well: it is given away only when it did not exist.
 */
export function giveFolders(name: string, own: readonly string[], shared: string): void {
  const account = findAccount(name)
  if (account === undefined || process.getuid?.() !== 0) return
  for (const folder of own) {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }
  mkdirSync(dirname(shared), { recursive: true, mode: 0o755 })
  const made = mkdirSync(shared, { recursive: true, mode: 0o700 })
  for (const folder of made === undefined ? own : [...own, shared]) chownSync(folder, account.uid, account.gid)
}
