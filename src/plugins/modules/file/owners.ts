/** Owners and modes: from the names that people give to what the system wants. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { currentUser, findAccount, findGroupId } from '../../../engine/functions/accounts.ts'
import { attempt } from './failure.ts'
import { expandUser } from './paths.ts'
import { isLink, statusOf } from './status.ts'

/** A name or a number. */
export const ownerSchema = (description: string) => s.union([s.integer(), s.string(), s.null()], description)
export const modeSchema = (description: string) => s.union([s.integer(), s.string(), s.null()], description)

export type Owner = string | number | null | undefined

/** Id of a user, or undefined where there is none of that name. Null stands for the user of this process. */
export function userId(user: Owner): number | undefined {
  if (typeof user === 'number') return user
  return findAccount(user ?? currentUser())?.uid
}

export function groupId(group: Owner): number | undefined {
  if (group === null || group === undefined) return undefined
  return typeof group === 'number' ? group : findGroupId(group)
}

/** Four octal digits, or null: `0644`, `0o644`, 644 and `'644'` are the same. */
export function normalizeMode(mode: string | number | null | undefined): string | null {
  if (mode === null || mode === undefined) return null
  const digits = String(mode)
    .replace(/^["']+|["']+$/g, '')
    .replace(/^0[oO]?/, '')
    .replace(/^0+/, '')
  return digits.padStart(4, '0')
}

/** Sets the mode; gives the new one, or a text that tells what is wrong with it. */
export function setMode(given: string, mode: string | number): string {
  const path = expandUser(given)
  const digits = String(mode).replace(/^[0oO]+/, '') || '0'
  if (!fs.existsSync(path)) throw new SaltError('execution-failed', `${path}: File not found`)
  if (!/^[0-7]{1,4}$/.test(digits)) return `Invalid Mode ${digits}`
  attempt(path, () => fs.chmodSync(path, Number.parseInt(digits, 8)))
  return statusOf(path).mode
}

/**
 * Changes the owner and the group; an empty name leaves one as it is. Gives a text where it cannot.
 * @param link change a link itself
 */
export function changeOwner(given: string, user: Owner, group: Owner, link: boolean): string | null {
  const path = expandUser(given)
  const uid = user === '' || user === null || user === undefined ? -1 : userId(user)
  const gid = group === '' || group === null || group === undefined ? -1 : groupId(group)
  const faults = [
    ...(uid === undefined ? ['User does not exist\n'] : []),
    ...(gid === undefined ? ['Group does not exist\n'] : []),
    ...(fs.existsSync(path) || isLink(path) ? [] : ['File not found']),
  ]
  if (faults.length > 0 || uid === undefined || gid === undefined) return faults.join('')
  const dangling = !fs.existsSync(path)
  attempt(path, () => (link || dangling ? fs.lchownSync(path, uid, gid) : fs.chownSync(path, uid, gid)))
  return null
}
