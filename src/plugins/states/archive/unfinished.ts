/** What an extraction that failed leaves behind: cut-off files that the next run would take for those of the archive. */
import * as fs from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { entryAt } from '../../modules/file/entry.ts'
import { joinPath } from '../../modules/file/paths.ts'
import type { ArchiveContents } from './contents.ts'

export interface Undertaking {
  /** With a slash at its end. */
  readonly folder: string
  readonly contents: ArchiveContents | undefined
  /** What tells that the archive was extracted. */
  readonly ifMissing: string | undefined
}

/**
 * Looks what is there before an extraction. What this gives removes what has come since, and nothing that was there: the next run then
 * finds that something is missing. Folders stay where something else lies in them.
 */
export function noteBefore({ folder, contents, ifMissing }: Undertaking): () => void {
  const at = (path: string): string => joinPath(folder, path).replace(/\/+$/, '')
  const isAbsent = (path: string): boolean => entryAt(path) === undefined
  const files = [...(contents?.files ?? []), ...(contents?.links ?? [])].map(at)
  const folders = [...(contents?.dirs ?? []).map(at), ...files.map((path) => dirname(path)), folder.replace(/\/+$/, '')]
  const newFiles = files.filter(isAbsent)
  const newFolders = [...new Set(folders)].filter(isAbsent)
  const isMarkNew = ifMissing !== undefined && isInside(folder, ifMissing) && isAbsent(ifMissing)
  return () => {
    for (const path of newFiles) if (entryAt(path)?.isDirectory() === false) fs.rmSync(path, { force: true })
    if (isMarkNew && contents === undefined) fs.rmSync(ifMissing, { recursive: true, force: true })
    for (const path of newFolders.sort((one, other) => other.length - one.length)) removeEmpty(path)
  }
}

function isInside(folder: string, path: string): boolean {
  const outer = resolve(folder)
  return resolve(path) === outer || resolve(path).startsWith(`${outer}${sep}`)
}

function removeEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder)
  } catch {
    // It is not there, or something else lies in it.
  }
}
