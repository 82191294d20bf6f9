/** What the system knows about a file, in the form of Salt's functions. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { Float } from '../../../base/float.ts'
import { groupName, userName } from '../../../engine/functions/accounts.ts'
import { attempt } from './failure.ts'
import { expandUser, realPath } from './paths.ts'

export interface FileStatus {
  readonly inode: number
  readonly uid: number
  readonly gid: number
  readonly group: string | number
  readonly user: string | number
  readonly atime: unknown
  readonly mtime: unknown
  readonly ctime: unknown
  readonly size: number
  /** Four octal digits. */
  readonly mode: string
  readonly type: string
  readonly target: string
}

/** Throws `execution-failed` when there is no such path. */
export function statusOf(given: string, followLinks = true): FileStatus {
  const path = expandUser(given)
  const found = lookUp(path, followLinks)
  if (found === undefined) throw new SaltError('execution-failed', `Path not found: ${path}`)
  const uid = Number(found.uid)
  const gid = Number(found.gid)
  return {
    inode: Number(found.ino),
    uid,
    gid,
    group: groupName(gid) ?? gid,
    user: userName(uid) ?? uid,
    atime: seconds(found.atimeNs),
    mtime: seconds(found.mtimeNs),
    ctime: seconds(found.ctimeNs),
    size: Number(found.size),
    mode: modeText(found.mode),
    type: typeOf(found),
    target: realPath(path),
  }
}

/** Follows links where they lead somewhere. */
function lookUp(path: string, followLinks: boolean): fs.BigIntStats | undefined {
  const options = { bigint: true, throwIfNoEntry: false } as const
  try {
    const itself = fs.lstatSync(path, options)
    return (followLinks ? fs.statSync(path, options) : undefined) ?? itself
  } catch {
    return undefined
  }
}

/** Seconds since the epoch, as Python's `stat` counts them. */
export function seconds(nanoseconds: bigint): number | Float {
  const value = Number(nanoseconds / 1_000_000_000n) + 1e-9 * Number(nanoseconds % 1_000_000_000n)
  return Number.isInteger(value) ? new Float(value) : value
}

export function modeText(mode: bigint | number): string {
  return (Number(mode) & 0o7777).toString(8).padStart(4, '0')
}

function typeOf(status: fs.BigIntStats): string {
  if (status.isDirectory()) return 'dir'
  if (status.isCharacterDevice()) return 'char'
  if (status.isBlockDevice()) return 'block'
  if (status.isSymbolicLink()) return 'link'
  if (status.isFIFO()) return 'pipe'
  return status.isSocket() ? 'socket' : 'file'
}

/** Whether links lead to something of a kind; false where there is nothing. */
function isKind(path: string, test: (status: fs.Stats) => boolean): boolean {
  try {
    const status = fs.statSync(path, { throwIfNoEntry: false })
    return status !== undefined && test(status)
  } catch {
    return false
  }
}

export function isFolder(path: string): boolean {
  return isKind(path, (status) => status.isDirectory())
}

export function isRegularFile(path: string): boolean {
  return isKind(path, (status) => status.isFile())
}

export function isLink(path: string): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch {
    return false
  }
}

/** As `isKind`, but a fault other than a missing file is thrown. */
export function isDevice(path: string, test: (status: fs.Stats) => boolean): boolean {
  const status = attempt(path, () => fs.statSync(path, { throwIfNoEntry: false }))
  return status !== undefined && test(status)
}
