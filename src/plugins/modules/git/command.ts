/** Runs git as the functions of this module want it. */
import * as fs from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { findAccount } from '../../../engine/functions/accounts.ts'
import { redacted } from '../../../engine/functions/git-address.ts'
import type { ExecOptions, ExecResult, FunctionContext } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { localPath, readSource } from '../file/source.ts'

/** The arguments of a function that say how git is to be run. */
export interface GitRequest {
  readonly cwd?: string | undefined
  readonly git_opts?: unknown
  readonly user?: string | undefined
  readonly identity?: unknown
  readonly saltenv?: string
  readonly output_encoding?: string | undefined
}

export interface GitMode {
  /** Messages that git writes to stderr are part of the result. */
  readonly messages?: boolean
  /** Return codes besides 0 that are no failure. */
  readonly accepted?: readonly number[]
}

/** Options as words: a text is split as a shell does; a `--` at the end would be one too many. */
export function words(options: unknown): string[] {
  if (options === undefined || options === null || options === '') return []
  const list = Array.isArray(options) ? options.map(pythonString) : splitShellWords(pythonString(options))
  return list.at(-1) === '--' ? list.slice(0, -1) : list
}

/** A list, or a text with commas. */
export function listOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.map(pythonString) : pythonString(value).split(',')
}

/** An absolute path; a relative one begins in the home folder of the user. */
export function expandFolder(cwd: string, user: string | undefined): string {
  const home = user === undefined ? homedir() : (findAccount(user)?.home ?? '/')
  if (cwd === '~' || cwd.startsWith('~/')) return posix.join(home, cwd.slice(1))
  return posix.resolve(home, cwd)
}

/** What git wrote, without white space at its end. Throws `execution-failed` with git's own words. */
export async function git(
  ctx: FunctionContext,
  request: GitRequest,
  argv: readonly string[],
  mode: GitMode = {},
): Promise<string> {
  const result = await tryGit(ctx, request, argv, mode)
  if (result.retcode !== 0 && mode.accepted?.includes(result.retcode) !== true)
    throw failed(['git', ...words(request.git_opts), ...argv], result)
  return result.stdout.trimEnd()
}

function failed(argv: readonly string[], { stdout, stderr }: ExecResult): SaltError {
  const reason = (stderr || stdout).trim()
  return new SaltError('execution-failed', redacted(`Command '${argv.join(' ')}' failed${reason && `: ${reason}`}`))
}

/** The result, whatever it is; of several keys the first with which it works, or the last. */
export async function tryGit(
  ctx: FunctionContext,
  request: GitRequest,
  argv: readonly string[],
  { messages = false }: GitMode = {},
): Promise<ExecResult> {
  const command = ['git', ...words(request.git_opts), ...argv]
  const options: ExecOptions = {
    ...(request.cwd === undefined ? {} : { cwd: expandFolder(request.cwd, request.user) }),
    ...(request.user === undefined ? {} : { runas: request.user }),
    ...(request.output_encoding === undefined ? {} : { outputEncoding: request.output_encoding }),
    mergeStderr: messages,
    env: plainEnvironment,
  }
  const keys = listOf(request.identity)
    .map((key) => key.trim())
    .filter((key) => key !== '')
  if (keys.length === 0) return ctx.exec(command, options)
  let result: ExecResult | undefined
  for (const key of keys) {
    using file = await keyFile(ctx, key, request)
    result = await ctx.exec(command, {
      ...options,
      env: { ...plainEnvironment, GIT_SSH_COMMAND: sshCommand(file.path) },
    })
    if (result.retcode === 0) return result
  }
  return result ?? ctx.exec(command, options)
}

/** Nobody is there to answer a question. */
const plainEnvironment = { GIT_TERMINAL_PROMPT: '0' }

/** An unknown host is trusted once, a host whose key has changed is not. */
function sshCommand(key: string): string {
  const options = ['StrictHostKeyChecking=accept-new', 'BatchMode=yes', 'IdentitiesOnly=yes']
  return ['ssh', ...options.map((option) => `-o${option}`), '-i', `'${key.replaceAll("'", "'\\''")}'`].join(' ')
}

interface KeyFile extends Disposable {
  readonly path: string
}

/** A local key, or a private copy of one from the file server that vanishes with the result. */
async function keyFile(ctx: FunctionContext, key: string, { user, saltenv = 'base' }: GitRequest): Promise<KeyFile> {
  const local = key.includes('://') ? localPath(key) : expandFolder(key, user)
  const content = local === undefined ? await readSource(ctx, key, saltenv) : undefined
  if (local === undefined ? content === undefined : !fs.existsSync(local)) {
    throw new SaltError('execution-failed', `The SSH key ${key} was not found.`)
  }
  if (local !== undefined) return { path: local, [Symbol.dispose]() {} }
  const folder = fs.mkdtempSync(join(tmpdir(), 'git-'))
  const path = join(folder, 'key')
  fs.writeFileSync(path, content ?? '', { mode: 0o600 })
  const account = user === undefined ? undefined : findAccount(user)
  if (account !== undefined && process.geteuid?.() === 0) {
    for (const one of [folder, path]) fs.chownSync(one, account.uid, account.gid)
  }
  return { path, [Symbol.dispose]: () => fs.rmSync(folder, { recursive: true, force: true }) }
}

/** Throws `bad-arguments` for keyword arguments that the function does not know. */
export function assertKeywords(extra: Readonly<Record<string, unknown>>, ...known: readonly string[]): void {
  const wrong = Object.keys(extra).filter((name) => !known.includes(name) && !name.startsWith('__'))
  if (wrong.length === 0) return
  const list = wrong.map((name) => `${name}=${pythonString(extra[name])}`).join(', ')
  throw new SaltError('bad-arguments', `The following keyword arguments are not valid: ${list}`)
}
