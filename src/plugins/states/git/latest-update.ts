/** git.latest where there is a repository. */
import { redacted } from '../../../engine/functions/git-address.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf, sentences, stopped } from '../../../engine/state/wording.ts'
import { type CloneLook, look, needsBranchChange } from './latest-look.ts'
import { notFastForward, upToDate } from './latest-verdicts.ts'
import { type LatestWish, refspecs, startOf, updateSubmodules, upstreamChange } from './latest-wish.ts'
import { isRevision, short } from './remote-revision.ts'

export async function planUpdate(ctx: StateContext, wish: LatestWish): Promise<StatePlan> {
  const seen = await look(wish)
  if (wish.bare) return planBare(ctx, wish)
  if (wish.revision.id === undefined) return right(upToDate(wish, [], false))
  if (seen.hasLocalChanges && seen.isCurrent && wish.force_reset !== true) {
    return right(upToDate(wish, [], true))
  }
  if (seen.hasCommit && staysBehind(wish, seen)) return right(leftBehind(wish, seen))
  if (seen.isFastForward === false && wish.force_reset === false) throw notFastForward(wish, seen, [])
  const { actions, changes } = dryRun(wish, seen)
  if (actions.length === 0 && !wish.submodules) return right(upToDate(wish, [], false))
  return pending({
    comment: Object.keys(changes).length > 0 ? sentences(actions) : upToDate(wish, actions, false, 'that would be '),
    changes,
    ...(actions.length === 0 ? { testResult: true } : {}),
    apply: () => update(ctx, wish, seen),
  })
}

/** Whether the clone has what is wanted, or gets it, and its branch is not to move. */
function staysBehind(wish: LatestWish, seen: CloneLook): boolean {
  return !seen.isCurrent && !wish.update_head && !needsBranchChange(wish, seen.branch)
}

function leftBehind({ revision, rev }: LatestWish, { head }: CloneLook): string {
  const what = rev === 'HEAD' ? revision.shown.replace(/^r/, 'R') : revision.shown
  return `${what} is already present and local HEAD (${short(head)}) does not match, but update_head=False. HEAD has not been updated locally.`
}

interface DryRun {
  readonly actions: readonly string[]
  readonly changes: Readonly<Record<string, unknown>>
}

function dryRun(wish: LatestWish, seen: CloneLook): DryRun {
  const { remote, revision } = wish
  const moves = !seen.isCurrent && (wish.update_head || needsBranchChange(wish, seen.branch))
  const resets = seen.isFastForward === false
  const upstream = upstreamChange(seen.upstream, revision)
  return {
    actions: [
      ...remoteActions(wish, seen),
      ...(needsFetch(seen) ? [`Remote '${remote}' would be fetched`] : []),
      ...(seen.goneTags.length === 0
        ? []
        : [`The following tags would be removed from the local checkout: ${seen.goneTags.join(', ')}`]),
      ...branchActions(wish, seen),
      ...(upstream === undefined || startsBranch(wish, seen) ? [] : [`Tracking branch would be ${upstream.words}`]),
    ],
    changes: {
      ...tagChanges(seen),
      ...(resets ? { 'forced update': true } : {}),
      ...(moves ? { revision: { old: seen.head ?? null, new: revision.id } } : {}),
    },
  }
}

function needsFetch(seen: CloneLook): boolean {
  return !seen.hasCommit || seen.newTags.length > 0
}

function startsBranch(wish: LatestWish, seen: CloneLook): boolean {
  return needsBranchChange(wish, seen.branch) && !seen.branches.includes(wish.branch ?? '')
}

function tagChanges({ newTags, goneTags }: CloneLook): Readonly<Record<string, unknown>> {
  return {
    ...(newTags.length === 0 ? {} : { new_tags: newTags }),
    ...(goneTags.length === 0 ? {} : { deleted_tags: goneTags }),
  }
}

function remoteActions({ remote }: LatestWish, { url, wantedUrl }: CloneLook): readonly string[] {
  if (url === wantedUrl) return []
  const before = url === undefined ? 'None' : redacted(url)
  return [`Remote '${remote}' would be changed from ${before} to ${redacted(wantedUrl)}`]
}

