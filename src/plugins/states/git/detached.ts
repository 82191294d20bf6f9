/** git.detached: a commit that is checked out by itself, on no branch. */
import { statSync } from 'node:fs'
import { pythonRepr } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { redacted } from '../../../engine/functions/git-address.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf, sentences, stopped } from '../../../engine/state/wording.ts'
import {
  address,
  assertIdentity,
  credentials,
  forceCheckout,
  forceClone,
  remote,
  requiredTarget,
  submodules,
  target,
} from './arguments.ts'
import { isHash } from './remote-revision.ts'
import { type GitAccess, Repository } from './repository.ts'

export const detachedState = state({
  doc: 'Clone a repository and check out a commit by itself, on no branch.',
  args: {
    name: address,
    rev: s.string('Branch, tag or commit'),
    target,
    remote,
    user: credentials.user,
    password: credentials.password,
    force_clone: forceClone,
    force_checkout: forceCheckout,
    fetch_remote: s.withDefault(s.boolean('Ask the remote; else only what was fetched before counts'), true),
    hard_reset: s.withDefault(s.boolean('Throw changes of files away first'), false),
    submodules,
    identity: credentials.identity,
    https_user: credentials.https_user,
    https_pass: credentials.https_pass,
    output_encoding: credentials.output_encoding,
  },
  examples: [
    'the app:\n  git.detached:\n    - name: https://git.example.org/app.git\n    - rev: v1.2\n    - target: /srv/app',
  ],
  plan: (ctx, want) => planDetached(ctx, want),
})

interface DetachedArguments extends GitAccess {
  readonly name: string
  readonly rev: string
  readonly target?: string | undefined
  readonly remote: string
  readonly force_clone: boolean
  readonly force_checkout: boolean
  readonly fetch_remote: boolean
  readonly hard_reset: boolean
  readonly submodules: boolean
}

interface DetachedWish extends DetachedArguments {
  readonly repository: Repository
  readonly target: string
  /** Id of the commit now; undefined where nothing is checked out. */
  readonly before: string | undefined
  /** Id of the commit that is wanted, perhaps a short one. */
  readonly commit: string
  readonly isCloned: boolean
  /** Address of the remote, where it is not the wanted one. */
  readonly otherUrl: string | undefined
  readonly mustFetch: boolean
}

async function planDetached(ctx: StateContext, want: DetachedArguments): Promise<StatePlan> {
  if (want.rev === '') throw failure(`${pythonRepr(want.rev)} is not a valid value for the 'rev' argument`)
  const folder = requiredTarget(
    want.target,
    `${pythonRepr(want.target)} is not a valid value for the 'target' argument`,
  )
  await assertIdentity(ctx, want.identity)
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true) {
    throw failure(`Target '${folder}' exists and is a regular file, cannot proceed`)
  }
  const wish = await look(want, new Repository(ctx, folder, want))
  const { isCloned, before, commit, name, hard_reset: resets } = wish
  const isThere = before?.startsWith(commit) === true
  const rests = isCloned && isThere && !resets && !wish.submodules && wish.otherUrl === undefined
  if (rests) return right('Already checked out at correct revision')
  if (!isCloned) return planClone(ctx, wish)
  const actions = [
    ...(wish.otherUrl === undefined ? [] : [`Remote ${want.remote} would be set to ${name}`]),
    ...(wish.mustFetch ? [`Repository remote ${want.remote} would be fetched`] : []),
    ...(resets ? [`Hard reset to HEAD would be performed on ${folder}`] : []),
    ...(isThere ? [] : [`Commit ID ${commit} would be checked out at ${folder}`]),
    ...(wish.submodules ? ['Submodules would be updated'] : []),
  ]
  const changes = isThere ? {} : { HEAD: { old: before ?? null, new: commit } }
  return pending({ comment: sentences(actions), changes, apply: () => detach(ctx, wish) })
}

function planClone(ctx: StateContext, wish: DetachedWish): StatePlan {
  const { name, target: folder, repository } = wish
  const content = repository.content()
  const isForced = wish.force_clone && content !== undefined
  if (!isForced && content !== undefined && content.length > 0) {
    throw failure(
      `Target '${folder}' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this directory's contents and proceed with cloning the remote repository`,
    )
  }
  return pending({
    comment: isForced
      ? `Target directory ${folder} exists. Since force_clone=True, the contents of ${folder} would be deleted, and ${name} would be cloned into this directory.`
      : `Repository ${name} would be cloned to ${folder}`,
    changes: { ...(isForced ? { 'forced clone': true } : {}), HEAD: { old: null, new: wish.commit } },
    async apply() {
      if (isForced) repository.empty()
      return detach(ctx, wish, isForced ? { 'forced clone': true } : {})
    },
  })
}

