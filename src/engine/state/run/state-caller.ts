/** Calls the states of a run, and puts what comes of each into the shape of its results. */
import { type Clock, systemClock } from '../../../base/clock.ts'
import { asSaltError } from '../../../base/errors.ts'
import { matchGlob } from '../../../base/glob.ts'
import { didYouMean } from '../../../base/text.ts'
import { untilAborted } from '../../../base/until-aborted.ts'
import type { FunctionContext, LoadedFunction, StateDefinition, StateRun, Unavailable } from '../../plugin.ts'
import type { LowChunk } from '../low-chunk.ts'
import { stateContext } from '../state-context.ts'
import type { Decision, RunOptions, StateReturn } from '../state-return.ts'
import { GlobalConditions, unmetConditions } from './global-conditions.ts'
import { attemptLine, parseRetry, type Retry, retryNotice, retryWaitMs } from './retry.ts'
import { RunEvents } from './run-events.ts'
import { masked } from './sensitive.ts'
import { type CalledState, callState, type StateCall } from './state-call.ts'
import { roundedMs, StateTime } from './state-time.ts'
import { missingArguments } from './verify-chunk.ts'

export interface Outcome {
  readonly ret: StateReturn
  /** In a dry run: whether it would. */
  readonly hasChanged: boolean
}

type Found = LoadedFunction<StateDefinition> | Unavailable

export class StateCaller {
  readonly #base: FunctionContext
  /** What states are called with; made anew when grains or pillar were read again. */
  #ctx: FunctionContext
  readonly #chunks: readonly LowChunk[]
  readonly #options: RunOptions
  readonly #isReady: (chunk: LowChunk) => boolean
  readonly #clock: Clock
  readonly #memory = new Map<string, unknown>()
  readonly #found = new Map<string, Found>()
  readonly #conditions: GlobalConditions
  readonly #events: RunEvents
  /** Read anew by a state. */
  #pillar: Readonly<Record<string, unknown>> | undefined
  #disabled: readonly string[] | undefined
  #number = 0
  #isStopped = false

  /** @param isReady whether a state has not been run, and waits for nothing */
  constructor(
    ctx: FunctionContext,
    chunks: readonly LowChunk[],
    options: RunOptions,
    isReady: (chunk: LowChunk) => boolean,
  ) {
    this.#base = ctx
    this.#ctx = this.#derived()
    this.#chunks = chunks
    this.#options = options
    this.#isReady = isReady
    this.#clock = options.clock ?? systemClock
    this.#conditions = new GlobalConditions(this.#ctx)
    this.#events = new RunEvents(ctx, options.jid ?? ctx.job?.jid ?? '', chunks.length)
  }

