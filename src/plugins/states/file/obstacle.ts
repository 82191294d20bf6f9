/** What lies where a folder shall be. */
import * as fs from 'node:fs'
import type { StateContext } from '../../../engine/plugin.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { isLink, isRegularFile } from '../../modules/file/status.ts'
import type { DirectoryRequest } from './directory-request.ts'

export interface Obstacle {
  /** What a dry run and a run say of its removal; undefined where it gets another name. */
  readonly testChange: string | undefined
  readonly change: string | undefined
}

/** Undefined where nothing is in the way; Salt's sentence where it has to stay. */
export function obstacleOf(request: DirectoryRequest): Obstacle | string | undefined {
  const { path, force, allowLink, backupname } = request
  const link = isLink(path)
  if (!isRegularFile(path) && !(link && (!allowLink || force))) return undefined
  if (backupname !== undefined) {
    const isTaken = entryAt(backupname) !== undefined
    if (isTaken && !force) return `File exists where the backup target ${backupname} should go`
    return { testChange: undefined, change: undefined }
  }
  const kind = isRegularFile(path) ? 'File' : 'Symlink'
  if (force) return { testChange: `${kind} would be forcibly replaced`, change: `${kind} was forcibly replaced` }
  return `Specified location ${path} exists and is a ${kind.toLowerCase()}`
}

export async function clearObstacle(ctx: StateContext, { path, backupname }: DirectoryRequest): Promise<void> {
  if (backupname === undefined) {
    await ctx.salt('file.remove', [path])
    return
  }
  if (entryAt(backupname) !== undefined) await ctx.salt('file.remove', [backupname])
  fs.renameSync(path, backupname)
}
