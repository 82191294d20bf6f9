/** Small helpers of the build scripts: programs to call, hashes, progress lines. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs a program and resolves to its standard output; throws with its standard error when it fails. */
export async function call(
  program: string,
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<string> {
  const { timeoutMs, ...rest } = options
  const { stdout } = await execute(program, [...argv], { maxBuffer: 1 << 26, timeout: timeoutMs ?? 0, ...rest })
  return stdout
}

/** Path of a program, or undefined where it is not installed. */
export function which(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  return folders.map((folder) => path.join(folder, program)).find(existsSync)
}

export async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}

const started = performance.now()

/** One line of progress with the seconds since the start. */
export function progress(text: string): void {
  process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}\n`)
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
