/** cmd.run and what waits for a watch. */
import { existsSync } from 'node:fs'
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { faultOf, type RunWishes, sharedKeywords, statefulOf } from './arguments.ts'
import { type CommandReport, reinterpreted } from './stateful.ts'

export async function planCommand(ctx: StateContext, want: RunWishes): Promise<StatePlan> {
  const fault = faultOf(want)
  if (fault !== undefined) return impossible(fault)
  const { isStateful, testCommand } = statefulOf(want.stateful)
  if (ctx.run.isTest && testCommand !== undefined) return told(await execute(ctx, { ...want, name: testCommand }, true))
  return pending({
    comment: `Command "${want.name}" would have been executed`,
    changes: {},
    apply: () => execute(ctx, want, isStateful),
  })
}

/** What a command of a dry run said would happen. */
export function told(outcome: StateOutcome): StatePlan {
  const { comment, changes, result } = outcome
  if (!result || Object.keys(changes).length === 0) return { kind: 'settled', ...outcome }
  return pending({ comment, changes, apply: () => outcome })
}

/** Undefined where the folder is there, or none is wanted. */
export function missingFolder(cwd: string | undefined): StateOutcome | undefined {
  if (cwd === undefined || cwd === '' || existsSync(cwd)) return undefined
  return failed(`Desired working directory "${cwd}" is not available`)
}

async function execute(ctx: StateContext, want: RunWishes, isStateful: boolean): Promise<StateOutcome> {
  const missing = missingFolder(want.root === undefined ? want.cwd : undefined)
  if (missing !== undefined) return missing
  const report = forgiven(want, await run(ctx, want))
  if (isStateful && isReport(report)) return reinterpreted(report)
  const outcome = report.retcode === 0 || report.retcode === undefined ? done : failed
  return outcome(`Command "${want.name}" run`, report)
}

async function run(ctx: StateContext, want: RunWishes): Promise<Record<string, unknown>> {
  const { name, root, prepend_path, clean_env, rstrip, ignore_retcode } = want
  const keywords = { ...sharedKeywords(ctx, want), prepend_path, clean_env }
  if (want.bg) {
    const { hide_output: _hidden, ...others } = keywords as Record<string, unknown>
    return reportOf(await ctx.salt('cmd.run_bg', [name], others))
  }
  const all = { ...keywords, rstrip, ignore_retcode, redirect_stderr: want.redirect_stderr }
  if (root === undefined) return reportOf(await ctx.salt('cmd.run_all', [name], all))
  return reportOf(await ctx.salt('cmd.run_chroot', [root, name], all))
}

export function reportOf(answer: unknown): Record<string, unknown> {
  return isRecord(answer) ? answer : { retcode: answer }
}

export function isReport(report: Record<string, unknown>): report is Record<string, unknown> & CommandReport {
  return typeof report.retcode === 'number' && typeof report.stdout === 'string' && typeof report.stderr === 'string'
}

function forgiven({ ignore_timeout }: RunWishes, report: Record<string, unknown>): Record<string, unknown> {
  const isTimeout = report.retcode === 1 && String(report.stdout).includes('Timed out after')
  return ignore_timeout && isTimeout ? { ...report, retcode: 0 } : report
}
