/** Functions of `git` that work on files and on the index. */
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { folder, gitOpts, optionsAndTail, opts, output, outputAndMessages, tail } from './arguments.ts'
import { assertKeywords, expandFolder, git, listOf, words } from './command.ts'

/** The letters of `git status` for which Salt has words. */
const stateNames: Readonly<Record<string, string>> = { M: 'modified', A: 'new', D: 'deleted', '??': 'untracked' }

/** State → files, from `git status -z --porcelain`. */
function parseStatus(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  const parts = text.split('\0')
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? ''
    const state = part.slice(0, 2).trim()
    const file = part.slice(3)
    if (state === '' || file === '') continue
    // The next part is the name that the file had before.
    if (/[RC]/.test(state)) at++
    const name = stateNames[state] ?? state
    found[name] = [...(found[name] ?? []), file]
  }
  return found
}

export const workFunctions = {
  add: fn({
    doc: 'Put files into the index.',
    args: { cwd: folder, filename: s.string('File or folder, relative to the repository'), ...optionsAndTail },
    returns: output,
    examples: ["salt '*' git.add /srv/site foo/new.py", "salt '*' git.add /srv/site foo/new.py opts=--dry-run"],
    // Verbose, so that there is something to see.
    run: (ctx, args) => git(ctx, args, ['add', '--verbose', ...words(args.opts), '--', args.filename]),
  }),
  rm: fn({
    doc: 'Remove files from the folder and the index.',
    args: { cwd: folder, filename: s.string('File, relative to the repository'), ...optionsAndTail },
    returns: output,
    examples: ["salt '*' git.rm /srv/app foo/bar.py", "salt '*' git.rm /srv/app foo opts='-r'"],
    run: (ctx, args) => git(ctx, args, ['rm', ...words(args.opts), '--', args.filename]),
  }),
  commit: fn({
    doc: 'Commit what is in the index, or one file.',
    args: {
      cwd: folder,
      message: s.text('The message'),
      opts,
      git_opts: gitOpts,
      user: tail.user,
      password: tail.password,
      filename: s.optional(s.string('Commit this file only')),
      ignore_retcode: tail.ignore_retcode,
      output_encoding: tail.output_encoding,
    },
    returns: output,
    examples: [
      "salt '*' git.commit /srv/site 'The commit message'",
      "salt '*' git.commit /srv/site 'The commit message' filename=README",
    ],
    run(ctx, args) {
      const file = args.filename === undefined || args.filename === '' ? [] : ['--', args.filename]
      return git(ctx, args, ['commit', '-m', args.message, ...words(args.opts), ...file])
    },
  }),
  checkout: fn({
    doc: 'Check out a branch, a tag or a commit.',
    args: {
      cwd: folder,
      rev: s.optional(s.string('What to check out; not needed where opts make a branch')),
      force: s.withDefault(s.boolean('Throw changes away that are in the way'), false),
      ...optionsAndTail,
    },
    returns: outputAndMessages,
    examples: ["salt '*' git.checkout /srv/app develop", "salt '*' git.checkout /srv/app opts='-b newbranch'"],
    run(ctx, args) {
      const options = words(args.opts)
      const rev = args.rev === undefined || args.rev === '' ? [] : [args.rev]
      if (rev.length === 0 && !options.some((option) => /^-[bB]/.test(option))) {
        throw new SaltError('bad-arguments', "'rev' argument is required unless -b or -B in opts")
      }
      const force = args.force ? ['--force'] : []
      return git(ctx, args, ['checkout', ...force, ...options, ...rev], { messages: true })
    },
  }),
  discard_local_changes: fn({
    doc: 'Throw away changes of files that are not in the index.',
    args: { cwd: folder, path: s.withDefault(s.string('File or folder, relative to the repository'), '.'), ...tail },
    returns: outputAndMessages,
    examples: [
      "salt '*' git.discard_local_changes /srv/site",
      "salt '*' git.discard_local_changes /srv/site path=README",
    ],
    run: (ctx, args) => git(ctx, args, ['checkout', '--', args.path], { messages: true }),
  }),
  status: fn({
    doc: 'Tell which files have changed, by the kind of change.',
    args: { cwd: folder, ...tail },
    returns: s.record(s.array(s.string()), 'modified, new, deleted, untracked or letters of git status → files'),
    examples: ["salt '*' git.status /srv/app"],
    run: async (ctx, args) => parseStatus(await git(ctx, args, ['status', '-z', '--porcelain'])),
  }),
  diff: fn({
    doc: 'Show differences between commits, the index and files.',
    args: {
      cwd: folder,
      item1: s.optional(s.string('Commit to compare')),
      item2: s.optional(s.string('Commit to compare it with')),
      opts,
      git_opts: gitOpts,
      user: tail.user,
      password: tail.password,
      no_index: s.withDefault(s.boolean('Compare two paths, whether they are in a repository or not'), false),
      cached: s.withDefault(s.boolean('Compare the index'), false),
      paths: s.optional(s.any('Files and folders to limit it to: a list, or text with commas')),
      output_encoding: tail.output_encoding,
    },
    returns: output,
    examples: [
      "salt '*' git.diff /srv/site",
      "salt '*' git.diff /srv/site HEAD paths=README,foo/bar.py",
      "salt '*' git.diff /srv/docs no_index=true paths=a.txt,b.txt",
    ],
    async run(ctx, args) {
      if (args.no_index && args.cached) {
        throw new SaltError('execution-failed', "The 'no_index' and 'cached' options cannot be used together")
      }
      const items = [args.item1, args.item2].filter((item): item is string => item !== undefined && item !== '')
      const used = args.no_index ? 0 : args.cached ? 1 : 2
      for (const revision of items.slice(used)) ctx.log.warning('Revision ignored in git diff', { revision })
      const kind = args.no_index ? ['--no-index'] : args.cached ? ['--cached'] : []
      const paths = listOf(args.paths)
      const argv = [
        'diff',
        ...words(args.opts),
        ...kind,
        ...items.slice(0, used),
        ...(paths.length === 0 ? [] : ['--', ...paths]),
      ]
      // Without an index, 1 says that there are differences.
      return git(ctx, args, argv, { accepted: args.no_index ? [1] : [] })
    },
  }),
  reset: fn({
    doc: 'Set the branch, the index and with --hard the files to another state.',
    args: { cwd: folder, ...optionsAndTail },
    returns: output,
    examples: ["salt '*' git.reset /srv/app opts='--hard origin/main'"],
    run: (ctx, args) => git(ctx, args, ['reset', ...words(args.opts)]),
  }),
  stash: fn({
    doc: 'Put changes aside, or do something else with what was put aside.',
    args: { cwd: folder, action: s.withDefault(s.string('Action of git stash'), 'save'), ...optionsAndTail },
    returns: output,
    examples: [
      "salt '*' git.stash /srv/site save opts='work in progress'",
      "salt '*' git.stash /srv/site pop",
      "salt '*' git.stash /srv/site list",
    ],
    run: (ctx, args) => git(ctx, args, ['stash', args.action, ...words(args.opts)]),
  }),
  merge: fn({
    doc: 'Merge another branch into the one that is checked out.',
    args: {
      cwd: folder,
      rev: s.optional(s.string('What to merge; by default what git is configured to')),
      opts,
      git_opts: gitOpts,
      ...tail,
    },
    returns: output,
    examples: ["salt '*' git.merge /srv/app upstream/main"],
    run: (ctx, args) => git(ctx, args, ['merge', ...words(args.opts), ...words(args.rev)]),
  }),
  rebase: fn({
    doc: 'Put the commits of the current branch on top of another.',
    args: { cwd: folder, rev: s.withDefault(s.string('The other branch'), 'master'), ...optionsAndTail },
    returns: output,
    examples: ["salt '*' git.rebase /srv/app main", "salt '*' git.rebase /srv/app main opts='--onto develop'"],
    run: (ctx, args) => git(ctx, args, ['rebase', ...words(args.opts), ...words(args.rev)]),
  }),
  archive: fn({
    doc: 'Write the files of a commit into an archive.',
    args: {
      cwd: folder,
      output: s.path('The archive'),
      rev: s.withDefault(s.string('The commit'), 'HEAD'),
      prefix: s.optional(s.string('What stands before each name; by default the name of the folder')),
      git_opts: gitOpts,
      ...tail,
    },
    extra: s.any('format: tar, zip or another that git knows; by default what the name of the archive tells'),
    returns: s.boolean('Always true'),
    examples: [
      "salt '*' git.archive /srv/app /srv/backup/app.tar.gz",
      "salt '*' git.archive /srv/app /srv/backup/app.zip prefix=''",
    ],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'format')
      const repository = expandFolder(args.cwd, args.user)
      const prefix = args.prefix ?? `${posix.basename(repository)}/`
      const format = typeof extra.format === 'string' ? ['--format', extra.format] : []
      const front = prefix === '' ? [] : ['--prefix', prefix]
      await git(ctx, args, ['archive', ...front, ...format, '--output', args.output, args.rev])
      return true
    },
  }),
}
