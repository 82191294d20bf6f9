/** Sentences of git.latest about a clone that stays as it is. */
import type { SaltError } from '../../../base/errors.ts'
import { failure, sentences, stopped } from '../../../engine/state/wording.ts'
import { type CloneLook, needsBranchChange } from './latest-look.ts'
import type { LatestWish } from './latest-wish.ts'
import { defaultBranch, short } from './remote-revision.ts'

/** The repository has what is wanted; `changes` are about remotes and tags. */
export function upToDate(
  { target }: LatestWish,
  changes: readonly string[],
  hasLocalChanges: boolean,
  mood = '',
): string {
  const local = hasLocalChanges
    ? ", but with uncommitted changes. Set 'force_reset' to True to purge uncommitted changes."
    : ''
  const made = changes.length === 0 ? '' : `\n\nChanges ${mood}made: ${sentences(changes)}`
  return `Repository ${target} is up-to-date${local}${made}`
}

export function notFastForward(wish: LatestWish, seen: CloneLook, before: readonly string[]): SaltError {
  const { hasLocalChanges: isDirty, base } = seen
  const [from, to] = [short(base), short(wish.revision.id)]
  const range = isDirty && from !== to ? `from ${from} to ${to}` : `to ${to}`
  const branch = needsBranchChange(wish, seen.branch) ? ` (after checking out local branch '${wish.branch}')` : ''
  const reason = isDirty ? 'there are uncommitted changes' : 'this is not a fast-forward merge'
  const choice = isDirty ? " (or 'remote-changes')" : ''
  const loss = isDirty ? ' and discard these changes' : ''
  return failure(
    stopped(
      `Repository would be updated ${range}${branch}, but ${reason}. Set 'force_reset' to True${choice} to force this update${loss}.${branchAdvice(wish, seen)}`,
      before,
    ),
  )
}

/** Another branch than the one that is meant is a common reason. */
function branchAdvice({ branch, rev, refs }: LatestWish, seen: CloneLook): string {
  if (branch !== undefined) return ''
  if (rev !== 'HEAD') {
    if (seen.branch === rev) return ''
    return ` The desired rev (${rev}) differs from the name of the local branch (${seen.branch}), if the desired rev is a branch name then a forced update could possibly be avoided by setting the 'branch' argument to '${rev}' instead.`
  }
  const usual = defaultBranch(refs)
  if (usual === undefined || usual === seen.branch) return ''
  return ` The default remote branch (${usual}) differs from the local branch (${seen.branch}). This could be caused by changing the default remote branch, or if the local branch was manually changed. Rather than forcing an update, it may be advisable to set the 'branch' argument to '${usual}' instead. To ensure that this state follows the '${usual}' branch instead of the remote HEAD, set the 'rev' argument to '${usual}'.`
}
