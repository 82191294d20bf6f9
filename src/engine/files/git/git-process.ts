/** Runs the system's git for the file server: bytes come back as they are, and nothing is ever asked of a terminal. */
import { spawn } from 'node:child_process'
import { close as closeDescriptor, open as openDescriptor } from 'node:fs'
import { promisify } from 'node:util'
import { SaltError, systemCode } from '../../../base/errors.ts'

export interface GitRun {
  readonly timeoutMs: number
  /** Added to that of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** A new file that takes the output in place of memory. */
  readonly outputFile?: string
}

const largestOutput = 256 * 1024 * 1024
const largestMessage = 64 * 1024

/** What it prints. Throws `missing-program`, `timeout`, and `execution-failed` with git's own reason, without credentials. */
export async function runGit(words: readonly string[], run: GitRun): Promise<Buffer> {
  const descriptor =
    run.outputFile === undefined ? undefined : await promisify(openDescriptor)(run.outputFile, 'wx', 0o600)
  try {
    return await finished(words, run, descriptor)
  } finally {
    if (descriptor !== undefined) await promisify(closeDescriptor)(descriptor)
  }
}

function finished(words: readonly string[], run: GitRun, descriptor: number | undefined): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const child = spawn('git', words, {
    env: { ...ownEnvironment(), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', ...run.env },
    stdio: ['ignore', descriptor ?? 'pipe', 'pipe'],
    // A group of its own: git has helpers, which end with it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const output: Buffer[] = []
  let size = 0
  let message = ''
  let fault: SaltError | undefined
  const end = (why: SaltError): void => {
    fault ??= why
    killGroup(child.pid)
  }
  const timer = setTimeout(
    () => end(new SaltError('timeout', `git did not end within ${run.timeoutMs / 1000} s`)),
    run.timeoutMs,
  )
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > largestOutput) end(new SaltError('overloaded', `git printed more than ${largestOutput} bytes`))
    else output.push(chunk)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    if (message.length < largestMessage) message += chunk.toString('utf8')
  })
  child.once('error', (error) => {
    clearTimeout(timer)
    const isMissing = systemCode(error) === 'ENOENT'
    reject(
      isMissing
        ? new SaltError('missing-program', 'git is not installed')
        : new SaltError('execution-failed', error.message),
    )
  })
  child.once('close', (code) => {
    clearTimeout(timer)
    if (fault === undefined && code === 0) resolve(Buffer.concat(output))
    else reject(fault ?? new SaltError('execution-failed', `git: ${reasonFrom(message)}`))
  })
  return promise
}

/** A repository that the caller of this program has worked in is none of ours. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const {
    GIT_DIR: _dir,
    GIT_WORK_TREE: _tree,
    GIT_INDEX_FILE: _index,
    GIT_OBJECT_DIRECTORY: _objects,
    ...env
  } = process.env
  return env
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function reasonFrom(message: string): string {
  const lines = message.split('\n').filter((line) => /^(?:fatal|error|remote): /.test(line))
  const reason = lines[0] ?? message.trim().split('\n').at(-1) ?? ''
  return withoutCredentials(reason === '' ? 'it failed without a word' : reason)
}

/** An address without the user and the password in it. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^/@\s]*@/g, '$1')
}