function branchActions(wish: LatestWish, seen: CloneLook): readonly string[] {
  const { branch, revision, update_head: updates } = wish
  const resets = seen.isFastForward === false
  const goal = short(revision.id)
  if (needsBranchChange(wish, seen.branch)) {
    if (startsBranch(wish, seen)) {
      const follows =
        typeof revision.upstream === 'string' ? [`Tracking branch would be set to ${revision.upstream}`] : []
      return [`New branch '${branch}' would be checked out, with ${revision.shown} as a starting point`, ...follows]
    }
    const how = resets ? 'hard-reset' : seen.isFastForward === true ? 'fast-forwarded' : 'updated'
    return [`Branch '${branch}' would be checked out and ${how} to ${goal}`]
  }
  if (seen.isCurrent) return resets ? [`Repository would be hard-reset to ${goal}`] : []
  if (!updates) {
    return [
      `Local HEAD (${short(seen.head)}) does not match ${revision.shown} but update_head=False, HEAD would not be updated locally`,
    ]
  }
  const how = seen.isFastForward === true ? 'fast-forwarded' : resets ? 'hard-reset' : 'updated'
  return [`Repository would be ${how} from ${short(seen.head)} to ${goal}`]
}

async function update(ctx: StateContext, wish: LatestWish, seen: CloneLook): Promise<StateOutcome> {
  const comments: string[] = []
  const changes: Record<string, unknown> = {}
  try {
    await setRemote(wish, seen, comments, changes)
    await syncTags(wish, seen, comments, changes)
    const isFastForward = needsFetch(seen) ? await fetchWanted(wish, seen, comments) : seen.isFastForward
    if (staysBehind(wish, seen)) return done(leftBehind(wish, seen), changes)
    if (isFastForward === false && wish.force_reset === false) throw notFastForward(wish, seen, [])
    await checkOutBranch(wish, seen, comments)
    await moveBranch(wish, seen, isFastForward, comments, changes)
    if (wish.submodules) await updateSubmodules(wish)
    return await arrived(wish, seen, comments, changes)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(stopped(reasonOf(error), comments), changes)
  }
}

async function arrived(
  wish: LatestWish,
  { head }: CloneLook,
  comments: readonly string[],
  changes: Readonly<Record<string, unknown>>,
): Promise<StateOutcome> {
  const now = await wish.repository.head()
  if (!isRevision(now, wish.revision)) throw failure('Failed to update repository')
  if (now === head) return done(upToDate(wish, comments, false), changes)
  return done(sentences(comments), { ...changes, revision: { old: head ?? null, new: now } })
}

async function setRemote(
  { name, remote, repository, https_user, https_pass }: LatestWish,
  { url, wantedUrl }: CloneLook,
  comments: string[],
  changes: Record<string, unknown>,
): Promise<void> {
  if (url === wantedUrl) return
  await repository.run('remote_set', [], { url: name, remote, https_user, https_pass })
  if (url === undefined) {
    comments.push(`Remote '${remote}' set to ${redacted(wantedUrl)}`)
    changes.new = `${name} => ${remote}`
  } else comments.push(`Remote '${remote}' changed from ${redacted(url)} to ${redacted(wantedUrl)}`)
}

async function syncTags(
  { repository }: LatestWish,
  seen: CloneLook,
  comments: string[],
  changes: Record<string, unknown>,
): Promise<void> {
  for (const tag of seen.goneTags) await repository.run('tag', [tag], { opts: '-d' })
  if (seen.goneTags.length > 0) {
    comments.push(`The following tags were removed from the local checkout: ${seen.goneTags.join(', ')}`)
  }
  Object.assign(changes, tagChanges(seen))
}

/** Resolves to whether the update is a matter of going on, which may show only now. */
async function fetchWanted(wish: LatestWish, seen: CloneLook, comments: string[]): Promise<boolean> {
  const { name, rev, revision, repository } = wish
  if (await fetchAll(wish)) comments.push(`${name} was fetched, resulting in updated refs`)
  if (revision.id === undefined || (await repository.commitOf(revision.id)) === undefined) {
    throw failure(`Fetch did not successfully retrieve rev '${rev}' from ${name}`)
  }
  if (seen.hasLocalChanges) return false
  return seen.base === undefined || (await repository.isAncestor(seen.base, revision.id))
}

