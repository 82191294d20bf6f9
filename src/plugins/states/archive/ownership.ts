/** User and group of what was extracted. */
import * as fs from 'node:fs'
import type { StateContext } from '../../../engine/plugin.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { groupId, userId } from '../../modules/file/owners.ts'
import { joinPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import { planDirectory } from '../file/directory-plan.ts'
import { plainDirectory } from '../file/directory-request.ts'
import type { ArchiveContents } from './contents.ts'
import { type ExtractedArguments, isGiven } from './request.ts'

export interface OwnershipReport {
  /** Whether something changed, or would. */
  readonly isChanged: boolean
  readonly missing: readonly string[]
  readonly failed: readonly string[]
}

type OwnershipRequest = Pick<ExtractedArguments, 'user' | 'group' | 'enforce_ownership_on'>

/** Brings owners to what is wanted, or with `isTest` only tells whether they are. */
export async function enforceOwnership(
  ctx: StateContext,
  folder: string,
  want: OwnershipRequest,
  contents: ArchiveContents | undefined,
  isTest: boolean,
): Promise<OwnershipReport> {
  if (!isGiven(want.user) && !isGiven(want.group)) return { isChanged: false, missing: [], failed: [] }
  const { folders, others } = pathsOf(folder, want, contents)
  const missing: string[] = []
  const failed: string[] = []
  let isChanged = false
  for (const path of folders) {
    if (!isFolder(path)) {
      missing.push(path)
      continue
    }
    const words = [...(isGiven(want.user) ? ['user'] : []), ...(isGiven(want.group) ? ['group'] : [])]
    const plan = await planDirectory(ctx, { ...plainDirectory(path, want, null), recurse: words })
    if (Object.keys(plan.changes).length > 0) isChanged = true
    if (plan.kind === 'pending' && !isTest && !(await plan.apply()).result) failed.push(path)
  }
  for (const path of others) {
    const status = entryAt(path)
    if (status === undefined) {
      missing.push(path)
      continue
    }
    const uid = isGiven(want.user) ? (userId(want.user) ?? status.uid) : status.uid
    const gid = isGiven(want.group) ? (groupId(want.group) ?? status.gid) : status.gid
    if (uid === status.uid && gid === status.gid) continue
    isChanged = true
    if (!isTest && !ownLink(path, uid, gid)) failed.push(path)
  }
  return { isChanged, missing, failed }
}

function pathsOf(
  folder: string,
  { enforce_ownership_on: only }: OwnershipRequest,
  contents: ArchiveContents | undefined,
) {
  if (only !== undefined) return isFolder(only) ? { folders: [only], others: [] } : { folders: [], others: [only] }
  const at = (path: string): string => joinPath(folder, path).replace(/\/+$/, '')
  return {
    folders: (contents?.topDirs ?? []).map(at),
    others: [...(contents?.topFiles ?? []), ...(contents?.topLinks ?? [])].map(at),
  }
}

function ownLink(path: string, uid: number, gid: number): boolean {
  try {
    fs.lchownSync(path, uid, gid)
    return true
  } catch {
    return false
  }
}
