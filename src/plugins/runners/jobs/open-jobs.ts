/** Jobs that some minion still has to do with. */
import { isRecord } from '../../../base/narrow.ts'
import type { TargetOutcome, TargetState } from '../../../client/api.ts'
import type { JobRecord } from '../../../engine/jobs/types.ts'
import type { RunnerContext } from '../../../engine/plugin.ts'
import { missingText } from './job-texts.ts'

export function inState(ctx: RunnerContext, { jid: id, minions }: JobRecord, state: TargetState): string[] {
  const states = ctx.jobs.states(id)
  return minions.filter((minion) => states[minion] === state)
}

/** Shows each outcome as it comes, as `salt` does; answers the state of each target. */
export async function followJob(ctx: RunnerContext, id: string): Promise<Record<string, string>> {
  const states: Record<string, string> = {}
  await ctx.follow(id, (outcome) => {
    const { ret, state } = outcome
    states[outcome.id] = state
    ctx.progress(
      { [outcome.id]: ret === undefined ? missingText(outcome) : ret.return },
      { outputter: ret?.out, retcode: ret?.retcode },
    )
    if (!endsWell(outcome)) ctx.setRetcode(1)
  })
  return states
}

/** Whether the command that follows a job may end with 0. */
function endsWell({ ret, state }: TargetOutcome): boolean {
  return ret === undefined ? state === 'queued' : ret.success && ret.retcode === 0
}

/** Process id of each running job on each minion, asked of the minions that have open jobs. */
export async function runningProcesses(
  ctx: RunnerContext,
  open: readonly JobRecord[],
): Promise<Map<string, Map<string, unknown>>> {
  const minions = new Set(open.flatMap((job) => runningOn(ctx, job)))
  const found = new Map<string, Map<string, unknown>>()
  if (minions.size === 0) return found
  const outcomes = await ctx.publish({ tgt: [...minions], tgtType: 'list', fun: 'saltutil.running' })
  for (const { id, ret } of outcomes) {
    for (const job of Array.isArray(ret?.return) ? ret.return : []) {
      if (!isRecord(job) || typeof job.jid !== 'string') continue
      const processes = found.get(job.jid) ?? new Map<string, unknown>()
      found.set(job.jid, processes.set(id, job.pid))
    }
  }
  return found
}

/** Targets without a final state; the store lists those that have one. */
export function runningOn(ctx: RunnerContext, { jid: id, minions }: JobRecord): string[] {
  const states = ctx.jobs.states(id)
  return minions.filter((minion) => states[minion] === undefined || states[minion] === 'running')
}
