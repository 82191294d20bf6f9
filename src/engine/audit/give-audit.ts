import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { headPath } from './audit-head.ts'

/**
 * Gives the files of the audit log to the user that the master is going to run as, for a folder in which he may make none. Only
 * in a folder of root's own: in any other, somebody could have put a link in their place.
 */
export function giveAuditFiles(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  const folder = fs.statSync(dirname(path), { throwIfNoEntry: false })
  if (folder === undefined || folder.uid !== 0 || (folder.mode & 0o022) !== 0) return
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants
  for (const file of [path, headPath(path)]) {
    let descriptor: number
    try {
      descriptor = fs.openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
    } catch {
      // A link, or no file at all: the master says so when it opens the log.
      continue
    }
    try {
      const status = fs.fstatSync(descriptor)
      if (status.isFile() && status.nlink === 1) fs.fchownSync(descriptor, uid, gid)
    } finally {
      fs.closeSync(descriptor)
    }
  }
}