  /** Somebody who was asked wants no more states to be run. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  async takesWatch(chunk: LowChunk): Promise<boolean> {
    const found = await this.#find(chunk)
    return found.kind === 'loaded' && found.definition.watch !== undefined
  }

  /** @param isPlan for a `prereq`: shows what it would do, and takes no number */
  async call(chunk: LowChunk, { isPlan }: { readonly isPlan: boolean }): Promise<Outcome> {
    const found = await this.#find(chunk)
    const refusal = this.#refusal(chunk, found)
    if (refusal !== undefined || found.kind === 'unavailable')
      return { ret: this.#refused(chunk, refusal ?? ''), hasChanged: false }
    if (!isPlan) this.#options.onBegin?.(chunk)
    const isTest = isPlan || this.#options.test
    const args = await this.#aggregated(chunk, found.definition, isTest)
    const outcome = await this.#tried(chunk, { chunk, definition: found.definition, args, isTest }, isPlan)
    if (!isPlan) await this.#refresh(chunk, outcome.hasChanged)
    return outcome
  }

  /** What a state does because others have changed. */
  async watch(chunk: LowChunk, watch: NonNullable<StateCall['watch']>): Promise<Outcome> {
    const found = await this.#find(chunk)
    if (found.kind === 'unavailable' || found.definition.watch === undefined) {
      const full = `${chunk.state}.mod_watch`
      return { ret: this.#refused(chunk, unknownState(chunk, full, `'${full}' is not available.`)), hasChanged: false }
    }
    const { definition } = found
    const call = { chunk, definition, args: chunk.args, isTest: this.#options.test, watch }
    const outcome = await this.#tried(chunk, call, false)
    await this.#refresh(chunk, outcome.hasChanged)
    return outcome
  }

  /** The result of a state that is not called. */
  unrun(
    { name, sls, id }: LowChunk,
    result: boolean,
    comment: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Outcome {
    const time = new StateTime()
    const ret: StateReturn = {
      changes: {},
      result,
      duration: time.duration,
      start_time: time.startTime,
      comment,
      ...more,
      __run_num__: this.#next(),
      __sls__: sls ?? null,
      __id__: id,
      name,
    }
    return { ret, hasChanged: false }
  }

  /** What a dry run of the state said, as its result: what it wanted to change has not been changed. */
  repeated({ name, sls, id }: LowChunk, ret: StateReturn): Outcome {
    const repeated = { ...ret, changes: {}, __run_num__: this.#next(), __sls__: sls ?? null, __id__: id, name }
    return { ret: repeated, hasChanged: false }
  }

  fault(name: string, comment: string): StateReturn {
    return { comment, name, result: false, changes: {}, __run_num__: this.#next() }
  }

  tell(chunk: LowChunk, ret: StateReturn): void {
    this.#options.onReturn?.(chunk, ret)
    this.#events.tell(chunk, ret)
  }

  /** Resolves when the events of what has been told are on their way. */
  settled(): Promise<void> {
    return this.#events.settled()
  }

  #next(): number {
    this.#number += 1
    return this.#number - 1
  }

  async #find({ state, fun, sfun }: LowChunk): Promise<Found> {
    const name = `${state}.${sfun ?? fun}`
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const found = await this.#ctx.states.load(name)
    this.#found.set(name, found)
    return found
  }

  /** Why a state cannot be called at all. */
  #refusal(chunk: LowChunk, found: Found): string | undefined {
    const full = `${chunk.state}.${chunk.fun}`
    this.#disabled ??= disabledStates(this.#ctx)
    const disabledBy = this.#disabled.find((pattern) => matchGlob(pattern, full))
    if (disabledBy !== undefined) {
      return `The state function "${full}" is currently disabled by "${disabledBy}", to re-enable, run state.enable ${disabledBy}.`
    }
    if (found.kind === 'unavailable') return unknownState(chunk, full, `${found.message}${didYouMean(found.nearest)}`)
    const missing = missingArguments(found.definition, chunk)
    return missing.length === 0 ? undefined : `${missing.join('\n')}\n`
  }

  #refused({ name }: LowChunk, comment: string): StateReturn {
    return { result: false, name, changes: {}, comment, __run_num__: this.#next() }
  }

  /** Once, or as often as `retry` says. */
  async #tried(chunk: LowChunk, call: StateCall, isPlan: boolean): Promise<Outcome> {
    const retry = isPlan ? undefined : parseRetry(chunk.args.retry)
    const first = await this.#timed(chunk, call, isPlan)
    if (retry === undefined) return first
    if (call.isTest) return { ...first, ret: { ...first.ret, comment: first.ret.comment + retryNotice(retry) } }
    return await this.#again(chunk, call, retry, first)
  }

  async #again(chunk: LowChunk, call: StateCall, retry: Retry, first: Outcome): Promise<Outcome> {
    const lines: string[] = []
    let last = first
    let durationMs = first.ret.duration ?? 0
    for (let attempt = 1; attempt < retry.attempts && last.ret.result !== retry.until; attempt++) {
      const waitMs = retryWaitMs(retry)
      lines.push(attemptLine(attempt, last.ret.result, last.ret.comment))
      await this.#wait(waitMs)
      last = await this.#timed(chunk, call, false)
      durationMs += waitMs + (last.ret.duration ?? 0)
    }
    if (lines.length === 0) return first
    const comment = [...lines, last.ret.comment].join('\n')
    const { start_time } = first.ret
    const times = { duration: roundedMs(durationMs), ...(start_time === undefined ? {} : { start_time }) }
    return { ...last, ret: { ...last.ret, comment, ...times } }
  }

  async #wait(waitMs: number): Promise<void> {
    const { signal } = this.#ctx
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.after(waitMs, resolve)
    await untilAborted(promise, signal)
    timer.cancel()
    signal.throwIfAborted()
  }

