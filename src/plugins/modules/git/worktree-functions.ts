/** Functions of `git` for worktrees, and its version. */
import * as fs from 'node:fs'
import { join, posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { linesOf } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { asUser, folder, gitOpts, opts, outputAndMessages, outputEncoding, tail } from './arguments.ts'
import { assertKeywords, expandFolder, type GitRequest, git, tryGit, words } from './command.ts'

interface FolderRequest extends GitRequest {
  readonly cwd: string
}

/** A worktree has a file `.git` that says where the data is; a repository has a folder. */
async function isWorktree(ctx: FunctionContext, request: FolderRequest): Promise<boolean> {
  const cwd = expandFolder(request.cwd, request.user)
  if (!fs.existsSync(cwd)) return false
  const { retcode, stdout } = await tryGit(ctx, request, ['rev-parse', '--show-toplevel'])
  if (retcode !== 0) return false
  const file = join(stdout.trimEnd(), '.git')
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false
  const match = /^gitdir:\s+(.+?)\n?$/.exec(fs.readFileSync(file, 'utf8'))
  return match !== null && posix.isAbsolute(match[1] ?? '')
}

async function tagsAt(ctx: FunctionContext, request: GitRequest, commit: string): Promise<string[]> {
  const { retcode, stdout } = await tryGit(ctx, request, ['tag', '--points-at', commit])
  return retcode === 0 ? linesOf(stdout) : []
}

/** Blocks of `name value` lines, as `git worktree list --porcelain` prints them; a bare repository has no commit. */
function parseWorktrees(
  text: string,
): { readonly path: string; readonly head: string; readonly branch: string | null }[] {
  return text.split('\n\n').flatMap((block) => {
    const value = (name: string): string | undefined => new RegExp(`^${name} (.*)$`, 'm').exec(block)?.[1]
    const path = value('worktree')
    const head = value('HEAD')
    if (path === undefined || head === undefined) return []
    return [{ path, head, branch: value('branch')?.replace(/^refs\/heads\//, '') ?? null }]
  })
}

export const worktreeFunctions = {
  is_worktree: fn({
    doc: 'Tell whether a folder is a worktree that git worktree has made.',
    args: { cwd: folder, ...asUser, output_encoding: outputEncoding },
    returns: s.boolean(),
    examples: ["salt '*' git.is_worktree /srv/app"],
    run: (ctx, args) => isWorktree(ctx, args),
  }),
  list_worktrees: fn({
    doc: 'Show the worktrees of a repository, itself among them: those whose folder is there, or with stale=true those whose folder is gone.',
    args: {
      cwd: folder,
      stale: s.withDefault(s.boolean('Show those whose folder is gone'), false),
      ...asUser,
      output_encoding: outputEncoding,
    },
    extra: s.any('all: show all of them'),
    returns: s.record(s.any(), 'Folder → stale, HEAD, detached, branch, and tags where no branch is checked out'),
    examples: ["salt '*' git.list_worktrees /srv/site", "salt '*' git.list_worktrees /srv/site all=true"],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'all')
      const found: Record<string, unknown> = {}
      for (const { path, head, branch } of parseWorktrees(await git(ctx, args, ['worktree', 'list', '--porcelain']))) {
        const stale = fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true
        if (extra.all !== true && stale !== args.stale) continue
        const tags = branch === null ? await tagsAt(ctx, args, head) : []
        const detached = branch === null
        found[path] = { stale, HEAD: head, detached, branch, ...(tags.length === 0 ? {} : { tags }) }
      }
      return found
    },
  }),
  worktree_add: fn({
    doc: 'Make a worktree: another folder with another branch of the same repository.',
    args: {
      cwd: folder,
      worktree_path: s.path('The new folder'),
      ref: s.optional(s.string('What to check out there; the current commit by default')),
      reset_branch: s.optional(s.boolean('Set the branch anew where it is there')),
      force: s.optional(s.boolean('Check out a branch that is checked out elsewhere')),
      detach: s.withDefault(s.boolean('Check out the commit without a branch'), false),
      opts,
      git_opts: gitOpts,
      ...tail,
    },
    extra: s.any('branch: name of a new branch; by default the name of the folder'),
    returns: outputAndMessages,
    examples: [
      "salt '*' git.worktree_add /srv/app ../bugfix ref=origin/main",
      "salt '*' git.worktree_add /srv/app ../bugfix branch=bugfix21 ref=v1.0",
    ],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'branch')
      const branch = typeof extra.branch === 'string' ? extra.branch : undefined
      if (branch !== undefined && args.detach) {
        throw new SaltError('bad-arguments', "Only one of 'branch' and 'detach' is allowed")
      }
      const argv = ['worktree', 'add']
      if (args.detach) argv.push('--detach')
      if (args.detach && args.force === true) ctx.log.warning('force is ignored when detach is true')
      if (branch !== undefined) argv.push(args.reset_branch === true ? '-B' : '-b', branch)
      if (!args.detach && args.force === true) argv.push('--force')
      const ref = args.ref === undefined || args.ref === '' ? [] : [args.ref]
      return git(ctx, args, [...argv, ...words(args.opts), args.worktree_path, ...ref], { messages: true })
    },
  }),
  worktree_prune: fn({
    doc: 'Forget worktrees whose folder is gone.',
    args: {
      cwd: folder,
      dry_run: s.withDefault(s.boolean('Only tell what would be forgotten'), false),
      verbose: s.withDefault(s.boolean('Tell what is forgotten'), true),
      expire: s.optional(s.string('Forget only those that are older than this')),
      opts,
      git_opts: gitOpts,
      ...tail,
    },
    returns: outputAndMessages,
    examples: [
      "salt '*' git.worktree_prune /srv/app",
      "salt '*' git.worktree_prune /srv/app dry_run=true expire=1.day.ago",
    ],
    run(ctx, args) {
      const argv = ['worktree', 'prune', ...(args.dry_run ? ['--dry-run'] : []), ...(args.verbose ? ['--verbose'] : [])]
      const expire = args.expire === undefined ? [] : ['--expire', args.expire]
      return git(ctx, args, [...argv, ...expire, ...words(args.opts)], { messages: true })
    },
  }),
  worktree_rm: fn({
    doc: 'Remove the folder of a worktree; git.worktree_prune then makes git forget it.',
    args: { cwd: s.path('The worktree'), user: asUser.user, output_encoding: outputEncoding },
    returns: s.boolean('Always true'),
    examples: ["salt '*' git.worktree_rm /srv/hotfix"],
    async run(ctx, args) {
      const cwd = expandFolder(args.cwd, args.user)
      if (!fs.existsSync(cwd)) throw new SaltError('execution-failed', `${cwd} does not exist`)
      if (!(await isWorktree(ctx, args))) throw new SaltError('execution-failed', `${cwd} is not a git worktree`)
      try {
        fs.rmSync(cwd, { recursive: true, force: true })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new SaltError('execution-failed', `Unable to remove ${cwd}: ${reason}`, { cause: error })
      }
      return true
    },
  }),
  version: fn({
    doc: 'Tell the version of git.',
    args: { versioninfo: s.withDefault(s.boolean('Tell it in parts'), false) },
    returns: s.union([s.string(), s.array(s.any())], 'The version; in parts, those that are numbers are numbers'),
    examples: ["salt '*' git.version", "salt '*' git.version versioninfo=true"],
    async run(ctx, args) {
      const text = await git(ctx, {}, ['--version'])
      const version = /^git version (\S+)/.exec(text)?.[1] ?? text
      if (!args.versioninfo) return version
      return version.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
    },
  }),
}