/** Whether something new came. */
async function fetchAll(wish: LatestWish): Promise<boolean> {
  const { repository, remote, force_fetch: force } = wish
  try {
    const news = await repository.reach('fetch', [], { remote, force, refspecs: refspecs(wish) })
    return typeof news === 'object' && news !== null && Object.keys(news).length > 0
  } catch (error) {
    throw failure(
      `Fetch failed. Set 'force_fetch' to True to force the fetch if the failure was due to not being able to fast-forward. Output of the fetch command follows:\n\n${reasonOf(error)}`,
    )
  }
}

async function checkOutBranch(wish: LatestWish, seen: CloneLook, comments: string[]): Promise<void> {
  const { branch, force_checkout: force, repository, revision } = wish
  if (branch === undefined || !needsBranchChange(wish, seen.branch)) return
  if (seen.hasLocalChanges && !force) {
    throw failure(
      `Local branch '${seen.branch}' has uncommitted changes. Set 'force_checkout' to True to discard them and proceed.`,
    )
  }
  if (startsBranch(wish, seen)) {
    await repository.run('checkout', [startOf(wish)], { force, opts: ['-b', branch] })
    comments.push(`New branch '${branch}' was checked out, with ${revision.shown} as a starting point`)
  } else {
    await repository.run('checkout', [branch], { force })
    comments.push(`'${branch}' was checked out`)
  }
}

async function moveBranch(
  wish: LatestWish,
  seen: CloneLook,
  isFastForward: boolean | undefined,
  comments: string[],
  changes: Record<string, unknown>,
): Promise<void> {
  const { repository, revision, rev } = wish
  if (seen.hasLocalChanges) comments.push('Uncommitted changes were discarded')
  if (isFastForward === false) {
    await repository.run('reset', [], { opts: ['--hard', revision.id] })
    changes['forced update'] = true
    comments.push(`Repository was hard-reset to ${revision.shown}`)
  }
  await follow(wish, seen, comments)
  if (isFastForward !== true || isRevision(seen.base, revision)) return
  if (revision.upstream === undefined) {
    await repository.run('reset', [], { opts: ['--hard', revision.kind === 'tag' ? `refs/tags/${rev}` : rev] })
    comments.push(`Repository was reset to ${rev} (fast-forward)`)
    return
  }
  if ((await repository.ask('symbolic_ref', ['HEAD'], { opts: ['--quiet'] })) === undefined) {
    throw failure('Unable to fast-forward, HEAD is detached')
  }
  await repository.run('merge', [], { rev: revision.id, opts: ['--ff-only'] })
  comments.push(`Repository was fast-forwarded to ${revision.shown}`)
}

async function follow(wish: LatestWish, seen: CloneLook, comments: string[]): Promise<void> {
  const change = upstreamChange(seen.upstream, wish.revision)
  // A new branch follows what it begins at by itself.
  if (change === undefined || startsBranch(wish, seen)) return
  if (seen.branch === undefined) {
    throw failure(
      "Cannot set/unset upstream tracking branch, local HEAD refers to nonexistent branch. This may have been caused by cloning a remote repository for which the default branch was renamed or deleted. If you are unable to fix the remote repository, you can work around this by setting the 'branch' argument (which will ensure that the named branch is created if it does not already exist).",
    )
  }
  await wish.repository.run('branch', [], { opts: change.opts })
  comments.push(`Tracking branch was ${change.words}`)
}

/** There is nothing to look at in a folder without files: only fetching tells what is new. */
function planBare(ctx: StateContext, wish: LatestWish): StatePlan {
  const { target, repository } = wish
  const comment = upToDate(wish, [`Bare repository at ${target} would be fetched`], false, 'that would be ')
  return pending({
    comment,
    changes: {},
    testResult: true,
    async apply() {
      const before = await repository.head()
      try {
        const news = (await fetchAll(wish)) ? ', resulting in updated refs' : ''
        const comments = [`Bare repository at ${target} was fetched${news}`]
        const now = await repository.head()
        if (now === before) return done(upToDate(wish, comments, false))
        return done(sentences(comments), { revision: { old: before ?? null, new: now ?? null } })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(reasonOf(error))
      }
    },
  })
}