  async #timed(chunk: LowChunk, call: StateCall, isPlan: boolean): Promise<Outcome> {
    const time = new StateTime()
    const called = await this.#called(chunk, call)
    const { result, comment, warnings = [], more, hasChanged } = called
    const changes = chunk.args.sensitive === true ? masked(called.changes) : called.changes
    const ret: StateReturn = {
      name: chunk.name,
      changes,
      result,
      comment,
      ...(warnings.length === 0 ? {} : { warnings }),
      ...more,
      __sls__: chunk.sls ?? null,
      __run_num__: isPlan ? this.#number : this.#next(),
      start_time: time.startTime,
      duration: time.duration,
      __id__: chunk.id,
      ...(chunk.args.parallel === true ? { __parallel__: true } : {}),
    }
    return { ret, hasChanged }
  }

  async #called(chunk: LowChunk, call: StateCall): Promise<CalledState> {
    if (this.#options.mock === true) return { ...mocked, hasChanged: false }
    if (!(await this.#conditions.areMet(chunk))) {
      return { result: null, comment: unmetConditions, changes: {}, hasChanged: false }
    }
    const { confirm, onFingerprint } = this.#options
    return await callState(this.#ctx, this.#runFor(call.isTest), call, {
      ...(confirm === undefined ? {} : { confirm: (asked, plan) => this.#confirm(confirm, asked, plan) }),
      ...(onFingerprint === undefined ? {} : { onFingerprint }),
    })
  }

  async #confirm(
    confirm: NonNullable<RunOptions['confirm']>,
    chunk: LowChunk,
    plan: Parameters<typeof confirm>[1],
  ): Promise<Decision> {
    const changes = chunk.args.sensitive === true ? masked(plan.changes) : plan.changes
    const shown = { comment: plan.comment, changes }
    const decision = await confirm(chunk, this.#ctx.services.pillar?.hide(shown) ?? shown)
    if (decision === 'stop') this.#isStopped = true
    return decision
  }

  /** What a plan leaves for others within a run that changes things must not count. */
  #runFor(isTest: boolean): StateRun {
    const memory = isTest === this.#options.test ? this.#memory : new Map(this.#memory)
    return { chunks: this.#chunks, memory, isTest }
  }

  async #aggregated(chunk: LowChunk, definition: StateDefinition, isTest: boolean): Promise<LowChunk['args']> {
    const { aggregate } = definition
    if (aggregate === undefined || !this.#isAggregated(chunk) || this.#options.mock === true) return chunk.args
    const later = this.#chunks.slice(this.#chunks.indexOf(chunk) + 1).filter((other) => {
      const { unless, onlyif, creates } = other.args
      const isConditional = unless !== undefined || onlyif !== undefined || creates !== undefined
      return other.state === chunk.state && !isConditional && this.#isAggregated(other) && this.#isReady(other)
    })
    if (later.length === 0) return chunk.args
    try {
      return await aggregate(stateContext(this.#ctx, chunk, this.#runFor(isTest)), chunk, later)
    } catch (error) {
      this.#ctx.signal.throwIfAborted()
      const { message } = asSaltError(error)
      this.#ctx.log.error('Later states could not be taken in', {
        state: `${chunk.state}.${chunk.fun}`,
        reason: message,
      })
      return chunk.args
    }
  }

  #isAggregated({ state, args }: LowChunk): boolean {
    const wanted = args.aggregate ?? this.#ctx.config.get('state_aggregate')
    return wanted === true || (Array.isArray(wanted) && wanted.includes(state))
  }

  /** `reload_grains` and `reload_pillar` whatever came of the state, `reload_modules` where it changed something. */
  async #refresh({ args }: LowChunk, hasChanged: boolean): Promise<void> {
    const { services } = this.#base
    if (this.#options.test || this.#options.mock === true) return
    const loadsModules = args.force_reload_modules === true || (args.reload_modules === true && hasChanged)
    if (args.reload_grains === true) await services.refreshGrains?.()
    if (loadsModules || args.reload_grains === true) {
      await services.refreshModules?.()
      this.#found.clear()
    }
    if (args.reload_pillar === true) await this.#readPillar()
    // What a context has looked at stays as it was.
    if (args.reload_grains === true || args.reload_pillar === true) this.#ctx = this.#derived()
  }

  async #readPillar(): Promise<void> {
    await this.#base.services.pillar?.refresh()
    this.#pillar = await this.#options.pillar?.()
  }

  #derived(): FunctionContext {
    return this.#base.derive({ ...ownRetcode, ...(this.#pillar === undefined ? {} : { pillar: this.#pillar }) })
  }
}

const mocked = { result: true, comment: 'Not called, mocked', changes: {} }
/** The return code of a run comes from its results; what functions set that states call is not it. */
const ownRetcode = { setRetcode: () => {} }

function disabledStates(ctx: FunctionContext): readonly string[] {
  const written = ctx.grains.state_runs_disabled
  return Array.isArray(written) ? written.map(String) : []
}

function unknownState({ sls }: LowChunk, full: string, reason: string): string {
  if (sls === undefined) return `Specified state '${full}' was not found\n`
  return `State '${full}' was not found in SLS '${sls}'\nReason: ${reason}\n`
}
