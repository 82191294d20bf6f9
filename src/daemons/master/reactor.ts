import type { Clock, Timer } from '../../base/clock.ts'
import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { BusEvent } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import { Damper } from '../../engine/reactor/damper.ts'
import type { ReactionFiles } from '../../engine/reactor/reaction-files.ts'
import type { Reaction } from '../../engine/reactor/reactions.ts'
import { type ReactorRule, ReactorRules, type ReactorSource } from '../../engine/reactor/rules.ts'

/** Salt's name of the user in whose name reactions are done. Events that bear it cause no reactions. */
export const reactorUser = 'Reactor'
/** Under these tags the reactor itself tells what became of it. */
const ownTags = 'salt/reactor/'
/** How often it is told that one tag is slowed down. */
const tellDampedEveryMs = 60_000
const mostDampedTold = 1000

export interface ReactorOptions {
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  readonly files: Pick<ReactionFiles, 'reactions'>
  readonly rules: readonly ReactorRule[]
  /** Most reactions at work at a time (Salt's `reactor_worker_threads`). */
  readonly mostAtOnce: number
  /** Most events that wait; more are dropped and counted (Salt's `reactor_worker_hwm`). */
  readonly mostWaiting: number
  perform(reaction: Reaction, signal: AbortSignal): Promise<void>
}

interface Task {
  readonly event: BusEvent
  readonly source: ReactorSource
}

/** Does on events what the rules say: each rule in its order, the reactions of one file one after the other. */
export class Reactor implements AsyncDisposable {
  readonly #options: ReactorOptions
  readonly #damper: Damper
  #rules: ReactorRules
  #subscription: { unsubscribe(): void } | undefined
  readonly #waiting: Task[] = []
  readonly #delayed = new Set<Timer>()
  readonly #dampedToldAt = new Map<string, number>()
  readonly #atWork = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #counts = { reactions: 0, failed: 0, damped: 0, dropped: 0 }
  #untold = 0
  #isDropping = false

  constructor(options: ReactorOptions) {
    this.#options = options
    this.#damper = new Damper(options.clock)
    this.#rules = new ReactorRules([])
    this.replace(options.rules)
  }

  get counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, waiting: this.#waiting.length + this.#delayed.size, atWork: this.#atWork.size }
  }

  get rules(): readonly ReactorRule[] {
    return this.#rules.list
  }

  /** Takes other rules from now on. Without any, the bus is not listened to. */
  replace(rules: readonly ReactorRule[]): void {
    this.#rules = new ReactorRules(rules)
    if (rules.length === 0) {
      this.#subscription?.unsubscribe()
      this.#subscription = undefined
    } else this.#subscription ??= this.#subscribe()
  }

  /** Throws `bad-arguments` where there is a rule for the tag already. */
  add(rule: ReactorRule): void {
    if (this.rules.some(({ tag }) => tag === rule.tag)) throw noChange(`there is a rule for '${rule.tag}' already`)
    this.replace([...this.rules, rule])
  }

  /** Throws `bad-arguments` where there is none. */
  remove(tag: string): void {
    const rest = this.rules.filter((rule) => rule.tag !== tag)
    if (rest.length === this.rules.length) throw noChange(`there is no rule for '${tag}'`)
    this.replace(rest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.unsubscribe()
    for (const timer of this.#delayed) timer.cancel()
    this.#waiting.length = 0
    this.#stop.abort()
    await Promise.all(this.#atWork)
  }

  #subscribe(): { unsubscribe(): void } {
    const matches = (tag: string): boolean => !tag.startsWith(ownTags) && this.#rules.matches(tag)
    return this.#options.bus.subscribe(matches, (item) => {
      if ('events' in item) for (const event of item.events) this.#take(event)
      return true
    })
  }

  #take(event: BusEvent): void {
    if (event.data.user === reactorUser) return
    const sources = this.#rules.matching(event.tag).flatMap((rule) => rule.sources)
    if (this.#waiting.length + this.#delayed.size + sources.length > this.#options.mostWaiting) return this.#drop(event)
    const delayMs = this.#damper.delayMs(event.tag)
    const tasks = sources.map((source) => ({ event, source }))
    if (delayMs === 0) this.#enqueue(tasks)
    else this.#delay(event.tag, delayMs, tasks)
  }

  #enqueue(tasks: readonly Task[]): void {
    this.#waiting.push(...tasks)
    while (this.#atWork.size < this.#options.mostAtOnce) {
      const task = this.#waiting.shift()
      if (task === undefined) break
      const work = this.#work(task).finally(() => {
        this.#atWork.delete(work)
        this.#enqueue([])
      })
      this.#atWork.add(work)
    }
    this.#endDropping()
  }

  #delay(tag: string, delayMs: number, tasks: readonly Task[]): void {
    const { clock } = this.#options
    this.#counts.damped += 1
    const timer = clock.after(
      delayMs,
      () => {
        this.#delayed.delete(timer)
        this.#enqueue(tasks)
      },
      { background: true },
    )
    this.#delayed.add(timer)
    this.#tellDamped(tag)
  }

  async #work({ event, source }: Task): Promise<void> {
    const { files, perform } = this.#options
    try {
      for (const reaction of await files.reactions(source, event, this.#stop.signal)) {
        if (this.#stop.signal.aborted) return
        this.#counts.reactions += 1
        await perform(reaction, this.#stop.signal)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#tellFailed(event.tag, source, error)
    }
  }

  #tellFailed(tag: string, source: ReactorSource, thrown: unknown): void {
    const { bus, log } = this.#options
    this.#counts.failed += 1
    const { message, where, code, hint } = asSaltError(thrown)
    const file = typeof source === 'string' ? source : 'inline'
    log.error('a reaction failed', { event: tag, where: where ?? file, reason: message, ...(hint && { hint }) })
    bus.fire(tagOf('salt/reactor/error'), { tag, file, code, message, ...(where === undefined ? {} : { where }) })
  }

  #tellDamped(tag: string): void {
    const { bus, clock, log } = this.#options
    const now = clock.monotonic()
    if (now - (this.#dampedToldAt.get(tag) ?? Number.NEGATIVE_INFINITY) < tellDampedEveryMs) return
    if (this.#dampedToldAt.size >= mostDampedTold) this.#dampedToldAt.clear()
    this.#dampedToldAt.set(tag, now)
    const reason = 'it causes reactions so fast that it may be a loop'
    log.warning('an event is reacted to more slowly', { event: tag, reason })
    bus.fire(tagOf('salt/reactor/damped'), { tag, reason, waiting: this.#delayed.size })
  }

  /** The first one is told at once, the others together when no event waits any more. */
  #drop(event: BusEvent): void {
    this.#counts.dropped += 1
    this.#untold += 1
    if (this.#isDropping) return
    this.#isDropping = true
    this.#options.log.warning('the reactor drops events: too many wait', { event: event.tag })
    this.#tellDropped()
  }

  #endDropping(): void {
    if (!this.#isDropping || this.#waiting.length > 0) return
    this.#isDropping = false
    if (this.#untold > 0) this.#tellDropped()
  }

  #tellDropped(): void {
    const count = this.#untold
    this.#untold = 0
    const reason = 'too many events wait for the reactor'
    this.#options.bus.fire(tagOf('salt/drop/:what', 'reaction'), { count, reason })
  }
}

function noChange(message: string): SaltError {
  return new SaltError('bad-arguments', message, { hint: '`salt run reactor.list` shows the rules.' })
}
