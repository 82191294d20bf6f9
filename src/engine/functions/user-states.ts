/**
 * States of a user's script. Those that plan do so in their thread, and are done by the same thread; Salt's simple form,
 * `(ctx, { name, test, … }) => ({ result, comment, changes })`, is called with `test` in a dry run and without it otherwise.
 */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import type { MoreArguments, StateContext, StateDefinition, StateModuleDefinition } from '../plugin.ts'
import { pending, type StateOutcome, type StatePlan } from '../state/plan.ts'
import { pluginsIn } from './user-exports.ts'
import { factsOf } from './user-functions.ts'
import type { CheckedFunction } from './user-module-check.ts'
import { type OutcomeSource, readGiven, readOutcome } from './user-outcome.ts'
import type { UserThread } from './user-thread.ts'
import type { ThreadPool } from './user-thread-pool.ts'

/** Throws `bad-arguments` or `internal` with the line where the file is faulty. */
export async function statesOf(pool: ThreadPool, text: string): Promise<StateModuleDefinition[]> {
  const { file } = pool
  const exports = await pool.exports()
  const { mod_watch: watch, ...plain } = exports.plain
  return pluginsIn({ ...exports, plain }, { file, text }, 'states', (module, fun, described, name) => {
    const isWatching = module === null ? watch !== undefined : described.isWatching
    return stateOf({ pool, module, source: { name: `${name}.${fun}`, file } }, fun, { ...described, isWatching })
  })
}

interface StatePlace {
  readonly pool: ThreadPool
  /** Null for a function that the file exports as it is. */
  readonly module: string | null
  readonly source: OutcomeSource
}

type Arguments = Readonly<Record<string, unknown>>

function stateOf(place: StatePlace, fun: string, described: CheckedFunction): StateDefinition {
  const { isPlanned, isWatching, args, ...doc } = described
  const asked = (ctx: StateContext, want: Arguments, more: MoreArguments): UserCall => {
    return new UserCall(place, fun, ctx, want, more)
  }
  const planner =
    (isWatch: boolean) =>
    (ctx: StateContext, want: never, more: MoreArguments): Promise<StatePlan> => {
      const call = asked(ctx, want, more)
      if (place.module === null && isWatch) return withPlace(call.simple('mod_watch'))
      return withPlace(isPlanned ? call.plan(isWatch) : call.simple(fun))
    }
  return {
    ...doc,
    args: Object.hasOwn(args, 'name') ? args : { name: s.string('What it is about'), ...args },
    plan: planner(false),
    ...(isWatching ? { watch: planner(true) } : {}),
  }
}

/** One state of one run. */
class UserCall {
  readonly #place: StatePlace
  readonly #fun: string
  readonly #ctx: StateContext
  readonly #want: Arguments
  readonly #more: MoreArguments

  constructor(place: StatePlace, fun: string, ctx: StateContext, want: Arguments, more: MoreArguments) {
    this.#place = place
    this.#fun = fun
    this.#ctx = ctx
    this.#want = want
    this.#more = more
  }

  async plan(isWatch: boolean): Promise<StatePlan> {
    const { value, thread } = await this.#planned(isWatch)
    if (!isPending(value)) return { kind: 'settled', ...readOutcome(value, this.#place.source) }
    const { ticket, testResult = null } = value
    const { result, ...shown } = readGiven({ ...value, result: testResult }, this.#place.source)
    return pending({ ...shown, testResult: result, apply: () => withPlace(this.#apply(thread, ticket, isWatch)) })
  }

  /** Salt's form: a dry run calls it as well. */
  async simple(fun: string): Promise<StatePlan> {
    const { source } = this.#place
    const run = async (): Promise<StateOutcome> => readOutcome(await this.#call(fun, false), source)
    const apply = () => withPlace(run())
    if (!this.#ctx.run.isTest) return pending({ comment: `${source.name} would be called`, changes: {}, apply })
    const { result, ...shown } = readGiven(await this.#call(fun, true), source)
    return result === null ? pending({ ...shown, apply }) : { kind: 'settled', result, ...shown }
  }

  async #call(fun: string, test: boolean): Promise<unknown> {
    const { pool, module } = this.#place
    const args = { ...this.#want, ...this.#more.extra, test, ...(fun === 'mod_watch' ? { sfun: this.#fun } : {}) }
    const request = { kind: 'call', module, fun, args, more: this.#more, facts: this.#facts() }
    return (await pool.ask(request, this.#ctx, this.#ctx.signal)).value
  }

  #planned(watch: boolean): Promise<{ readonly value: unknown; readonly thread: UserThread }> {
    const { pool, module } = this.#place
    const request = { kind: 'plan', module, fun: this.#fun, watch, args: this.#want, more: this.#more }
    return pool.ask({ ...request, facts: this.#facts() }, this.#ctx, this.#ctx.signal)
  }

  /** A thread that has ended since has forgotten its plan: it is made again, and done. */
  async #apply(thread: UserThread, ticket: unknown, isWatch: boolean): Promise<StateOutcome> {
    const { pool, source } = this.#place
    const { signal } = this.#ctx
    const value = await pool.askAgain(thread, { kind: 'apply', ticket }, this.#ctx, signal)
    if (value !== undefined && !isForgotten(value)) return readOutcome(value, source)
    const again = await this.#planned(isWatch)
    if (!isPending(again.value)) return readOutcome(again.value, source)
    const done = await pool.askAgain(again.thread, { kind: 'apply', ticket: again.value.ticket }, this.#ctx, signal)
    return readOutcome(done, source)
  }

  #facts(): Readonly<Record<string, unknown>> {
    const { saltenv, chunk, changed, run } = this.#ctx
    return { ...factsOf(this.#ctx), saltenv, chunk, changed, test: run.isTest }
  }
}

/** A comment is all that is seen of an error, so the line of the author's file goes into it. */
async function withPlace<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof SaltError) || error.where === undefined) throw error
    throw new SaltError(error.code, `${error.message} (${error.where})`, { cause: error })
  }
}

function isPending(value: unknown): value is Readonly<Record<string, unknown>> & { readonly ticket: unknown } {
  return isRecord(value) && value.kind === 'pending' && value.ticket !== undefined
}

function isForgotten(value: unknown): boolean {
  return isRecord(value) && value.forgotten === true
}
