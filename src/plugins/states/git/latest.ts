/** git.latest: what it looks at first, and which way it goes. */
import { statSync } from 'node:fs'
import { pythonRepr } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import type { StatePlan } from '../../../engine/state/plan.ts'
import { failure, reasonOf } from '../../../engine/state/wording.ts'
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
import { planClone } from './latest-clone.ts'
import { planUpdate } from './latest-update.ts'
import type { LatestArguments, LatestWish } from './latest-wish.ts'
import { type RemoteRevision, resolveRevision } from './remote-revision.ts'
import { Repository } from './repository.ts'

const latestArguments = {
  name: address,
  rev: s.withDefault(s.string('Branch, tag or commit to check out'), 'HEAD'),
  target,
  branch: s.optional(s.string('Local branch to check it out into; whichever is checked out, by default')),
  user: credentials.user,
  password: credentials.password,
  update_head: s.withDefault(s.boolean('Move the local branch; else the commits are only fetched'), true),
  force_checkout: forceCheckout,
  force_clone: forceClone,
  force_fetch: s.withDefault(s.boolean('Take over branches of the remote that were rewritten'), false),
  force_reset: s.withDefault(
    s.union(
      [s.boolean(), s.literal(['remote-changes'])],
      'Throw local commits and changes away: always, or only where the remote has something new (remote-changes)',
    ),
    false,
  ),
  submodules,
  bare: s.withDefault(s.boolean('Clone without a folder to work in; not with rev'), false),
  mirror: s.withDefault(s.boolean('Clone as a mirror, which is bare, too; not with rev'), false),
  remote,
  fetch_tags: s.withDefault(s.boolean('Fetch all tags'), true),
  sync_tags: s.withDefault(s.boolean('Remove tags that the remote does not have'), true),
  depth: s.optional(s.integer('How many commits of a branch to clone', { minimum: 1 })),
  identity: credentials.identity,
  https_user: credentials.https_user,
  https_pass: credentials.https_pass,
  refspec_branch: s.withDefault(s.string('Pattern of the branches to fetch'), '*'),
  refspec_tag: s.withDefault(s.string('Pattern of the tags to fetch'), '*'),
  output_encoding: credentials.output_encoding,
}

export const latestState = state({
  doc: 'Clone a repository, and bring it to the newest commit of a branch, to a tag or to a commit.',
  args: latestArguments,
  examples: [
    'https://git.example.org/app.git:\n  git.latest:\n    - target: /srv/app\n    - rev: main',
    'the app:\n  git.latest:\n    - name: git@git.example.org:app.git\n    - target: /srv/app\n    - rev: v1.2\n    - user: deploy\n    - identity: salt://keys/deploy\n    - force_reset: remote-changes',
  ],
  plan: (ctx, want) => planLatest(ctx, want),
})

async function planLatest(ctx: StateContext, want: LatestArguments): Promise<StatePlan> {
  const folder = await checkedTarget(ctx, want)
  const bare = want.bare || want.mirror
  if (bare && want.rev !== 'HEAD') {
    throw failure("'rev' is not compatible with the 'mirror' and 'bare' arguments")
  }
  const repository = new Repository(ctx, folder, want)
  const refs = await repository.refsAt(want.name).catch((error: unknown) => {
    ctx.signal.throwIfAborted()
    throw failure(`Failed to check remote refs: ${reasonOf(error)}`)
  })
  const nothing: RemoteRevision = { id: undefined, kind: undefined, upstream: undefined, shown: '' }
  const revision = bare ? nothing : resolveRevision(refs, want.rev, want.remote)
  if (want.depth !== undefined && revision.kind !== 'branch') {
    throw failure("When 'depth' is used, 'rev' must be set to the name of a branch on the remote repository")
  }
  const wish: LatestWish = { ...want, target: folder, bare, repository, refs, revision }
  return (await repository.exists(bare)) ? planUpdate(ctx, wish) : planClone(ctx, wish)
}

async function checkedTarget(ctx: StateContext, want: LatestArguments): Promise<string> {
  if (want.remote === '') throw failure("'remote' argument is required")
  const folder = requiredTarget(want.target)
  if (want.rev === '') throw failure(`${pythonRepr(want.rev)} is not a valid value for the 'rev' argument`)
  await assertIdentity(ctx, want.identity)
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true) {
    throw failure(`Target '${folder}' exists and is a regular file, cannot proceed`)
  }
  return folder
}
