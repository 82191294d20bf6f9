/** What goes into a ZIP file, and under which names. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { attempt } from '../file/failure.ts'
import { expandSources } from './arguments.ts'

export interface ZipMember {
  readonly name: string
  readonly path: string
  readonly status: fs.Stats
}

/**
 * Files and folders with all that is in them; names are relative to `folder`, or to the root. Links to files are
 * followed, links to folders are not. A source that does not exist counts for nothing. Throws `bad-arguments` for a
 * relative source without a folder.
 */
export function membersOf(sources: unknown, folder: string | undefined): ZipMember[] {
  const members: ZipMember[] = []
  for (const source of expandSources(sources, folder)) {
    if (folder === undefined && !posix.isAbsolute(source)) {
      throw new SaltError('bad-arguments', "Relative paths require the 'cwd' parameter")
    }
    const path = posix.resolve(folder ?? '/', source)
    if (fs.existsSync(path)) addMembers(members, path, folder !== undefined && isBelow(folder, path) ? folder : '/')
  }
  return members
}

function isBelow(folder: string, path: string): boolean {
  const way = posix.relative(folder, path)
  return way !== '..' && !way.startsWith('../')
}

function addMembers(members: ZipMember[], path: string, root: string): void {
  attempt(path, () => {
    const status = fs.statSync(path)
    const name = posix.relative(root, path)
    if (!status.isDirectory()) {
      if (status.isFile()) members.push({ name, path, status })
      return
    }
    if (name !== '') members.push({ name: `${name}/`, path, status })
    const entries = fs.readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    const isFolder = (entry: fs.Dirent): boolean => entry.isDirectory()
    for (const entry of entries.filter((one) => !isFolder(one))) {
      const inner = posix.join(path, entry.name)
      if (!entry.isSymbolicLink() || !fs.statSync(inner).isDirectory()) addMembers(members, inner, root)
    }
    for (const entry of entries.filter(isFolder)) addMembers(members, posix.join(path, entry.name), root)
  })
}
