/** What git.latest finds in a clone that is there. */
import { withCredentials } from '../../../engine/functions/git-address.ts'
import { failure } from '../../../engine/state/wording.ts'
import { isThere, type LatestWish } from './latest-wish.ts'
import { isRevision, short, tagsOf } from './remote-revision.ts'

export interface CloneLook {
  readonly head: string | undefined
  readonly branch: string | undefined
  readonly branches: readonly string[]
  readonly tags: readonly string[]
  /** Commit that the update begins at: that of the branch to check out, or the one that is checked out. */
  readonly base: string | undefined
  readonly baseBranch: string | undefined
  readonly hasLocalChanges: boolean
  /** Whether the wanted commit is checked out. */
  readonly isCurrent: boolean
  readonly hasCommit: boolean
  /** Whether the update is a matter of going on; undefined before the commits are here. */
  readonly isFastForward: boolean | undefined
  readonly upstream: string | undefined
  /** Address of the remote now, with credentials. */
  readonly url: string | undefined
  readonly wantedUrl: string
  readonly newTags: readonly string[]
  /** Tags that the remote does not have and that are to go. */
  readonly goneTags: readonly string[]
}

export function needsBranchChange({ branch }: LatestWish, current: string | undefined): boolean {
  return branch !== undefined && branch !== current
}

/** Throws `execution-failed` where the clone cannot become what is wanted. */
export async function look(wish: LatestWish): Promise<CloneLook> {
  const { repository, revision, name, remote } = wish
  const [head, branch, branches, tags, remotes] = await Promise.all([
    repository.head(),
    repository.branch(),
    repository.branches(),
    repository.tags(),
    repository.remotes(),
  ])
  if (!wish.bare && revision.id === undefined && head !== undefined) {
    throw failure('Remote repository is empty, cannot update from a non-empty to an empty repository')
  }
  const base = await baseOf(wish, head, branch, branches)
  const isCurrent = isThere(head, wish)
  const hasLocalChanges = !wish.bare && head !== undefined && (await repository.hasLocalChanges())
  const hasCommit = await hasWanted(wish, base.commit, tags, remote in remotes)
  const theirTags = tagsOf(wish.refs)
  // A clone that is to have only some of the tags, or a part of the history, never has all of them.
  const comparesTags = wish.fetch_tags && wish.refspec_tag === '*' && wish.depth === undefined && !wish.bare
  return {
    head,
    branch,
    branches,
    tags,
    base: base.commit,
    baseBranch: base.branch,
    hasLocalChanges,
    isCurrent,
    hasCommit,
    isFastForward: await isFastForward(wish, base.commit, hasLocalChanges, hasCommit),
    upstream: base.branch === undefined ? undefined : await repository.upstreamOf(base.branch),
    url: remotes[remote],
    wantedUrl: withCredentials(name, wish.https_user, wish.https_pass),
    newTags: comparesTags ? theirTags.filter((tag) => !tags.includes(tag)) : [],
    goneTags: comparesTags && wish.sync_tags ? tags.filter((tag) => !theirTags.includes(tag)) : [],
  }
}

async function baseOf(
  wish: LatestWish,
  head: string | undefined,
  current: string | undefined,
  branches: readonly string[],
): Promise<{ commit: string | undefined; branch: string | undefined }> {
  const { branch, repository, revision } = wish
  if (!needsBranchChange(wish, current) || branch === undefined) return { commit: head, branch: current }
  // A new branch begins at what is wanted.
  if (!branches.includes(branch)) return { commit: revision.id, branch: current }
  return { commit: await repository.commitOf(branch), branch }
}

async function isFastForward(
  { repository, revision, force_reset: reset }: LatestWish,
  base: string | undefined,
  hasLocalChanges: boolean,
  hasCommit: boolean,
): Promise<boolean | undefined> {
  if (hasLocalChanges && reset !== 'remote-changes') return false
  if (!hasCommit || revision.id === undefined) return undefined
  if (hasLocalChanges) return false
  return base === undefined ? true : await repository.isAncestor(base, revision.id)
}

/** Whether the wanted commit is here, and the names of the remote that lead to it are not out of date. */
async function hasWanted(
  wish: LatestWish,
  base: string | undefined,
  tags: readonly string[],
  knowsRemote: boolean,
): Promise<boolean> {
  const { repository, revision, rev } = wish
  if (revision.id === undefined) return false
  if (revision.kind === 'sha1' && isRevision(base, revision)) return true
  if ((await repository.commitOf(revision.id)) === undefined) return false
  if (revision.kind === 'sha1') return true
  if (revision.kind === 'branch') {
    if (!knowsRemote || typeof revision.upstream !== 'string') return false
    return (await repository.ask('rev_parse', [revision.upstream])) === revision.id
  }
  if (!tags.includes(rev)) return false
  const here = await repository.commitOf(rev)
  if (here !== revision.id && wish.force_reset === false) {
    throw failure(
      `'${rev}' is a tag, but the remote SHA1 for this tag (${short(revision.id)}) doesn't match the local SHA1 (${short(here)}). Set 'force_reset' to True to force this update.`,
    )
  }
  return here === revision.id
}
