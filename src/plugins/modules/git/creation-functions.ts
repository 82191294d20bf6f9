/** Functions of `git` that make repositories. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { findAccount } from '../../../engine/functions/accounts.ts'
import { withCredentials } from '../../../engine/functions/git-address.ts'
import { fn } from '../../../engine/plugin.ts'
import { alwaysTrue, gitOpts, httpsPass, httpsUser, identity, opts, output, saltenv, tail } from './arguments.ts'
import { expandFolder, git, words } from './command.ts'

export const creationFunctions = {
  clone: fn({
    doc: 'Clone a repository.',
    args: {
      cwd: s.path('Folder of the new repository, or with name the folder that it is made in'),
      url: s.optional(s.string('Address of the repository')),
      name: s.optional(s.string('Name of the new folder')),
      opts,
      git_opts: gitOpts,
      user: tail.user,
      password: tail.password,
      identity,
      https_user: httpsUser,
      https_pass: httpsPass,
      ignore_retcode: tail.ignore_retcode,
      saltenv,
      output_encoding: tail.output_encoding,
    },
    returns: alwaysTrue,
    examples: [
      "salt '*' git.clone /srv/work http://git.example.org/app.git name=app",
      "salt '*' git.clone /srv/copy http://git.example.org/app.git opts='--branch develop'",
    ],
    async run(ctx, args) {
      if (args.url === undefined || args.url === '') throw new SaltError('bad-arguments', "Missing 'url' argument")
      const url = withCredentials(args.url, args.https_user, args.https_pass)
      const target = expandFolder(args.cwd, args.user)
      if (args.name === undefined || args.name === '') {
        const cwd = nearestFolder(dirname(target))
        await git(ctx, { ...args, cwd }, ['clone', ...words(args.opts), '--', url, target])
        return true
      }
      makeFolder(target, args.user)
      await git(ctx, { ...args, cwd: target }, ['clone', ...words(args.opts), '--', url, args.name])
      return true
    },
  }),
  init: fn({
    doc: 'Make an empty repository.',
    args: {
      cwd: s.path('Folder of the repository'),
      bare: s.withDefault(s.boolean('Make one without a folder to work in'), false),
      template: s.optional(s.path('Folder of a template')),
      separate_git_dir: s.optional(s.path('Folder for the data of the repository')),
      shared: s.optional(s.any('Who else may write: group, all, or file permissions in octal')),
      opts,
      git_opts: gitOpts,
      ...tail,
    },
    returns: output,
    examples: ["salt '*' git.init /srv/new", "salt '*' git.init /srv/git/new.git bare=true"],
    run(ctx, args) {
      const argv = ['init', ...(args.bare ? ['--bare'] : [])]
      if (args.template !== undefined) argv.push(`--template=${args.template}`)
      if (args.separate_git_dir !== undefined) argv.push(`--separate-git-dir=${args.separate_git_dir}`)
      if (args.shared !== undefined && args.shared !== null && args.shared !== false) {
        const shared = typeof args.shared === 'number' ? `0${args.shared}` : String(args.shared).toLowerCase()
        argv.push(`--shared=${shared}`)
      }
      const { cwd, ...request } = args
      return git(ctx, request, [...argv, ...words(args.opts), expandFolder(cwd, args.user)])
    },
  }),
}

/** The longest part of a path that is there. */
function nearestFolder(path: string): string {
  return fs.existsSync(path) ? path : nearestFolder(dirname(path))
}

/** A folder that is new belongs to whom git runs as. */
function makeFolder(path: string, user: string | undefined): void {
  if (fs.mkdirSync(path, { recursive: true }) === undefined || user === undefined || process.geteuid?.() !== 0) return
  const account = findAccount(user)
  if (account !== undefined) fs.chownSync(path, account.uid, account.gid)
}
