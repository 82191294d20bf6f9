/** What git.latest is to reach, and the steps that its ways have in common. */

import { failure, reasonOf } from '../../../engine/state/wording.ts'
import type { Refs, RemoteRevision } from './remote-revision.ts'
import { isRevision } from './remote-revision.ts'
import type { GitAccess, Repository } from './repository.ts'

/** The arguments of git.latest. */
export interface LatestArguments extends GitAccess {
  readonly name: string
  readonly rev: string
  readonly target?: string | undefined
  readonly branch?: string | undefined
  readonly update_head: boolean
  readonly force_checkout: boolean
  readonly force_clone: boolean
  readonly force_fetch: boolean
  readonly force_reset: boolean | 'remote-changes'
  readonly submodules: boolean
  readonly bare: boolean
  readonly mirror: boolean
  readonly remote: string
  readonly fetch_tags: boolean
  readonly sync_tags: boolean
  readonly depth?: number | undefined
  readonly refspec_branch: string
  readonly refspec_tag: string
}

/** The arguments, looked through; a mirror is bare. */
export interface LatestWish extends LatestArguments {
  readonly target: string
  readonly repository: Repository
  /** What the other side has. */
  readonly refs: Refs
  readonly revision: RemoteRevision
}

/** How a branch comes to follow the branch of the remote that it is meant to. */
export interface UpstreamChange {
  /** Options of git branch. */
  readonly opts: readonly string[]
  /** `set to origin/main`, as the sentence goes on after "Tracking branch was" or "would be". */
  readonly words: string
}

/** Undefined where the branch follows the right one, or where it does not matter. */
export function upstreamChange(now: string | undefined, { upstream }: RemoteRevision): UpstreamChange | undefined {
  if (upstream === null || now === upstream) return undefined
  if (upstream === undefined) return { opts: ['--unset-upstream'], words: 'unset' }
  return { opts: ['--set-upstream-to', upstream], words: `${now === undefined ? 'set' : 'updated'} to ${upstream}` }
}

/** Words of what a new branch begins at. */
export function startOf({ rev, revision }: LatestWish): string {
  return rev === 'HEAD' ? (revision.id ?? rev) : (revision.upstream ?? rev)
}

export async function updateSubmodules({ repository }: LatestWish): Promise<void> {
  try {
    await repository.reach('submodule', ['update'], { opts: ['--init', '--recursive'] })
  } catch (error) {
    throw failure(`Failed to update submodules: ${reasonOf(error)}`)
  }
}

/** What is fetched. A bare clone has no branches of a remote: its own are theirs. */
export function refspecs(wish: LatestWish): readonly string[] {
  const { fetch_tags: tags, refspec_branch: branches, refspec_tag: tag, remote } = wish
  if (wish.mirror) return ['+refs/*:refs/*']
  if (!tags) return []
  const place = wish.bare ? 'refs/heads' : `refs/remotes/${remote}`
  return [`refs/heads/${branches}:${place}/${branches}`, `+refs/tags/${tag}:refs/tags/${tag}`]
}

export function isThere(id: string | undefined, { revision }: LatestWish): boolean {
  return isRevision(id, revision)
}
