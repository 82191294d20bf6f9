/** git.latest where there is no repository yet. */
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf, sentences, stopped } from '../../../engine/state/wording.ts'
import { isThere, type LatestWish, startOf, updateSubmodules, upstreamChange } from './latest-wish.ts'

export function planClone(ctx: StateContext, wish: LatestWish): StatePlan {
  const { name, target, repository } = wish
  const content = repository.content()
  const isForced = wish.force_clone && content !== undefined
  if (!isForced && content !== undefined && content.length > 0) {
    throw failure(
      `Target '${target}' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this directory's contents and proceed with cloning the remote repository`,
    )
  }
  const forced = isForced ? { 'forced clone': true } : {}
  const changes = { ...forced, new: `${name} => ${target}` }
  return pending({
    comment: isForced
      ? `Target directory ${target} exists. Since force_clone=True, the contents of ${target} would be deleted, and ${name} would be cloned into this directory.`
      : `Repository ${name} would be cloned to ${target}`,
    changes,
    async apply() {
      if (isForced) repository.empty()
      const comments: string[] = []
      try {
        const revision = await clone(wish, comments)
        return done(sentences(comments), { ...changes, ...revision })
      } catch (error) {
        return failedClone(ctx, error, comments, comments.length === 0 ? forced : changes)
      }
    },
  })
}

function failedClone(
  ctx: StateContext,
  error: unknown,
  comments: readonly string[],
  changes: Readonly<Record<string, unknown>>,
): StateOutcome {
  ctx.signal.throwIfAborted()
  return failed(stopped(reasonOf(error), comments), changes)
}

/** Clones and checks out; says what it has done, step by step. Resolves to what changed besides. */
async function clone(wish: LatestWish, comments: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { name, target, mirror, bare, repository } = wish
  try {
    await repository.reachAddress('clone', [name], { opts: cloneOptions(wish) })
  } catch (error) {
    throw failure(`Clone failed: ${reasonOf(error)}`)
  }
  comments.push(`${name} cloned to ${target}${mirror ? ' as mirror' : bare ? ' as bare repository' : ''}`)
  if (!bare && wish.revision.id !== undefined) {
    await checkOut(wish, comments)
    if (wish.submodules) await updateSubmodules(wish)
  }
  const id = await repository.head()
  return id === undefined ? {} : { revision: { old: null, new: id } }
}

function cloneOptions({ mirror, bare, remote, depth, rev }: LatestWish): string[] {
  return [
    ...(mirror ? ['--mirror'] : bare ? ['--bare'] : []),
    ...(remote === 'origin' ? [] : ['--origin', remote]),
    ...(depth === undefined ? [] : ['--depth', String(depth), '--branch', rev]),
  ]
}

async function checkOut(wish: LatestWish, comments: string[]): Promise<void> {
  const { repository, branch, revision, rev } = wish
  if (revision.kind === 'tag' && !(await repository.tags()).includes(rev)) {
    throw failure(`Revision '${rev}' does not exist in clone`)
  }
  if (branch !== undefined && !(await repository.branches()).includes(branch)) {
    await repository.run('checkout', [startOf(wish)], { opts: ['-b', branch] })
    comments.push(`Branch '${branch}' checked out, with ${revision.shown} as a starting point`)
  }
  const now = await repository.branch()
  if (now === undefined && wish.refs.HEAD === undefined) {
    throw failure(
      "Remote HEAD refers to a ref that does not exist. This can happen when the default branch on the remote repository is renamed or deleted. If you are unable to fix the remote repository, you can work around this by setting the 'branch' argument (which will ensure that the named branch is created if it does not already exist).",
    )
  }
  if (!isThere(await repository.head(), wish)) {
    await repository.run('reset', [], { opts: ['--hard', revision.id ?? rev] })
    comments.push(`Repository was reset to ${revision.shown}`)
  }
  if (now === undefined) return
  const change = upstreamChange(await repository.upstreamOf(now), revision)
  if (change === undefined) return
  await repository.run('branch', [], { opts: change.opts })
  comments.push(`Tracking branch was ${change.words}`)
}
