/** The threads of one file of user plugins: a free one is kept for a while, a busy one is left alone, an ended one is replaced. */
import type { Log } from '../../base/log.ts'
import { plainRecord } from './thread-values.ts'
import { type PluginKind, type ThreadExports, type ThreadServices, UserThread } from './user-thread.ts'

/** A thread costs some megabytes, so that one which nobody needs is ended. */
const idleMs = 30_000

export class ThreadPool {
  readonly file: string
  readonly #kind: PluginKind
  readonly #log: Log
  #free: UserThread | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #retired = false
  #next: ThreadPool | undefined
  #exports: ThreadExports | undefined

  constructor(file: string, kind: PluginKind, log: Log) {
    this.file = file
    this.#kind = kind
    this.#log = log
  }

  /** Throws with the fault and its line where the file cannot be loaded. */
  async exports(): Promise<ThreadExports> {
    if (this.#exports === undefined) this.#put(await this.#take())
    return this.#exports ?? { modules: [], grains: [], plain: {}, doc: undefined, values: {} }
  }

  /** What the thread answers to a message, and the thread, for messages that only this one understands. */
  async ask(
    request: Readonly<Record<string, unknown>>,
    services: ThreadServices,
    signal: AbortSignal,
  ): Promise<{ readonly value: unknown; readonly thread: UserThread }> {
    if (this.#next !== undefined) return await this.#next.ask(request, services, signal)
    const thread = await this.#take()
    return { value: await this.#call(thread, request, services, signal), thread }
  }

  /** The answer of the thread of an earlier one; undefined where it has ended since. */
  async askAgain(
    thread: UserThread,
    request: Readonly<Record<string, unknown>>,
    services: ThreadServices,
    signal: AbortSignal,
  ): Promise<unknown> {
    if (thread.hasEnded) return undefined
    if (this.#free === thread) this.#claimFree()
    return await this.#call(thread, request, services, signal)
  }

  /**
   * The file is loaded anew, or has vanished: its threads end once they have done their work.
   * @param next Takes what is asked of this one from now on.
   */
  retire(next?: ThreadPool): void {
    this.#retired = true
    this.#next = next
    this.#closeFree()
  }

  async #call(
    thread: UserThread,
    request: Readonly<Record<string, unknown>>,
    services: ThreadServices,
    signal: AbortSignal,
  ): Promise<unknown> {
    try {
      return await thread.call(plainRecord(request), services, signal)
    } finally {
      this.#put(thread)
    }
  }

  #closeFree(): void {
    void this.#claimFree()?.close()
  }

  #claimFree(): UserThread | undefined {
    clearTimeout(this.#idleTimer)
    const free = this.#free
    this.#free = undefined
    return free
  }

  async #take(): Promise<UserThread> {
    const free = this.#claimFree()
    if (free !== undefined && !free.hasEnded) return free
    const thread = new UserThread(this.file, this.#kind, this.#log)
    try {
      this.#exports = await thread.load()
      return thread
    } catch (error) {
      await thread.close()
      throw error
    }
  }

  #put(thread: UserThread): void {
    if (thread.hasEnded || !thread.isIdle || this.#free === thread) return
    if (this.#retired || this.#free !== undefined) void thread.close()
    else {
      this.#free = thread
      this.#idleTimer = setTimeout(() => this.#closeFree(), idleMs).unref()
    }
  }
}
