/** Calls a function for a job, and turns whatever happens into a return (SPEC of Salt's return semantics). */
import { systemClock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'
import type { LoadedFunction, Unavailable } from '../plugin.ts'
import { bindArguments, localPublication, publicationOf } from './bind.ts'
import { type ContextInputs, createFunctionContext } from './context.ts'
import { renderDoc } from './doc-text.ts'
import { type CallFailure, failureOf, failureText, isException } from './failure.ts'
import { timeoutFor } from './function-timeouts.ts'
import { isPartial } from './partial-result.ts'

export interface CallRequest {
  /** `test.ping`, or a list for a job of several functions; `arg` then holds one list each. */
  readonly name: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly context: ContextInputs
  /** Job id that `salt call` made for itself; a published job has its own. */
  readonly jid?: string
}

export interface CallOutcome {
  readonly return: unknown
  readonly retcode: number
  readonly success: boolean
  /** Outputter that suits the value. */
  readonly out?: string
  /** Why there is a text instead of a result. For several functions: the first failure. */
  readonly failure?: CallFailure
  /** It was ended before it was through, and tells what it had done. */
  readonly isPartial?: true
}

/** Exit code of whatever fails without one of its own. */
const genericFailure = 1
/** A cancelled function gets this long to end its processes before the return is sent without it. */
const settleMs = 3000

/** Never throws: a failed call is an outcome. */
export async function callFunction(request: CallRequest): Promise<CallOutcome> {
  const { name, arg } = request
  if (typeof name === 'string') return callOne(request, name, arg, publicationFor(request))
  const outcomes: [string, CallOutcome][] = []
  for (const [index, fun] of name.entries()) {
    const own = arg[index]
    const outcome = await callOne(request, fun, Array.isArray(own) ? own : [], publicationFor(request))
    outcomes.push([fun, outcome])
    if (request.context.signal.aborted) break
  }
  const retcode = Math.max(0, ...outcomes.map(([, outcome]) => outcome.retcode))
  const failure = outcomes.find(([, outcome]) => outcome.failure !== undefined)?.[1].failure
  return {
    return: Object.fromEntries(outcomes.map(([fun, outcome]) => [fun, outcome.return])),
    retcode,
    success: retcode === 0,
    ...(failure === undefined ? {} : { failure }),
  }
}

function publicationFor({ context, name, jid }: CallRequest): Readonly<Record<string, unknown>> {
  return context.job === undefined ? localPublication(name, jid ?? '') : publicationOf(context.job)
}

async function callOne(
  request: CallRequest,
  name: string,
  arg: readonly unknown[],
  publication: Readonly<Record<string, unknown>>,
): Promise<CallOutcome> {
  const { catalogue, log } = request.context
  try {
    const found = await catalogue.load(name)
    if (found.kind === 'unavailable') return await unknownFunction(request, name, found)
    return await runLoaded(request, found, arg, publication)
  } catch (error) {
    const failure = failureOf(error)
    if (isException(error)) log.debug('A function threw', { fun: name, stack: stackOf(error) })
    const doc = failure.kind === 'signature' ? await catalogue.describe(name) : undefined
    return failed(name, doc === undefined ? failure : { ...failure, doc })
  }
}

function stackOf(error: unknown): string | undefined {
  const origin = error instanceof SaltError && error.cause instanceof Error ? error.cause : error
  return origin instanceof Error ? origin.stack : undefined
}

function failed(name: string, failure: CallFailure): CallOutcome {
  return { return: failureText(name, failure), retcode: genericFailure, success: false, out: 'nested', failure }
}

/** Like Salt, answers with the docs of the functions that begin with the given name, where there are any. */
async function unknownFunction(request: CallRequest, name: string, found: Unavailable): Promise<CallOutcome> {
  const { catalogue } = request.context
  const error = new SaltError('unknown-function', found.message).toRecord()
  const failure: CallFailure = { kind: 'unknown-function', message: found.message, nearest: found.nearest, error }
  const begun = name.includes('.') ? catalogue.names().filter((candidate) => candidate.startsWith(name)) : []
  const outcome = failed(name, failure)
  const docs: Record<string, string> = {}
  for (const candidate of begun) {
    // The module of another system may have it.
    if ((await catalogue.load(candidate)).kind !== 'loaded') continue
    const doc = await catalogue.describe(candidate)
    if (doc !== undefined) docs[candidate] = renderDoc(candidate, doc)
  }
  if (Object.keys(docs).length === 0) return outcome
  return { ...outcome, return: { ...docs, [name]: found.message } }
}

async function runLoaded(
  request: CallRequest,
  { name, definition }: LoadedFunction,
  arg: readonly unknown[],
  publication: Readonly<Record<string, unknown>>,
): Promise<CallOutcome> {
  const bound = bindArguments(definition, name, arg, publication)
  const limit = new TimeLimit(request.context, name)
  const { context, retcode } = createFunctionContext({ ...request.context, signal: limit.signal })
  const work = (async () => definition.run(context, bound.args as never, bound.more))()
  try {
    const value = (await limit.race(work)) ?? null
    const code = retcode() === 0 && reportsFailure(value) ? genericFailure : retcode()
    return {
      return: value,
      retcode: code,
      success: code === 0,
      ...(definition.outputter === undefined ? {} : { out: definition.outputter }),
      ...(isPartial(value) ? { isPartial: true } : {}),
    }
  } finally {
    limit.end()
  }
}

/** A mapping whose `result` or `success` is false in Python's sense. */
function reportsFailure(value: unknown): boolean {
  if (!isRecord(value)) return false
  return ['result', 'success'].some((key) => Object.hasOwn(value, key) && isFalse(value[key]))
}

function isFalse(value: unknown): boolean {
  if (value instanceof Float) return value.value === 0
  if (Array.isArray(value)) return value.length === 0
  if (isRecord(value)) return Object.keys(value).length === 0
  return !value
}

/** The end of a call from outside: its job is cancelled, or the time that `function_timeouts` gives it is over. */
class TimeLimit {
  readonly signal: AbortSignal
  readonly #clock
  readonly #timer

  constructor({ signal, config, clock = systemClock }: ContextInputs, name: string) {
    const seconds = timeoutFor(config.get('function_timeouts'), name)
    const controller = new AbortController()
    this.#clock = clock
    this.signal = AbortSignal.any([signal, controller.signal])
    this.#timer =
      seconds === undefined
        ? undefined
        : clock.after(seconds * 1000, () => controller.abort(outOfTime(name, seconds)), { background: true })
  }

  /** The result, or the reason of the abort when the function does not end in reasonable time after it. */
  async race(work: Promise<unknown>): Promise<unknown> {
    // A late failure of an abandoned function must not end the process.
    work.catch(() => {})
    if (this.signal.aborted) throw cancellation(this.signal.reason)
    const { promise: over, reject } = Promise.withResolvers<never>()
    over.catch(() => {})
    const onAbort = () => {
      this.#clock.after(settleMs, () => reject(cancellation(this.signal.reason)), { background: true })
    }
    this.signal.addEventListener('abort', onAbort, { once: true })
    try {
      const value = await Promise.race([work, over])
      if (!isPartial(value)) this.signal.throwIfAborted()
      return value
    } catch (error) {
      if (this.signal.aborted) throw cancellation(this.signal.reason)
      throw error
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  end(): void {
    this.#timer?.cancel()
  }
}

function outOfTime(name: string, seconds: number): SaltError {
  return new SaltError(
    'timeout',
    `${name} was ended because it ran longer than the ${seconds} seconds that function_timeouts allows.`,
  )
}

/** What an abort means to the reader; an AbortController without a reason says nothing useful. */
function cancellation(reason: unknown): SaltError {
  return reason instanceof SaltError ? reason : new SaltError('cancelled', 'The job was cancelled.', { cause: reason })
}
