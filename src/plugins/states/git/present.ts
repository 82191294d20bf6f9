/** git.present: an empty repository. */
import { lstatSync, rmSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { failure, sentences } from '../../../engine/state/wording.ts'
import { credentials } from './arguments.ts'
import { isFolder, Repository } from './repository.ts'

export const presentState = state({
  doc: 'Make a repository in a folder where there is none.',
  args: {
    name: s.path('Folder of the repository, an absolute path'),
    force: s.withDefault(s.boolean('Remove what is in the folder, where it is no repository'), false),
    bare: s.withDefault(s.boolean('Make one without a folder to work in'), true),
    template: s.optional(s.path('Folder of a template')),
    separate_git_dir: s.optional(s.path('Folder for the data of the repository')),
    shared: s.optional(s.any('Who else may write: group, all, or file permissions in octal')),
    user: credentials.user,
    password: credentials.password,
    output_encoding: credentials.output_encoding,
  },
  examples: ['/srv/git/app.git:\n  git.present:\n    - shared: group', '/srv/app:\n  git.present:\n    - bare: False'],
  plan: (ctx, want) => planPresent(ctx, want),
})

interface PresentArguments {
  readonly name: string
  readonly force: boolean
  readonly bare: boolean
  readonly template?: string | undefined
  readonly separate_git_dir?: string | undefined
  readonly shared?: unknown
  readonly user?: string | undefined
  readonly output_encoding?: string | undefined
}

async function planPresent(ctx: StateContext, want: PresentArguments): Promise<StatePlan> {
  const { name, bare } = want
  if (!isAbsolute(name)) throw failure(`'${name}' is not an absolute path`)
  const repository = new Repository(ctx, name, want)
  const kind = bare ? 'bare ' : ''
  const content = repository.content()
  const isHead = statSync(join(name, 'HEAD'), { throwIfNoEntry: false })?.isFile() === true
  if (bare ? isHead : await repository.exists()) return right('')
  if (content !== undefined && content.length > 0 && !want.force) {
    throw failure(
      `Target '${name}' exists, is non-empty, and is not a git repository. Set the 'force' option to True to remove this directory's contents and proceed with initializing a repository`,
    )
  }
  const isForced = content !== undefined && want.force
  const changes = { ...(isForced ? { 'forced init': true } : {}), new: name }
  return pending({
    comment: isForced
      ? `Target directory ${name} exists. Since force=True, the contents of ${name} would be deleted, and a ${kind}repository would be initialized in its place.`
      : `New ${kind}repository would be created`,
    changes,
    async apply() {
      if (isForced) clear(name)
      const { template, separate_git_dir, shared } = want
      await repository.run('init', [], { bare, template, separate_git_dir, shared })
      const actions = [
        `Initialized ${kind}repository in ${name}`,
        ...(template === undefined ? [] : [`Template directory set to ${template}`]),
        ...(separate_git_dir === undefined ? [] : [`Gitdir set to ${separate_git_dir}`]),
      ]
      return done(sentences(actions), changes)
    },
  })
}

/** A link goes, and not what it leads to. */
function clear(path: string): void {
  if (lstatSync(path).isSymbolicLink()) rmSync(path)
  else if (isFolder(path)) rmSync(path, { recursive: true, force: true })
}
