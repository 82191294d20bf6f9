/** Owner and mode of what lies below a folder. */
import type * as fs from 'node:fs'
import { entryAt, targetAtEntry } from '../../modules/file/entry.ts'
import { systemText } from '../../modules/file/failure.ts'
import {
  type AppliedMetadata,
  applyMetadata,
  metadataDifference,
  targetAt,
  type WantedMetadata,
} from '../../modules/file/managing/metadata.ts'
import type { DirectoryRequest } from './directory-request.ts'
import { walkFolder } from './folder-walk.ts'

export interface TreeChange {
  readonly path: string
  readonly status: fs.Stats
  readonly wanted: WantedMetadata
  readonly changes: Readonly<Record<string, string | number>>
}

/** What differs below the folder, of what the words of `recurse` name. */
export function planTree(
  { path, maxDepth, followLinks }: DirectoryRequest,
  words: ReadonlySet<string>,
  wanted: { readonly folder: WantedMetadata; readonly file: WantedMetadata },
): TreeChange[] {
  const limited = (all: WantedMetadata): WantedMetadata => ({
    user: words.has('user') ? all.user : undefined,
    group: words.has('group') ? all.group : undefined,
    mode: words.has('mode') ? all.mode : undefined,
  })
  const [folderWanted, fileWanted] = [limited(wanted.folder), limited(wanted.file)]
  const found: TreeChange[] = []
  const look = (one: string, want: WantedMetadata): void => {
    const status = (followLinks ? targetAtEntry(one) : undefined) ?? entryAt(one)
    if (status === undefined) return
    const changes = metadataDifference(status, want, status.isSymbolicLink())
    if (Object.keys(changes).length > 0) found.push({ path: one, status, wanted: want, changes })
  }
  for (const { folders, files } of walkFolder(path, maxDepth)) {
    if (!words.has('ignore_files')) for (const file of files) look(file, fileWanted)
    if (!words.has('ignore_dirs')) for (const folder of folders) look(folder, folderWanted)
  }
  return found
}

/** What was changed, all in one as Salt tells it, and what could not be. */
export function applyTree(tree: readonly TreeChange[], followLinks: boolean): AppliedMetadata {
  const changes: Record<string, string | number> = {}
  const faults: string[] = []
  for (const { path, status, wanted } of tree) {
    try {
      const applied = applyMetadata(targetAt(path, status.isSymbolicLink() && !followLinks), status, wanted)
      Object.assign(changes, applied.changes)
      faults.push(...applied.faults)
    } catch (error) {
      faults.push(systemText(error, path))
    }
  }
  return { changes, faults }
}
