/** `onlyif`, `unless`, `creates` and `check_cmd`: what commands and functions say of whether a state is run, or has succeeded. */
import { existsSync } from 'node:fs'
import { asSaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonRepr } from '../../base/python-repr.ts'
import type { FunctionContext } from '../plugin.ts'
import { traverse } from '../target/traverse.ts'
import type { LowChunk } from './low-chunk.ts'
import { withSlots } from './slots.ts'

type Arguments = LowChunk['args']

export interface ConditionVerdict {
  readonly isSkipped: boolean
  readonly comment: string
}

/** Options of the commands that are taken from the state, whatever it does with them itself. */
const commandOptions = [
  'cwd',
  'root',
  'runas',
  'env',
  'prepend_path',
  'umask',
  'timeout',
  'success_retcodes',
  'success_stdout',
  'success_stderr',
  'shell',
]

/** Undefined where there are no conditions. The state is skipped where one of the kinds says so. */
export async function checkConditions(ctx: FunctionContext, args: Arguments): Promise<ConditionVerdict | undefined> {
  const { onlyif, unless, creates } = args
  if (onlyif === undefined && unless === undefined && creates === undefined) return undefined
  const options = commandOptionsOf(ctx, args)
  const verdicts: ConditionVerdict[] = []
  if (onlyif !== undefined) verdicts.push(await checkOnlyif(ctx, asList(onlyif), options))
  if (unless !== undefined) verdicts.push(await checkUnless(ctx, asList(unless), options))
  if (creates !== undefined) verdicts.push(checkCreates(ctx, creates))
  const isSkipped = verdicts.some((verdict) => verdict.isSkipped)
  return { isSkipped, comment: verdicts.map(({ comment }) => comment).join('\n') }
}

/** Whether the state has succeeded after all, or failed after all. */
export async function checkAfterwards(
  ctx: FunctionContext,
  args: Arguments,
): Promise<{ result: boolean; comment: string }> {
  const options = commandOptionsOf(ctx, args)
  for (const entry of asList(args.check_cmd)) {
    const verdict = await isTrue(ctx, entry, options, false)
    if (verdict !== true) return { result: false, comment: 'check_cmd determined the state failed' }
  }
  return { result: true, comment: 'check_cmd determined the state succeeded' }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function commandOptionsOf(ctx: FunctionContext, args: Arguments): Arguments {
  const excluded = asList(args.cmd_opts_exclude)
  const options: Record<string, unknown> = {}
  for (const key of commandOptions) {
    if (args[key] !== undefined && args[key] !== null && !excluded.includes(key)) options[key] = args[key]
  }
  const { shell } = options.shell === undefined ? ctx.grains : options
  return typeof shell === 'string' ? { ...options, shell } : options
}

async function checkOnlyif(
  ctx: FunctionContext,
  entries: readonly unknown[],
  options: Arguments,
): Promise<ConditionVerdict> {
  for (const entry of entries) {
    // A command that cannot be run at all is no reason to go on.
    const verdict = await isTrue(ctx, entry, options, false)
    if (verdict === 'no fun')
      return { isSkipped: false, comment: `no \`fun\` argument in onlyif: ${pythonRepr(entry)}` }
    if (verdict === 'bad type') return { isSkipped: false, comment: 'onlyif execution failed, bad type passed' }
    if (!verdict) return { isSkipped: true, comment: 'onlyif condition is false' }
  }
  return { isSkipped: false, comment: 'onlyif condition is true' }
}

async function checkUnless(
  ctx: FunctionContext,
  entries: readonly unknown[],
  options: Arguments,
): Promise<ConditionVerdict> {
  for (const entry of entries) {
    const verdict = await isTrue(ctx, entry, options, true)
    if (verdict === 'no fun')
      return { isSkipped: false, comment: `no \`fun\` argument in unless: ${pythonRepr(entry)}` }
    if (verdict === 'bad type') return { isSkipped: false, comment: 'unless condition is false, bad type passed' }
    if (!verdict) return { isSkipped: false, comment: 'unless condition is false' }
  }
  if (entries.length === 0) return { isSkipped: false, comment: 'unless condition is false' }
  return { isSkipped: true, comment: 'unless condition is true' }
}

function checkCreates(ctx: FunctionContext, creates: unknown): ConditionVerdict {
  if (typeof creates === 'string' && existsSync(ctx.at(creates))) {
    return { isSkipped: true, comment: `${creates} exists` }
  }
  if (Array.isArray(creates) && creates.every((path) => typeof path === 'string' && existsSync(ctx.at(path)))) {
    return { isSkipped: true, comment: 'All files in creates exist' }
  }
  return { isSkipped: false, comment: 'Creates files not found' }
}

/** @param otherwise the answer of a command that cannot be run: what lets the state be skipped */
async function isTrue(
  ctx: FunctionContext,
  entry: unknown,
  options: Arguments,
  otherwise: boolean,
): Promise<boolean | 'no fun' | 'bad type'> {
  if (typeof entry === 'string') return await commandSucceeds(ctx, entry, options, otherwise)
  if (!isRecord(entry)) return 'bad type'
  if (typeof entry.fun !== 'string') return 'no fun'
  return await functionIsTrue(ctx, entry.fun, entry)
}

async function commandSucceeds(
  ctx: FunctionContext,
  line: string,
  options: Arguments,
  otherwise: boolean,
): Promise<boolean> {
  try {
    const retcode = await ctx.salt('cmd.retcode', [line], { ...options, ignore_retcode: true, python_shell: true })
    return retcode === 0
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.debug('The command of a condition could not be run', { line, reason: asSaltError(error).message })
    return otherwise
  }
}

/** The return code that the function sets counts for more than what it gives back. */
async function functionIsTrue(ctx: FunctionContext, fun: string, entry: Arguments): Promise<boolean> {
  const { fun: _fun, args = [], get_return: path, ...keyword } = await withSlots(ctx, entry)
  let retcode = 0
  const own = ctx.derive({
    setRetcode: (value) => {
      retcode = value
    },
  })
  const result = await own.salt(fun, asList(args), keyword)
  const looked = typeof path === 'string' && path !== '' ? traverse(result, path) : result
  return retcode === 0 && isTruthy(looked)
}

/** As Python sees it. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Map) return value.size > 0
  if (isRecord(value) && Object.getPrototypeOf(value) === Object.prototype) return Object.keys(value).length > 0
  return Boolean(value?.valueOf())
}
