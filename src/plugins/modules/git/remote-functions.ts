/** Functions of `git` that talk to other repositories. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { redacted, withCredentials } from '../../../engine/functions/git-address.ts'
import { assertOperand } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import {
  folder,
  gitOpts,
  httpsPass,
  httpsUser,
  identity,
  opts,
  output,
  outputAndMessages,
  remoteTail,
  saltenv,
  tail,
} from './arguments.ts'
import { assertKeywords, expandFolder, type GitRequest, git, listOf, words } from './command.ts'

const redactAuth = s.withDefault(s.boolean('Hide names and passwords in addresses'), true)
const hashes = s.record(s.string(), 'Full name → id')
const urls = s.record(s.string(), 'fetch and push → address')

/** Lines `id name`, as `git ls-remote` prints them. */
function parseRefs(text: string): Record<string, string> {
  const pairs = text.split('\n').map((line) => /^(\S+)\s+(.+?)\s*$/.exec(line))
  return Object.fromEntries(pairs.flatMap((match) => (match === null ? [] : [[match[2] ?? '', match[1] ?? '']])))
}

/** What `git fetch` tells on its stderr. */
function parseFetch(text: string): Record<string, unknown> {
  const tags: string[] = []
  const branches: string[] = []
  const updatedTags: string[] = []
  const updated: Record<string, { old: string; new: string }> = {}
  for (const line of text.split('\n')) {
    const match = /^[\s*+t-]*(?:([0-9a-f]+)\.{2,3}([0-9a-f]+)|\[(new tag|new branch|tag update)\])\s+(.+?)\s*->/.exec(
      line,
    )
    if (match === null) continue
    const [, old = '', id = '', kind, name = ''] = match
    if (kind === undefined) updated[name] = { old, new: id }
    else if (kind === 'new tag') tags.push(name)
    else if (kind === 'new branch') branches.push(name)
    else updatedTags.push(name)
  }
  return {
    ...(tags.length === 0 ? {} : { 'new tags': tags }),
    ...(branches.length === 0 ? {} : { 'new branches': branches }),
    ...(updatedTags.length === 0 ? {} : { 'updated tags': updatedTags }),
    ...(Object.keys(updated).length === 0 ? {} : { 'updated branches': updated }),
  }
}

type Remotes = Record<string, Record<string, string>>

async function remotesOf(ctx: FunctionContext, request: GitRequest, redact: boolean): Promise<Remotes> {
  const found: Remotes = {}
  for (const line of (await git(ctx, request, ['remote', '--verbose', 'show'])).split('\n')) {
    const match = /^(\S+)\s+(.+)\s+\((fetch|push)\)/.exec(line)
    if (match === null) continue
    const [, name = '', url = '', action = ''] = match
    found[name] = { ...found[name], [action]: redact ? redacted(url) : url }
  }
  return found
}

interface RemoteGetRequest extends GitRequest {
  readonly cwd: string
  readonly remote: string
}

async function remoteOf(ctx: FunctionContext, request: RemoteGetRequest, redact: boolean) {
  const found = (await remotesOf(ctx, request, redact))[request.remote]
  if (found !== undefined) return found
  const where = expandFolder(request.cwd, request.user)
  throw new SaltError('execution-failed', `Remote '${request.remote}' not present in git checkout located at ${where}`)
}

