/** What is in an archive, and what of it is in the folder already. */
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { joinPath } from '../../modules/file/paths.ts'
import type { ArchiveFormat } from './request.ts'

export interface ArchiveContents {
  readonly dirs: readonly string[]
  readonly files: readonly string[]
  readonly links: readonly string[]
  readonly topDirs: readonly string[]
  readonly topFiles: readonly string[]
  readonly topLinks: readonly string[]
}

/** Throws `execution-failed` for what cannot be listed. */
export async function contentsOf(
  ctx: StateContext,
  archive: string,
  format: ArchiveFormat,
  options: { readonly list?: string | undefined; readonly strip?: number | undefined },
): Promise<ArchiveContents> {
  const found = await ctx.salt('archive.list', [archive], {
    archive_format: format,
    verbose: true,
    options: options.list ?? null,
    ...(options.strip === undefined || options.strip === 0 ? {} : { strip_components: options.strip }),
  })
  const names = (key: string): string[] => {
    const list = isRecord(found) ? found[key] : undefined
    return Array.isArray(list) ? list.map(String) : []
  }
  return {
    dirs: names('dirs'),
    files: names('files'),
    links: names('links'),
    topDirs: names('top_level_dirs'),
    topFiles: names('top_level_files'),
    topLinks: names('top_level_links'),
  }
}

export interface Presence {
  readonly isMissing: boolean
  /** Paths of the archive where something of another kind lies. */
  readonly wrong: readonly string[]
}

export function presenceOf(folder: string, contents: ArchiveContents): Presence {
  let isMissing = false
  const wrong: string[] = []
  for (const [paths, kind] of [
    [contents.dirs, 'folder'],
    [contents.files, 'file'],
    [contents.links, 'link'],
  ] as const) {
    for (const path of paths) {
      const status = entryAt(joinPath(folder, path).replace(/\/+$/, ''))
      if (status === undefined) isMissing = true
      else if ((status.isDirectory() ? 'folder' : status.isSymbolicLink() ? 'link' : 'file') !== kind) wrong.push(path)
    }
  }
  return { isMissing, wrong }
}
