/** Running programs of the system: what most functions need of `ctx.exec`. */
import { SaltError } from '../../base/errors.ts'
import type { ExecOptions, ExecResult, FunctionContext } from '../plugin.ts'

/** The result, or undefined where the program is not installed. */
export async function runIfInstalled(
  ctx: FunctionContext,
  argv: readonly string[],
  options?: ExecOptions,
): Promise<ExecResult | undefined> {
  try {
    return await ctx.exec(argv, options)
  } catch (error) {
    if (error instanceof SaltError && error.code === 'missing-program') return undefined
    throw error
  }
}

/** Whether the program ended with 0. Throws `missing-program`. */
export async function succeeds(ctx: FunctionContext, argv: readonly string[], options?: ExecOptions): Promise<boolean> {
  const { retcode } = await ctx.exec(argv, options)
  return retcode === 0
}

/**
 * Runs a program that changes something. Where it fails, its complaint is logged and its return code becomes the function's,
 * as with Salt: a result of false alone would end `salt call` with 0.
 */
export async function runChange(
  ctx: FunctionContext,
  argv: readonly string[],
  options?: ExecOptions,
): Promise<ExecResult> {
  const result = await ctx.exec(argv, options)
  if (result.retcode !== 0) {
    // Only the name of the program: its arguments may be secret.
    ctx.log.error(`${argv[0]} failed`, { reason: complaintOf(argv.slice(0, 1), result) })
    ctx.setRetcode(result.retcode)
  }
  return result
}

/** Whether a program that changes something ended with 0; told as by `runChange`. */
export async function changes(ctx: FunctionContext, argv: readonly string[]): Promise<boolean> {
  return (await runChange(ctx, argv)).retcode === 0
}

/** The result of a program that must end with 0; what it complained about becomes the error (`execution-failed`). */
export async function mustRun(
  ctx: FunctionContext,
  argv: readonly string[],
  options?: ExecOptions,
): Promise<ExecResult> {
  const result = await ctx.exec(argv, options)
  if (result.retcode !== 0) throw new SaltError('execution-failed', complaintOf(argv, result))
  return result
}

/** What a program that failed wrote, for people. */
export function complaintOf(argv: readonly string[], { stderr, stdout, retcode }: ExecResult): string {
  return stderr.trim() || stdout.trim() || `${argv.join(' ')} failed with return code ${retcode}`
}

/** Lines that are not empty, without white space at their ends. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}

/** Words of a text that any white space separates. */
export function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== '')
}

/** A name that goes to a program as a word of its own must not be taken for an option (`bad-arguments`). */
export function assertOperand(word: string, what: string): void {
  if (word === '' || word.startsWith('-') || word.includes('\0')) {
    throw new SaltError('bad-arguments', `${JSON.stringify(word)} cannot be ${what}`)
  }
}
