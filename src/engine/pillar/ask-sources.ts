/** Asks the sources of `ext_pillar`, one after the other, each with what there is so far. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { FunctionContext, PillarQuestion } from '../plugin.ts'
import { isTrue } from '../render/values/iterate.ts'
import type { Value } from '../render/values/kinds.ts'
import { toPlain } from '../render/values/plain.ts'
import type { PillarSettings } from './pillar-settings.ts'
import { loadSource, type SourceRequest } from './sources/pillar-source.ts'
import { isSourceName } from './sources/source-names.ts'

export interface SourceRun extends Pick<SourceRequest, 'compileRoots' | 'memory'> {
  readonly sources: readonly Readonly<Record<string, unknown>>[]
  readonly before: Value
  readonly settings: PillarSettings
  readonly question: PillarQuestion
  readonly id: string
  readonly log: Log
  contextFor(data: Value): Promise<FunctionContext>
  merge(left: Value, right: Value): Value
  fail(message: string): void
}

/** What there was before with all that the sources give; one that fails gives nothing, and the run is told. */
export async function askSources(run: SourceRun): Promise<Value> {
  let data = run.before
  for (const source of run.sources) {
    for (const [name, options] of Object.entries(source)) {
      const given = await askOne(run, name, options, data)
      if (isTrue(given)) data = run.merge(data, given)
    }
  }
  return data
}

async function askOne(run: SourceRun, name: string, options: unknown, data: Value): Promise<Value> {
  try {
    if (!isSourceName(name)) throw new SaltError('configuration', 'there is no such source here')
    const ask = await loadSource(name)
    const { id, settings, question, log } = run
    const pillar = toPlain(data)
    const ctx = await run.contextFor(data)
    return await inTime(settings.sourceTimeoutMs, ctx, (limited) =>
      ask(
        {
          id,
          pillar: isRecord(pillar) ? pillar : {},
          ctx: limited,
          settings,
          question,
          log,
          memory: run.memory,
          fail: (message) => run.fail(`Failed to load ext_pillar ${name}: ${message}`),
          compileRoots: run.compileRoots,
        },
        options,
      ),
    )
  } catch (error) {
    const { message, hint } = asSaltError(error)
    run.fail(`Failed to load ext_pillar ${name}: ${message}${hint === undefined ? '' : `. ${hint}`}`)
    return null
  }
}

/** A source that hangs must not hold up the pillar of all minions. */
async function inTime(
  timeoutMs: number,
  ctx: FunctionContext,
  work: (ctx: FunctionContext) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController()
  const { promise: over, reject } = Promise.withResolvers<never>()
  const fault = new SaltError('timeout', `it gave no answer within ${timeoutMs / 1000} s`)
  const timer = setTimeout(() => {
    controller.abort(fault)
    reject(fault)
  }, timeoutMs)
  const signal = AbortSignal.any([ctx.signal, controller.signal])
  try {
    return await Promise.race([work(ctx.derive({ signal })), over])
  } finally {
    clearTimeout(timer)
  }
}
