/** hold and unhold of `pkg`, from what a package manager knows about packages that stay at their version. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { otherArguments } from './answers.ts'
import { packageArguments, packageNames } from './package-request.ts'
import { faultText } from './package-table.ts'

export interface HoldTool {
  normalize(ctx: FunctionContext, name: string): string
  /** How to tell the state of a package: `hold`, another one, or undefined where it has none. */
  states(ctx: FunctionContext): Promise<(name: string) => string | undefined>
  set(
    ctx: FunctionContext,
    name: string,
    hold: boolean,
  ): Promise<{ readonly retcode: number; readonly stdout: string; readonly stderr: string }>
  /** The state of what is not held any more. */
  readonly released: string
}

interface HoldAnswer {
  readonly name: string
  readonly changes: Record<string, string>
  readonly result: boolean | null
  readonly comment: string
}

const { name, pkgs, sources } = packageArguments
const target = { name, pkgs, sources }
const answers = s.record(s.any(), 'Name → what was done')

interface HoldRequest {
  readonly name?: string | undefined
  readonly pkgs?: unknown[] | string | undefined
  readonly sources?: unknown[] | undefined
}

export function holdFunctions(tool: HoldTool) {
  return {
    hold: fn({
      doc: 'Keep packages at their version when others are upgraded.',
      args: target,
      extra: otherArguments,
      returns: answers,
      examples: ["salt '*' pkg.hold bash", "salt '*' pkg.hold pkgs='[bash, dash]'"],
      run: (ctx, args) => setHolds(ctx, tool, args, true),
    }),
    unhold: fn({
      doc: 'Let packages be upgraded again.',
      args: target,
      extra: otherArguments,
      returns: answers,
      examples: ["salt '*' pkg.unhold bash"],
      run: (ctx, args) => setHolds(ctx, tool, args, false),
    }),
  }
}

async function setHolds(ctx: FunctionContext, tool: HoldTool, given: HoldRequest, hold: boolean) {
  if (given.name === undefined && given.pkgs === undefined && given.sources === undefined) {
    throw new SaltError('bad-arguments', 'One of name, pkgs, or sources must be specified.')
  }
  if (given.pkgs !== undefined && given.sources !== undefined) {
    throw new SaltError('bad-arguments', 'Only one of pkgs or sources can be specified.')
  }
  const names =
    given.sources === undefined
      ? await packageNames(ctx, given, (full) => tool.normalize(ctx, full))
      : given.sources.flatMap((item) => (isRecord(item) ? Object.keys(item) : [String(item)]))
  const stateOf = await tool.states(ctx)
  const found: Record<string, HoldAnswer> = {}
  for (const one of names) found[one] = await setHold(ctx, tool, { name: one, state: stateOf(one), hold })
  return found
}

async function setHold(
  ctx: FunctionContext,
  tool: HoldTool,
  { name: one, state, hold }: { readonly name: string; readonly state: string | undefined; readonly hold: boolean },
): Promise<HoldAnswer> {
  const answer = { name: one, changes: {}, result: true }
  if (state === undefined) return { ...answer, result: false, comment: `Package ${one} does not have a state.` }
  if (hold === (state === 'hold')) {
    return { ...answer, comment: `Package ${one} is already ${hold ? '' : 'not '}set to be held.` }
  }
  if (ctx.config.get('test') === true) {
    return { ...answer, result: null, comment: `Package ${one} is set ${hold ? '' : 'not '}to be held.` }
  }
  const outcome = await tool.set(ctx, one, hold)
  if (outcome.retcode !== 0) {
    const comment = `Package ${one} was unable to be ${hold ? 'held' : 'unheld'}: ${faultText(outcome)}`
    return { ...answer, result: false, comment }
  }
  const changes = { old: state, new: hold ? 'hold' : tool.released }
  return { ...answer, changes, comment: `Package ${one} is ${hold ? 'now' : 'no longer'} being held.` }
}