export const remoteFunctions = {
  fetch: fn({
    doc: 'Fetch branches and tags, and tell what is new.',
    args: {
      cwd: folder,
      remote: s.optional(s.string('Name of the remote, or an address')),
      force: s.withDefault(s.boolean('Take over branches that were rewritten'), false),
      refspecs: s.optional(s.any('What to fetch: a list, or text with commas')),
      ...remoteTail,
    },
    returns: s.record(s.any(), 'new tags, new branches, updated tags and updated branches, as far as there are any'),
    examples: [
      "salt '*' git.fetch /srv/app upstream",
      "salt '*' git.fetch /srv/app identity=/srv/fred/.ssh/id_ed25519",
    ],
    async run(ctx, args) {
      const options = words(args.opts)
      const force = args.force && !options.includes('--force') && !options.includes('-f') ? ['--force'] : []
      const remote = operand(args.remote)
      const refs = listOf(args.refspecs).map((ref) => ref.trim())
      return parseFetch(await git(ctx, args, ['fetch', ...force, ...options, ...remote, ...refs], { messages: true }))
    },
  }),
  pull: fn({
    doc: 'Fetch from the remote and merge.',
    args: { cwd: folder, ...remoteTail },
    returns: output,
    examples: ["salt '*' git.pull /srv/app opts='--rebase origin main'"],
    run: (ctx, args) => git(ctx, args, ['pull', ...words(args.opts)]),
  }),
  push: fn({
    doc: 'Push a branch or a tag to a remote.',
    args: {
      cwd: folder,
      remote: s.optional(s.string('Name of the remote, or an address')),
      ref: s.optional(s.string('What to push; `a:b` gives it another name there, `:b` removes it there')),
      ...remoteTail,
    },
    returns: outputAndMessages,
    examples: ["salt '*' git.push /srv/app origin main", "salt '*' git.push /srv/app origin :old"],
    run: (ctx, args) =>
      git(ctx, args, ['push', ...words(args.opts), ...operand(args.remote), ...operand(args.ref)], { messages: true }),
  }),
  ls_remote: fn({
    doc: 'List what a remote has, with the ids.',
    args: {
      cwd: s.optional(folder),
      remote: s.withDefault(s.string('Name of the remote, or an address'), 'origin'),
      ref: s.optional(s.string('Show this branch or tag only')),
      opts,
      git_opts: gitOpts,
      user: tail.user,
      password: tail.password,
      identity,
      https_user: httpsUser,
      https_pass: httpsPass,
      ignore_retcode: tail.ignore_retcode,
      output_encoding: tail.output_encoding,
      saltenv,
    },
    returns: hashes,
    examples: [
      "salt '*' git.ls_remote /srv/app origin main",
      "salt '*' git.ls_remote remote=http://git.example.org/app.git ref=main opts='--tags'",
    ],
    async run(ctx, args) {
      const url = withCredentials(args.remote, args.https_user, args.https_pass)
      return parseRefs(await git(ctx, args, ['ls-remote', ...words(args.opts), ...operand(url), ...operand(args.ref)]))
    },
  }),
  remote_refs: fn({
    doc: 'List what a repository at an address has, with the ids.',
    args: {
      url: s.string('Address of the repository'),
      heads: s.withDefault(s.boolean('List branches'), false),
      tags: s.withDefault(s.boolean('List tags'), false),
      user: tail.user,
      password: tail.password,
      identity,
      https_user: httpsUser,
      https_pass: httpsPass,
      ignore_retcode: tail.ignore_retcode,
      output_encoding: tail.output_encoding,
      saltenv,
    },
    extra: s.any('filter: a name or a shell-style pattern to limit it to'),
    returns: hashes,
    examples: [
      "salt '*' git.remote_refs http://git.example.org/app.git",
      "salt '*' git.remote_refs http://git.example.org/app.git filter=refs/heads/main",
    ],
    async run(ctx, args, { extra }) {
      assertKeywords(extra, 'filter')
      const url = withCredentials(args.url, args.https_user, args.https_pass)
      const kinds = [...(args.heads ? ['--heads'] : []), ...(args.tags ? ['--tags'] : [])]
      const filter = typeof extra.filter === 'string' ? [extra.filter] : []
      return parseRefs(await git(ctx, args, ['ls-remote', ...kinds, ...operand(url), ...filter]))
    },
  }),
  remotes: fn({
    doc: 'Show the remotes with their addresses.',
    args: { cwd: folder, ...tail, redact_auth: redactAuth },
    returns: s.record(urls),
    examples: ["salt '*' git.remotes /srv/app"],
    run: (ctx, args) => remotesOf(ctx, args, args.redact_auth),
  }),
  remote_get: fn({
    doc: 'Show the addresses of one remote.',
    args: {
      cwd: folder,
      remote: s.withDefault(s.string('Name of the remote'), 'origin'),
      ...tail,
      redact_auth: redactAuth,
    },
    returns: urls,
    examples: ["salt '*' git.remote_get /srv/app", "salt '*' git.remote_get /srv/app upstream"],
    run: (ctx, args) => remoteOf(ctx, args, args.redact_auth),
  }),
  remote_set: fn({
    doc: 'Give a remote its addresses; it is made where it is not there.',
    args: {
      cwd: folder,
      url: s.string('Address to fetch from'),
      remote: s.withDefault(s.string('Name of the remote'), 'origin'),
      user: tail.user,
      password: tail.password,
      https_user: httpsUser,
      https_pass: httpsPass,
      push_url: s.optional(s.string('Address to push to, if it is another')),
      push_https_user: httpsUser,
      push_https_pass: httpsPass,
      ignore_retcode: tail.ignore_retcode,
      output_encoding: tail.output_encoding,
    },
    returns: urls,
    examples: [
      "salt '*' git.remote_set /srv/app git@github.com:user/repo.git",
      "salt '*' git.remote_set /srv/app https://example.com/repo.git remote=upstream push_url=git@example.com:repo.git",
    ],
    async run(ctx, args) {
      const url = withCredentials(args.url, args.https_user, args.https_pass)
      const name = operand(args.remote)
      if (Object.hasOwn(await remotesOf(ctx, args, true), args.remote)) await git(ctx, args, ['remote', 'rm', ...name])
      await git(ctx, args, ['remote', 'add', ...name, ...operand(url)])
      if (args.push_url !== undefined && args.push_url !== '') {
        const pushUrl = withCredentials(args.push_url, args.push_https_user, args.push_https_pass)
        await git(ctx, args, ['remote', 'set-url', '--push', ...name, ...operand(pushUrl)])
      }
      return remoteOf(ctx, args, true)
    },
  }),
  submodule: fn({
    doc: 'Do something with the submodules.',
    args: { cwd: folder, command: s.string('Action of git submodule'), ...remoteTail },
    returns: output,
    examples: [
      "salt '*' git.submodule /srv/app update opts='--init --recursive'",
      "salt '*' git.submodule /srv/app status",
    ],
    run: (ctx, args) => git(ctx, args, ['submodule', args.command, ...words(args.opts)]),
  }),
}

/** One word or none; what begins with a dash would be taken for an option. */
function operand(word: string | undefined): string[] {
  if (word === undefined || word === '') return []
  assertOperand(word, 'the name of a remote or a branch')
  return [word]
}
