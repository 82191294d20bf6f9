/** Going through a folder, as Python's `os.walk` does: links to folders count as folders and are not entered. */
import * as fs from 'node:fs'
import { compareText } from '../../../base/text.ts'
import { joinPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'

export interface WalkedFolder {
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

/** Whole paths below a folder, level by level; nothing for one that is not there. `maxDepth` 0: what lies in it, but no folders. */
export function* walkFolder(top: string, maxDepth?: number): Generator<WalkedFolder> {
  let entries: fs.Dirent[]
  try {
    entries = fs.readdirSync(top, { withFileTypes: true })
  } catch {
    return
  }
  entries.sort((a, b) => compareText(a.name, b.name))
  const folders: string[] = []
  const files: string[] = []
  const entered: string[] = []
  for (const entry of entries) {
    const path = joinPath(top, entry.name)
    if (entry.isDirectory()) entered.push(path)
    if (entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path))) folders.push(path)
    else files.push(path)
  }
  const isDeepest = maxDepth !== undefined && maxDepth <= 0
  yield { folders: isDeepest ? [] : folders, files }
  if (isDeepest) return
  for (const folder of entered) yield* walkFolder(folder, maxDepth === undefined ? undefined : maxDepth - 1)
}
