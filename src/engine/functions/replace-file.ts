/** Gives a file another content. */
import * as fs from 'node:fs'
import { systemCode } from '../../base/errors.ts'
import { writeFileAtomicSync } from '../../base/files.ts'

export interface ReplaceOptions {
  /** Write into the file itself instead of putting another in its place. */
  readonly keepInode?: boolean
  /** Of a file that is new; as the umask says, by default. */
  readonly mode?: number
  /** Of a file that is new. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/**
 * Replaces the content and keeps mode and owner. Links are followed by the caller.
 *
 * In one step, unless the file must stay the same inode: because the caller asks for it, because it has other names,
 * because it is no regular file, or because something is mounted on it (`/etc/hosts` in a container).
 * Throws what Node throws, or `storage`.
 */
export function replaceFile(path: string, data: string | Uint8Array, options: ReplaceOptions = {}): void {
  const status = fs.statSync(path, { throwIfNoEntry: false })
  if (status === undefined) createFile(path, data, options)
  else if (options.keepInode === true || status.nlink > 1 || !status.isFile()) fs.writeFileSync(path, data)
  else replaceInode(path, data, status)
}

function createFile(path: string, data: string | Uint8Array, { mode, owner }: ReplaceOptions): void {
  if (mode === undefined) fs.writeFileSync(path, data)
  else writeFileAtomicSync(path, data, mode)
  if (owner !== undefined && process.geteuid?.() === 0) fs.chownSync(path, owner.uid, owner.gid)
}

function replaceInode(path: string, data: string | Uint8Array, before: fs.Stats): void {
  try {
    writeFileAtomicSync(path, data, before.mode & 0o7777)
  } catch (error) {
    if (!isMountPoint(error)) throw error
    fs.writeFileSync(path, data)
    return
  }
  const now = fs.statSync(path)
  if (now.uid === before.uid && now.gid === before.gid) return
  fs.chownSync(path, before.uid, before.gid)
  // A change of the owner takes the set-uid bit away.
  fs.chmodSync(path, before.mode & 0o7777)
}

function isMountPoint(error: unknown): boolean {
  return error instanceof Error && systemCode(error.cause) === 'EBUSY'
}
