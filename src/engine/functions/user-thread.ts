/** One thread with one file of user plugins: it is told to run a function, asks for what it needs, and can always be ended. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { errorKinds, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { shortened } from '../../base/text.ts'
import type { ExecOptions, ExecResult } from '../plugin.ts'
import { withinCall } from './call-depth.ts'
import { plainValue } from './thread-values.ts'
import { userWorkerSource } from './user-worker.ts'

/** What a thread may ask of the function that runs in it. */
export interface ThreadServices {
  readonly log: Log
  salt(fun: string, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): Promise<unknown>
  exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult>
  setRetcode(retcode: number): void
  emit(tag: string, data: Readonly<Record<string, unknown>>): Promise<boolean>
  /** What only some kinds of plugins may ask for, by its name. */
  readonly more?: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => unknown>>
}

/** Folder that the file lies in, which says what it may be. */
export type PluginKind = 'modules' | 'grains' | 'states' | 'runners' | 'wheel' | 'returners' | 'beacons'

/** Exports of a file, not yet checked. */
export interface ThreadExports {
  readonly modules: readonly Readonly<Record<string, unknown>>[]
  readonly grains: readonly Readonly<Record<string, unknown>>[]
  /** Functions that it exports as they are, with what was set on them. */
  readonly plain: Readonly<Record<string, unknown>>
  readonly doc: string | undefined
  /** What the file of a returner or of a beacon says of itself. */
  readonly values: Readonly<Record<string, unknown>>
}

interface RunningCall {
  readonly services: ThreadServices
  readonly settle: PromiseWithResolvers<unknown>
  /** Runs what the call asks for as part of the call, which messages do not know by themselves. */
  within<T>(run: () => T): T
}

/** A module that needs more than this is ended, not the minion. */
const limits = { maxOldGenerationSizeMb: 128, stackSizeMb: 4 }
/** Time that a cancelled function has before its thread is ended. */
const graceMs = 500
/** A module that does not load in this time never will. */
const loadTimeoutMs = 10_000
const longestMessage = 16_000
/** Of a call in a thread, which takes far more than another one. */
const threadWeight = 9

export class UserThread {
  readonly #worker: Worker
  readonly #file: string
  readonly #log: Log
  readonly #ready = Promise.withResolvers<ThreadExports>()
  readonly #calls = new Map<number, RunningCall>()
  #lastCall = 0
  #ended = false