async function look(want: DetachedArguments, repository: Repository): Promise<DetachedWish> {
  const { name, remote: of, rev } = want
  const base = { ...want, repository, target: repository.target, otherUrl: undefined }
  if (!(await repository.exists())) {
    return {
      ...base,
      isCloned: false,
      before: undefined,
      mustFetch: false,
      commit: await wantedCommit(want, repository),
    }
  }
  const before = await repository.head()
  if (isHash(rev)) {
    const here = await repository.commitOf(rev)
    return { ...base, isCloned: true, before, mustFetch: here === undefined && want.fetch_remote, commit: here ?? rev }
  }
  const url = (await repository.remotes())[of]
  const otherUrl = url?.includes(name) === true ? undefined : (url ?? 'None')
  const commit = want.fetch_remote ? await wantedCommit(want, repository) : await localCommit(want, repository)
  return { ...base, isCloned: true, before, otherUrl, mustFetch: want.fetch_remote && before !== commit, commit }
}

/** The id as the other side tells it. */
async function wantedCommit({ name, rev }: DetachedArguments, repository: Repository): Promise<string> {
  if (isHash(rev)) return rev.toLowerCase()
  const refs = await repository.refsAt(name).catch((error: unknown) => {
    throw failure(`Failed to list refs for ${name}: ${reasonOf(error)}`)
  })
  const id = refs[`refs/heads/${rev}`] ?? refs[`refs/tags/${rev}^{}`] ?? refs[`refs/tags/${rev}`]
  if (id === undefined) throw failure(`Revision '${rev}' does not exist`)
  return id
}

async function localCommit({ rev, remote: of }: DetachedArguments, repository: Repository): Promise<string> {
  const id = (await repository.commitOf(`refs/remotes/${of}/${rev}`)) ?? (await repository.commitOf(`refs/tags/${rev}`))
  if (id === undefined) throw failure(`Revision '${rev}' does not exist`)
  return id
}

async function detach(
  ctx: StateContext,
  wish: DetachedWish,
  forced: Readonly<Record<string, unknown>> = {},
): Promise<StateOutcome> {
  const comments: string[] = []
  try {
    await bringCommits(wish, comments)
    const after = await checkOut(wish, comments)
    if (after === undefined) return done(sentences(comments), forced)
    return done(sentences(comments), { ...forced, HEAD: { old: wish.before ?? null, new: after } })
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(stopped(reasonOf(error), comments), forced)
  }
}

async function bringCommits(wish: DetachedWish, comments: string[]): Promise<void> {
  const { repository, name, remote: of, target: folder, otherUrl } = wish
  if (!wish.isCloned) {
    await repository.reachAddress('clone', [name], {
      opts: ['--no-checkout', ...(of === 'origin' ? [] : ['--origin', of])],
    })
    comments.push(`${name} cloned to ${folder}`)
    return
  }
  if (otherUrl !== undefined) {
    const { https_user, https_pass } = wish
    await repository.run('remote_set', [], { url: name, remote: of, https_user, https_pass })
    comments.push(`Remote ${of} updated from '${redacted(otherUrl)}' to '${name}'`)
  }
  if (!wish.mustFetch && otherUrl === undefined) return
  const refspecs = [`refs/heads/*:refs/remotes/${of}/*`, '+refs/tags/*:refs/tags/*']
  try {
    const news = await repository.reach('fetch', [], { remote: of, force: true, refspecs })
    if (typeof news === 'object' && news !== null && Object.keys(news).length > 0) {
      comments.push(`Remote ${of} was fetched, resulting in updated refs`)
    }
  } catch (error) {
    throw failure(`Fetch failed:\n\n${reasonOf(error)}`)
  }
}

/** Resolves to the commit that is checked out now, where it is another than before. */
async function checkOut(wish: DetachedWish, comments: string[]): Promise<string | undefined> {
  const { repository, before, commit, target: folder, rev } = wish
  const id = await repository.commitOf(commit)
  if (id === undefined) throw failure(`Revision '${rev}' does not exist`)
  if (wish.hard_reset && before !== undefined) {
    await repository.run('reset', [], { opts: ['--hard', 'HEAD'] })
    comments.push('Repository was reset to HEAD before checking out revision')
  }
  if (id !== before) {
    await repository.run('checkout', [id], { force: wish.force_checkout })
    comments.push(`Commit ID ${id} was checked out at ${folder}`)
  }
  if (wish.submodules) {
    await repository.reach('submodule', ['update'], { opts: ['--init', '--recursive'] })
    comments.push('Submodules were updated')
  }
  if (id === before) comments.push('Already checked out at correct revision')
  return id === before ? undefined : ((await repository.head()) ?? id)
}
