/** Looking for files in the trees that the file server has. */
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface Tree {
  hasFile(path: string): boolean
  hasFolder(path: string): boolean
}

export async function treeOf(ctx: FunctionContext, saltenv: string): Promise<Tree> {
  const { files, folders } = await fileSourceOf(ctx).names(saltenv)
  const [allFiles, allFolders] = [new Set(files), new Set(folders)]
  return { hasFile: (path) => allFiles.has(path), hasFolder: (path) => allFolders.has(path) }
}

/** The first of the names in a folder, or in the nearest one above it that has one. Throws where there is none. */
export function findUp(tree: Tree, start: string, names: readonly string[]): string {
  const isThere = (path: string): boolean => tree.hasFile(path) || tree.hasFolder(path)
  let folder = start === '' ? '' : posix.normalize(start).replace(/\/$/, '')
  if (folder === '.') folder = ''
  if (folder !== '' && !isThere(folder)) {
    throw new SaltError('bad-arguments', `Starting path not found in the state tree: ${folder}`)
  }
  for (;;) {
    const prefix = folder === '' ? '' : `${folder}/`
    const found = names.map((name) => prefix + name).find(isThere)
    if (found !== undefined) return found
    if (folder === '') throw new SaltError('execution-failed', 'File pattern(s) not found in path ancestry')
    folder = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : ''
  }
}