  /** @param source What the file holds, where it is a state file that was read already. */
  constructor(file: string, kind: PluginKind, log: Log, source?: string) {
    this.#file = file
    this.#log = log
    this.#worker = new Worker(userWorkerSource, {
      eval: true,
      workerData: {
        url: pathToFileURL(file).href,
        kind: kind === 'wheel' ? 'runners' : kind,
        ...(source === undefined ? {} : { source }),
      },
      resourceLimits: limits,
      // Nobody reads these: the thread sends what it writes as messages, since a stream would keep the process alive.
      stdout: true,
      stderr: true,
      name: file,
    })
    this.#ready.promise.catch(() => {})
    this.#worker.on('message', (message: unknown) => this.#take(message))
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', (code) => this.#end(`its thread ended with code ${code}`))
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  get isIdle(): boolean {
    return this.#calls.size === 0
  }

  /** What the file exports. Rejects with the fault and its line where it cannot be loaded. */
  async load(): Promise<ThreadExports> {
    const timer = setTimeout(() => void this.close('it did not finish loading'), loadTimeoutMs)
    try {
      return await this.#ready.promise
    } finally {
      clearTimeout(timer)
      this.#worker.unref()
    }
  }

  async call(
    request: Readonly<Record<string, unknown>>,
    services: ThreadServices,
    signal: AbortSignal,
  ): Promise<unknown> {
    signal.throwIfAborted()
    const within = withinCall(this.#file, () => AsyncLocalStorage.snapshot(), threadWeight)
    const call = ++this.#lastCall
    const settle = Promise.withResolvers<unknown>()
    this.#calls.set(call, { services, settle, within })
    this.#worker.ref()
    const onAbort = () => this.#abort(call, signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      this.#worker.postMessage({ ...request, call })
    } catch (error) {
      settle.reject(
        new SaltError('bad-arguments', 'The arguments cannot be handed to a user module.', { cause: error }),
      )
    }
    return settle.promise.finally(() => {
      signal.removeEventListener('abort', onAbort)
      this.#calls.delete(call)
      if (this.isIdle) this.#worker.unref()
    })
  }

  async close(reason = 'it was unloaded'): Promise<void> {
    this.#end(reason)
    await this.#worker.terminate()
  }

  /** First asks, then ends the thread: an endless loop listens to nobody. */
  #abort(call: number, reason: unknown): void {
    const words = reason instanceof Error ? reason.message : 'the job was cancelled'
    this.#worker.postMessage({ kind: 'abort', call, reason: words })
    setTimeout(() => {
      if (this.#calls.has(call)) void this.close(words)
    }, graceMs).unref()
  }

  #end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    const error = new SaltError('execution-failed', `The user module was ended: ${reason}.`, { where: this.#file })
    this.#ready.reject(error)
    for (const { settle } of this.#calls.values()) settle.reject(error)
  }

  #take(message: unknown): void {
    if (!isRecord(message)) return
    const call = typeof message.call === 'number' ? this.#calls.get(message.call) : undefined
    switch (message.kind) {
      case 'ready':
        this.#ready.resolve({
          modules: records(message.modules),
          grains: records(message.grains),
          plain: isRecord(message.plain) ? message.plain : {},
          doc: typeof message.doc === 'string' ? message.doc : undefined,
          values: isRecord(message.values) ? message.values : {},
        })
        return
      case 'failed':
        this.#ready.reject(this.#fault(message.error))
        return
      case 'result':
        call?.settle.resolve(message.value)
        return
      case 'error':
        call?.settle.reject(this.#fault(message.error))
        return
      case 'wrote':
        this.#log.info('A user module wrote', { file: this.#file, text: String(message.text).trimEnd() })
        return
      case 'ask':
        if (call === undefined) void this.#answer(message, undefined)
        else call.within(() => void this.#answer(message, call.services))
        return
    }
  }

  async #answer(message: Readonly<Record<string, unknown>>, services: ThreadServices | undefined): Promise<void> {
    try {
      const params = isRecord(message.params) ? message.params : {}
      const value = services === undefined ? null : await serve(services, String(message.method), params)
      this.#worker.postMessage({ kind: 'answer', id: message.id, value: plainValue(value ?? null) })
    } catch (error) {
      const code = error instanceof SaltError ? error.code : undefined
      const words = error instanceof Error ? error.message : String(error)
      this.#worker.postMessage({ kind: 'answer', id: message.id, error: { message: words, code } })
    }
  }

  /** An error that crossed the threads, with the line of the user's file. */
  #fault(told: unknown): SaltError {
    const { name, message: words, line, code } = isRecord(told) ? told : {}
    const message = shortened(String(words), longestMessage)
    const where = typeof line === 'number' ? `${this.#file}:${line}` : this.#file
    const known = typeof code === 'string' && Object.hasOwn(errorKinds, code)
    if (known) return SaltError.fromRecord({ code, message, where })
    const cause = Object.assign(new Error(message), { name: String(name) })
    return new SaltError('internal', message, { where, cause })
  }
}

function records(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function serve(services: ThreadServices, method: string, params: Readonly<Record<string, unknown>>): unknown {
  switch (method) {
    case 'salt':
      return services.salt(
        String(params.fun),
        Array.isArray(params.args) ? params.args : [],
        isRecord(params.kwargs) ? params.kwargs : {},
      )
    case 'exec':
      if (!Array.isArray(params.argv))
        throw new SaltError('bad-arguments', 'exec takes a list of program and arguments.')
      return services.exec(params.argv.map(String), isRecord(params.options) ? params.options : {})
    case 'setRetcode':
      services.setRetcode(Number(params.retcode))
      return null
    case 'emit':
      return services.emit(String(params.tag), isRecord(params.data) ? params.data : {})
    case 'log':
      logFor(services.log, String(params.level))(String(params.message), isRecord(params.fields) ? params.fields : {})
      return null
    default:
      return servedMore(services, method)(params)
  }
}

function servedMore({ more = {} }: ThreadServices, method: string) {
  const served = Object.hasOwn(more, method) ? more[method] : undefined
  if (served === undefined) throw new SaltError('internal', `a user module asked for '${method}'`)
  return served
}

function logFor(log: Log, level: string): Log['info'] {
  const methods: Readonly<Record<string, Log['info']>> = {
    trace: (message, fields) => log.trace(message, fields),
    debug: (message, fields) => log.debug(message, fields),
    warning: (message, fields) => log.warning(message, fields),
    error: (message, fields) => log.error(message, fields),
    critical: (message, fields) => log.critical(message, fields),
  }
  return methods[level] ?? ((message, fields) => log.info(message, fields))
}
