/** Runs one command line with the meaning that all functions of `cmd` share. */

import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { SaltError } from '../../../base/errors.ts'
import { commaList } from '../../../engine/arguments/comma-list.ts'
import { findAccount } from '../../../engine/functions/accounts.ts'
import type { ExecOptions, ExecResult, FunctionContext, MoreArguments } from '../../../engine/plugin.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import { parseEnvironment, parseRetcodes } from './options.ts'
import { splitShellWords } from './shell-words.ts'
import { renderIfAsked } from './template.ts'

export interface CommandRequest {
  readonly cmd: string | readonly string[]
  readonly cwd?: string | undefined
  readonly stdin?: string | undefined
  readonly runas?: string | undefined
  readonly group?: string | undefined
  readonly shell?: string | undefined
  readonly python_shell?: boolean | undefined
  readonly env?: unknown
  readonly clean_env?: boolean
  readonly template?: string | undefined
  readonly saltenv?: string | undefined
  /** Words that stand before the shell and its line: another root. */
  readonly before?: readonly string[]
  readonly rstrip?: boolean
  readonly umask?: string | undefined
  readonly output_encoding?: string | undefined
  readonly output_loglevel?: string
  readonly timeout?: number | undefined
  readonly reset_system_locale?: boolean
  readonly ignore_retcode?: boolean
  readonly bg?: boolean
  readonly prepend_path?: string | undefined
  readonly success_retcodes?: unknown
  readonly success_stdout?: unknown
  readonly success_stderr?: unknown
  readonly mergeStderr?: boolean
}

export interface CommandResult {
  readonly pid: number
  /** Minus the signal's number where one ended the command, as Python has it. */
  readonly retcode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command and sets the return code of the job. */
export async function runCommand(
  ctx: FunctionContext,
  given: CommandRequest,
  extra: MoreArguments['extra'],
): Promise<CommandResult> {
  const request = await rendered(ctx, given, extra.context)
  const isJob = extra.__pub_jid !== undefined
  if (isJob) assertPermitted(ctx, request.cmd)
  const shell = request.shell ?? defaultShell()
  if (request.before === undefined) assertShell(shell)
  const quiet = request.output_loglevel === 'quiet'
  const argv = [...(request.before ?? []), ...commandLine(ctx, request, shell, isJob)]
  const options = execOptions(request, extra)
  if (!quiet) ctx.log.info('Executing command', { command: firstWord(request.cmd), cwd: options.cwd })
  const result = await ctx.exec(argv, options)
  const outcome = result.timedOut ? timedOut(request, result) : judged(request, result)
  ctx.setRetcode(request.ignore_retcode === true || request.bg === true ? 0 : outcome.retcode)
  if (outcome.retcode !== 0 && request.ignore_retcode !== true && !quiet) {
    ctx.log.error('Command failed', { command: firstWord(request.cmd), retcode: outcome.retcode })
  }
  return outcome
}

/** `$SHELL` of this process, else `/bin/sh`. */
function defaultShell(): string {
  return process.env.SHELL || '/bin/sh'
}

function firstWord(cmd: string | readonly string[]): string {
  return (typeof cmd === 'string' ? cmd : (cmd[0] ?? '')).trim().split(/\s/, 1)[0] ?? ''
}

/** Python's `str.rstrip`; a regular expression would take quadratic time on much white space. */
function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

function isBlank(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f)
  return code === 0x85 || (code !== 0xfeff && /\s/.test(String.fromCharCode(code)))
}

function commandLine(ctx: FunctionContext, request: CommandRequest, shell: string, isJob: boolean): readonly string[] {
  const { cmd, python_shell } = request
  if (typeof cmd !== 'string') return cmd
  const safe = ctx.config.get('cmd_safe') !== false
  return (python_shell ?? (isJob || !safe)) ? [shell, '-c', cmd] : splitShellWords(cmd)
}

