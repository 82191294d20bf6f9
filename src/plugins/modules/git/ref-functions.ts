/** Functions of `git` about commits, branches and tags. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { linesOf } from '../../../engine/functions/host-programs.ts'
import { fn } from '../../../engine/plugin.ts'
import { alwaysTrue, folder, gitOpts, optionsAndTail, opts, output, tail } from './arguments.ts'
import { assertKeywords, git, listOf, tryGit, words } from './command.ts'

const head = s.withDefault(s.string('A branch, a tag or a commit'), 'HEAD')
const namesOf = s.array(s.string(), 'Names')

export const refFunctions = {
  branch: fn({
    doc: 'Make a branch, or with opts remove or rename one.',
    args: { cwd: folder, name: s.optional(s.string('The branch')), ...optionsAndTail },
    returns: alwaysTrue,
    examples: [
      "salt '*' git.branch /srv/app newbranch opts='HEAD^'",
      "salt '*' git.branch /srv/app merged opts='-d'",
      "salt '*' git.branch /srv/app opts='-m merged newbranch'",
    ],
    async run(ctx, args) {
      const name = args.name === undefined || args.name === '' ? [] : [args.name]
      const options = words(args.opts)
      // A commit to begin at stands behind the name, options stand in front of it.
      const at = options.findIndex((option) => !option.startsWith('-'))
      const [front, back] = at < 0 || name.length === 0 ? [options, []] : [options.slice(0, at), options.slice(at)]
      await git(ctx, args, ['branch', ...front, ...name, ...back])
      return true
    },
  }),
  tag: fn({
    doc: 'Make a tag, or with opts=-d remove one.',
    args: {
      cwd: folder,
      name: s.string('The tag'),
      ref: head,
      message: s.optional(s.text('Message of an annotated tag')),
      ...optionsAndTail,
    },
    returns: output,
    examples: [
      "salt '*' git.tag /srv/app v1.2",
      "salt '*' git.tag /srv/app v1.2 ref=develop message='Version 1.2'",
      "salt '*' git.tag /srv/app v1.0 opts='-d'",
    ],
    run(ctx, args) {
      const options = words(args.opts).filter((option) => option !== '-a' && option !== '--annotate')
      const message = args.message === undefined || args.message === '' ? [] : ['-m', args.message]
      const removes = options.some((option) => option === '-d' || option === '--delete')
      return git(ctx, args, ['tag', ...message, ...options, args.name, ...(removes ? [] : [args.ref])])
    },
  }),
  list_branches: fn({
    doc: 'List the branches of the repository, or of the remotes as they were known last.',
    args: { cwd: folder, remote: s.withDefault(s.boolean('List those of the remotes'), false), ...tail },
    returns: namesOf,
    examples: ["salt '*' git.list_branches /srv/app", "salt '*' git.list_branches /srv/app remote=true"],
    async run(ctx, args) {
      const place = args.remote ? 'refs/remotes/' : 'refs/heads/'
      return linesOf(await git(ctx, args, ['for-each-ref', '--format', '%(refname:short)', place]))
    },
  }),
  list_tags: fn({
    doc: 'List the tags of the repository.',
    args: { cwd: folder, ...tail },
    returns: namesOf,
    examples: ["salt '*' git.list_tags /srv/app"],
    run: async (ctx, args) =>
      linesOf(await git(ctx, args, ['for-each-ref', '--format', '%(refname:short)', 'refs/tags/'])),
  }),
  current_branch: fn({
    doc: 'Tell which branch is checked out: HEAD where it is none.',
    args: { cwd: folder, ...tail },
    returns: s.string('The branch'),
    examples: ["salt '*' git.current_branch /srv/app"],
    run: (ctx, args) => git(ctx, args, ['rev-parse', '--abbrev-ref', 'HEAD']),
  }),
  describe: fn({
    doc: 'Name a commit by the last tag before it, or by its id where there is none.',
    args: { cwd: folder, rev: head, ...tail },
    returns: s.string('The name'),
    examples: ["salt '*' git.describe /srv/app", "salt '*' git.describe /srv/app develop"],
    run: (ctx, args) => git(ctx, args, ['describe', '--always', args.rev]),
  }),
  revision: fn({
    doc: 'Tell the id of a commit.',
    args: { cwd: folder, rev: head, short: s.withDefault(s.boolean('Tell the short form'), false), ...tail },
    returns: s.string('The id'),
    examples: ["salt '*' git.revision /srv/app", "salt '*' git.revision /srv/app develop short=true"],
    run: (ctx, args) => git(ctx, args, ['rev-parse', ...(args.short ? ['--short'] : []), args.rev]),
  }),
  rev_parse: fn({
    doc: 'Ask git rev-parse for a commit, a folder or an option.',
    args: { cwd: folder, rev: s.optional(s.string('A branch, a tag or a commit')), ...optionsAndTail },
    returns: output,
    examples: [
      "salt '*' git.rev_parse /srv/app HEAD",
      "salt '*' git.rev_parse /srv/app opts='--show-toplevel'",
      "salt '*' git.rev_parse /srv/app develop opts='--symbolic-full-name'",
    ],
    run: (ctx, args) =>
      git(ctx, args, [
        'rev-parse',
        ...words(args.opts),
        ...(args.rev === undefined || args.rev === '' ? [] : [args.rev]),
      ]),
  }),
  symbolic_ref: fn({
    doc: 'Show where a symbolic name such as HEAD leads, or make it lead elsewhere.',
    args: {
      cwd: folder,
      ref: s.string('The symbolic name'),
      value: s.optional(s.string('Where it is to lead')),
      ...optionsAndTail,
    },
    returns: output,
    examples: [
      "salt '*' git.symbolic_ref /srv/app HEAD",
      "salt '*' git.symbolic_ref /srv/app CURRENT refs/heads/develop",
      "salt '*' git.symbolic_ref /srv/app CURRENT opts='--delete'",
    ],
    run(ctx, args) {
      const options = words(args.opts)
      const value = args.value === undefined || args.value === '' ? [] : [args.value]
      if (value.length > 0 && options.some((option) => option === '-d' || option === '--delete')) {
        throw new SaltError('bad-arguments', 'Value cannot be set for symbolic ref if -d/--delete is included in opts')
      }
      return git(ctx, args, ['symbolic-ref', ...options, args.ref, ...value])
    },
  }),
  merge_base: fn({
    doc: 'Tell the last commit that others have in common, or answer one of the other questions of git merge-base.',
    args: {
      cwd: folder,
      refs: s.optional(s.any('Branches, tags or commits: a list, or text with commas')),
      octopus: s.withDefault(s.boolean('What all of them have in common, for a merge of several'), false),
      is_ancestor: s.withDefault(s.boolean('Whether the first is part of the history of the second'), false),
      independent: s.withDefault(s.boolean('Those that none of the others has in its history'), false),
      fork_point: s.optional(s.string('Branch that the given commit was forked from')),
      opts,
      git_opts: gitOpts,
      ...tail,
    },
    extra: s.any('all: list all that there are'),
    returns: s.union(
      [s.string(), s.array(s.string()), s.boolean()],
      'A commit, with all=true a list, with is_ancestor=true whether it is so',
    ),
    examples: [
      "salt '*' git.merge_base /srv/app HEAD,upstream/develop",
      "salt '*' git.merge_base /srv/app refs='[main, develop, v1.0]' octopus=true",
      "salt '*' git.merge_base /srv/app refs=HEAD,origin/main is_ancestor=true",
    ],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'all')
      const argv = mergeBaseWords(args, extra.all === true)
      if (args.is_ancestor) {
        const { retcode } = await tryGit(ctx, args, argv)
        return retcode === 0
      }
      const bases = linesOf(await git(ctx, args, argv))
      return extra.all === true || args.independent ? bases : (bases[0] ?? '')
    },
  }),
  merge_tree: fn({
    doc: 'Show how two branches would merge, without doing it.',
    args: {
      cwd: folder,
      ref1: s.string('A branch or commit'),
      ref2: s.string('Another'),
      base: s.optional(s.string('What they have in common; found out by default')),
      ...tail,
    },
    returns: output,
    examples: ["salt '*' git.merge_tree /srv/app HEAD upstream/develop"],
    async run(ctx, args) {
      const base = args.base ?? (await commonBase(() => git(ctx, args, ['merge-base', args.ref1, args.ref2]), args))
      return git(ctx, args, ['merge-tree', base, args.ref1, args.ref2])
    },
  }),
}

async function commonBase(find: () => Promise<string>, refs: { readonly ref1: string; readonly ref2: string }) {
  try {
    return await find()
  } catch (error) {
    const message = `Unable to determine merge base for ${refs.ref1} and ${refs.ref2}`
    throw new SaltError('execution-failed', message, { cause: error })
  }
}

interface MergeBaseRequest {
  readonly refs?: unknown
  readonly octopus: boolean
  readonly is_ancestor: boolean
  readonly independent: boolean
  readonly fork_point?: string | undefined
  readonly opts?: unknown
}

/** Throws `bad-arguments` where arguments contradict each other. */
function mergeBaseWords(request: MergeBaseRequest, all: boolean): string[] {
  const { octopus, is_ancestor: isAncestor, independent, fork_point: forkPoint } = request
  const refs = listOf(request.refs).map((ref) => ref.trim())
  const forks = forkPoint !== undefined && forkPoint !== ''
  if (all && (independent || isAncestor || forks)) {
    throw wrong("The 'all' argument is not compatible with 'independent', 'is_ancestor', or 'fork_point'")
  }
  if ([octopus, independent, isAncestor, forks].filter(Boolean).length > 1) {
    throw wrong("Only one of 'octopus', 'independent', 'is_ancestor', and 'fork_point' is permitted")
  }
  if (isAncestor && refs.length !== 2) throw wrong("Two refs/commits are required if 'is_ancestor' is True")
  if (forks && refs.length > 1) throw wrong("At most one ref/commit can be passed if 'fork_point' is specified")
  const kind = [
    ...(all ? ['--all'] : []),
    ...(octopus ? ['--octopus'] : []),
    ...(isAncestor ? ['--is-ancestor'] : []),
    ...(independent ? ['--independent'] : []),
    ...(forks ? ['--fork-point', forkPoint] : []),
  ]
  return ['merge-base', ...words(request.opts), ...kind, ...(forks && refs.length === 0 ? ['HEAD'] : refs)]
}

function wrong(message: string): SaltError {
  return new SaltError('bad-arguments', message)
}
