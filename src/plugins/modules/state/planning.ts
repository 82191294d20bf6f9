/** `state.plan` and `state.apply plan=FILE`. */

import { resolve } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { nameList } from '../../../engine/arguments/comma-list.ts'
import type { FunctionContext, MoreArguments } from '../../../engine/plugin.ts'
import { chunkTag } from '../../../engine/state/low-chunk.ts'
import { overlaid } from '../../../engine/state/options-of-master.ts'
import type { StatePlanFile } from '../../../engine/state/plan-file.ts'
import type { RunOptions } from '../../../engine/state/state-return.ts'
import type { GivenRun } from './arguments.ts'
import { type PreparedRun, runJob, runPrepared, type StateSource } from './running.ts'
import { failed } from './showing.ts'

type Given = GivenRun & { readonly mods?: string | readonly string[] | undefined }

/** What of the arguments decides on the states; the rest is about the one run. */
const kept = ['mods', 'exclude', 'pillar', 'saltenv', 'pillarenv', 'localconfig'] as const

export async function makePlan(
  ctx: FunctionContext,
  { plan_out: out, ...given }: Given & { readonly plan_out?: string | undefined },
  more: MoreArguments,
): Promise<unknown> {
  const source = sourceOf(given)
  return await runJob(ctx, {
    fun: 'state.plan',
    given: { ...given, test: true },
    more,
    source,
    async work(run) {
      const fingerprints = new Map<string, string>()
      const returns = await runPrepared({ ...run, options: { ...run.options, ...keptIn(fingerprints) } })
      if (out === undefined) return returns
      const { planOf, writePlan } = await import('../../../engine/state/plan-file.ts')
      await writePlan(resolve(out), planOf({ ...partsOf(ctx, run), given: keptOf(given), returns, fingerprints }))
      return returns
    },
  })
}

/** Plans anew first: where anything is not as it was, nothing is done, and the differences are the result. */
export async function applyPlan(
  ctx: FunctionContext,
  path: string,
  { test, ...given }: Given & { readonly plan?: string | undefined },
  more: MoreArguments,
): Promise<unknown> {
  const { readPlan } = await import('../../../engine/state/plan-file.ts')
  const both = kept.filter((key) => given[key] !== undefined)
  if (both.length > 0) {
    throw new SaltError('bad-arguments', `the plan says what is run: ${both.join(', ')} cannot be given with it`)
  }
  const plan = readPlan(resolve(path))
  if (plan.id !== ctx.id) {
    const hint = 'A plan holds for the minion that made it.'
    throw new SaltError('execution-failed', `the plan was made on ${plan.id}, and this is ${ctx.id}`, {
      where: path,
      hint,
    })
  }
  const planned: Given = { ...given, ...(plan.given as Given) }
  return await runJob(ctx, {
    fun: 'state.apply',
    given: test === undefined ? planned : { ...planned, test },
    more,
    source: sourceOf(planned),
    work: (run) => applyIfSame(ctx, plan, run),
  })
}

async function applyIfSame(ctx: FunctionContext, plan: StatePlanFile, run: PreparedRun): Promise<unknown> {
  const { planDifferences, planOf } = await import('../../../engine/state/plan-file.ts')
  const { runStates } = await import('../../../engine/state/run/run.ts')
  const { onReturn: _shown, confirm: _asked, ...quiet } = run.options
  const dry = run.ctx.derive({ config: overlaid(run.ctx.config, { test: true }) })
  const fingerprints = new Map<string, string>()
  const returns = await runStates(dry, run.chunks, { ...quiet, ...keptIn(fingerprints), test: true })
  const now = planOf({ ...partsOf(ctx, run), given: plan.given, returns, fingerprints }, plan.sealed.salt)
  const differences = planDifferences(plan, now)
  if (differences.length > 0) {
    return failed(ctx, ['The plan does not hold any more, and nothing was done:', ...differences])
  }
  return await runPrepared(run)
}

function keptIn(fingerprints: Map<string, string>): Pick<RunOptions, 'onFingerprint'> {
  return { onFingerprint: (chunk, fingerprint) => fingerprints.set(chunkTag(chunk), fingerprint) }
}

function partsOf(ctx: FunctionContext, { chunks }: PreparedRun) {
  return { id: ctx.id, chunks, hide: <T>(value: T): T => ctx.services.pillar?.hide(value) ?? value }
}

function sourceOf({ mods }: Given): StateSource {
  return mods === undefined ? { kind: 'top' } : { kind: 'sls', names: nameList(mods) }
}

function keptOf(given: Given): Record<string, unknown> {
  return Object.fromEntries(kept.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]])))
}