function execOptions(request: CommandRequest, extra: MoreArguments['extra']): ExecOptions {
  const env = parseEnvironment(request.env)
  if (request.prepend_path !== undefined && request.prepend_path !== '') {
    env.PATH = `${request.prepend_path}:${env.PATH ?? process.env.PATH ?? ''}`
  }
  const options: { -readonly [K in keyof ExecOptions]: ExecOptions[K] } = {
    cwd: request.cwd || homeFolder(request.runas),
    env,
    cleanEnv: request.clean_env === true,
    mergeStderr: request.mergeStderr === true,
    keepLocale: request.reset_system_locale === false,
    background: request.bg === true,
  }
  if (request.runas !== undefined) options.runas = request.runas
  if (request.group !== undefined) options.group = request.group
  if (request.umask !== undefined) options.umask = request.umask
  if (request.timeout !== undefined) options.timeoutMs = request.timeout * 1000
  if (request.output_encoding !== undefined) options.outputEncoding = request.output_encoding
  if (request.stdin !== undefined) {
    // A line break is written as \n on a command line.
    options.stdin = extra.stdin_raw_newlines === true ? request.stdin : request.stdin.replaceAll('\\n', '\n')
  }
  return options
}

function homeFolder(runas: string | undefined): string {
  const home = runas === undefined ? homedir() : findAccount(runas)?.home
  try {
    if (home === undefined) return '/'
    fs.accessSync(home, fs.constants.R_OK)
    return home
  } catch {
    return '/'
  }
}

function judged(request: CommandRequest, result: ExecResult): CommandResult {
  const strip = request.rstrip === false ? (text: string) => text : stripEnd
  const stdout = strip(result.stdout)
  const stderr = strip(result.stderr)
  const retcode = result.signal === undefined ? result.retcode : -result.signal
  const forgiven =
    parseRetcodes(request.success_retcodes).includes(retcode) ||
    commaList(request.success_stdout).some((text) => stdout.includes(text)) ||
    commaList(request.success_stderr).some((text) => stderr.includes(text))
  return { pid: result.pid, retcode: forgiven ? 0 : retcode, stdout, stderr }
}

function timedOut({ cmd, timeout }: CommandRequest, { pid }: ExecResult): CommandResult {
  const line = typeof cmd === 'string' ? cmd : cmd.join(' ')
  return { pid, retcode: 1, stdout: `${line} : Timed out after ${timeout} seconds`, stderr: '' }
}

/** Salt renders the command line and the folder. */
async function rendered(ctx: FunctionContext, request: CommandRequest, context: unknown): Promise<CommandRequest> {
  const { cmd, cwd, template, saltenv = 'base' } = request
  if (template === undefined || template === '') return request
  const render = (text: string) => renderIfAsked(ctx, template, { text, file: 'cmd', saltenv, context })
  const words = typeof cmd === 'string' ? await render(cmd) : await Promise.all(cmd.map(render))
  return { ...request, cmd: words, ...(cwd === undefined ? {} : { cwd: await render(cwd) }) }
}

function assertShell(shell: string): void {
  if (process.platform === 'win32') return
  try {
    fs.accessSync(shell, fs.constants.X_OK)
    if (fs.statSync(shell).isFile()) return
  } catch {
    // Told below.
  }
  throw new SaltError('execution-failed', `The shell ${shell} is not available`)
}

/** `cmd_blacklist_glob` and `cmd_whitelist_glob` limit what a job may run. */
function assertPermitted(ctx: FunctionContext, cmd: string | readonly string[]): void {
  const line = typeof cmd === 'string' ? cmd : cmd.join(' ')
  const matches = (globs: unknown) => commaList(globs).some((glob) => matchGlob(glob, line))
  const allowed = ctx.config.get('cmd_whitelist_glob')
  const limited = commaList(allowed).length > 0
  if (matches(ctx.config.get('cmd_blacklist_glob')) || (limited && !matches(allowed))) {
    throw new SaltError('execution-failed', `The shell command "${line}" is not permitted`)
  }
}
