/** `-b`: never more than so many minions at work at a time. */
import { setTimeout as delay } from 'node:timers/promises'
import { SaltError } from '../../base/errors.ts'
import { pythonRepr } from '../../base/python-repr.ts'
import type { TargetOutcome } from '../../client/api.ts'
import { batchLimit, isBatchSize } from '../../engine/jobs/batch-size.ts'
import { Interrupt } from './interrupt.ts'
import { shownOutcome } from './outcome.ts'
import type { PublishParts } from './parts.ts'
import { functionHints } from './slips.ts'

/** Checks a size: `5`, `10%` or `%10`, up to `100%`. Throws `usage`. */
export function batchSize(text: string): string {
  if (isBatchSize(text)) return text
  throw new SaltError('usage', `'${text}' is no size of a batch; give a number or a percentage such as 10%`)
}

/** Resolves to the highest return code, 1 for a minion that did not return. Throws `no-match`. */
export async function runBatch(parts: PublishParts, size: string): Promise<number> {
  const { bus, request } = parts
  const { tgt, tgt_type, delimiter } = request
  const { minions, connected } = await bus.call('targets', {
    tgt,
    tgt_type,
    ...(delimiter === undefined ? {} : { delimiter }),
  })
  if (minions.length === 0) {
    throw new SaltError('no-match', 'No minions matched the target. No command was sent, no jid was assigned.')
  }
  return await new BatchRun(parts, connected, batchLimit(size, connected.length)).run(
    minions.filter((id) => !connected.includes(id)),
  )
}

class BatchRun {
  readonly #parts: PublishParts
  readonly #waiting: string[]
  readonly #limit: number
  readonly #jobs = new Set<Promise<void>>()
  readonly #collected: Record<string, unknown> = {}
  readonly #failed: TargetOutcome[] = []
  readonly #interrupt = new Interrupt()
  #active = 0
  #retcode = 0
  #isStopped = false
  #failure: unknown
  #lastJid = ''
  #change = Promise.withResolvers<void>()

  constructor(parts: PublishParts, ids: readonly string[], limit: number) {
    this.#parts = parts
    this.#waiting = [...ids]
    this.#limit = limit
    this.#interrupt.signal.addEventListener('abort', () => this.#stop(), { once: true })
  }

  async run(absent: readonly string[]): Promise<number> {
    this.#parts.view?.begin(this.#waiting)
    for (const id of absent) await this.#skip(id)
    try {
      while (this.#active > 0 || (this.#waiting.length > 0 && !this.#isStopped)) {
        const free = this.#isStopped ? 0 : this.#limit - this.#active
        if (free > 0 && this.#waiting.length > 0) this.#start(this.#waiting.splice(0, free))
        await this.#change.promise
        this.#change = Promise.withResolvers()
      }
      await Promise.all(this.#jobs)
    } finally {
      this.#interrupt.end()
      this.#parts.view?.end()
    }
    if (this.#failure !== undefined && !this.#interrupt.signal.aborted) throw this.#failure
    return await this.#finish()
  }

  get #isStatic(): boolean {
    return this.#parts.options.has('static')
  }

  async #skip(id: string): Promise<void> {
    this.#retcode = Math.max(this.#retcode, 1)
    if (this.#isStatic) this.#collected[id] = 'Minion did not return. [Not connected]'
    else await this.#parts.printer.line(`\nMinion ${id} did not respond. No job will be sent.`)
  }

  #start(ids: readonly string[]): void {
    this.#active += ids.length
    if (!this.#isStatic) void this.#parts.printer.line(`\nExecuting run on ${pythonRepr(ids)}\n`)
    const job = this.#publish(ids)
    this.#jobs.add(job)
    void job.finally(() => this.#jobs.delete(job))
  }

  async #publish(ids: readonly string[]): Promise<void> {
    const { bus, request } = this.#parts
    // Each batch is a job of its own.
    const { jid: _jid, ...job } = request
    const open = new Set(ids)
    try {
      await bus.call(
        'publish',
        { ...job, tgt: ids, tgt_type: 'list', follow: true },
        {
          signal: this.#interrupt.signal,
          onItem: (item) => {
            this.#lastJid = item.jid
            if (item.kind !== 'outcome' || !open.delete(item.id)) return
            this.#take(item, item.jid)
          },
        },
      )
    } catch (error) {
      this.#failure ??= error
      this.#stop()
    }
    this.#release(open.size)
  }

  #take(outcome: TargetOutcome, jid: string): void {
    const { printer, options } = this.#parts
    const { value, out, retcode } = shownOutcome(outcome, jid)
    this.#retcode = Math.max(this.#retcode, retcode)
    if (retcode !== 0) this.#failed.push(outcome)
    this.#parts.view?.settled(outcome.id)
    if (this.#isStatic) this.#collected[outcome.id] = value
    else {
      const shown = { retcode, jid, [outcome.id]: value }
      void printer.show(shown, { out: out === 'no_return' ? undefined : out, retcode })
    }
    if (retcode !== 0 && options.has('failhard') && !this.#isStopped) this.#failHard(outcome.id)
    void this.#rest().then(() => this.#release(1))
  }

  #failHard(id: string): void {
    const tell = (): void => {
      const what = `Minion ${id} returned with non-zero exit code. Batch run stopped due to failhard`
      process.stderr.write(`[ERROR   ] ${what}\n`)
    }
    // Behind the return that it is about.
    this.#parts.printer.flush().then(tell, tell)
    this.#stop()
  }

  /** `--batch-wait`; not when nobody is left to begin. */
  async #rest(): Promise<void> {
    const seconds = this.#parts.options.integer('batch-wait') ?? 0
    if (seconds <= 0 || this.#waiting.length === 0 || this.#isStopped) return
    await delay(seconds * 1000, undefined, { signal: this.#interrupt.signal }).catch(() => {})
  }

  #release(count: number): void {
    this.#active -= count
    this.#change.resolve()
  }

  #stop(): void {
    this.#isStopped = true
    this.#change.resolve()
  }

  async #finish(): Promise<number> {
    const { printer } = this.#parts
    if (this.#isStatic) await printer.show(this.#collected)
    await printer.flush()
    process.stderr.write(await functionHints(this.#failed))
    return this.#interrupt.signal.aborted ? Interrupt.tell(this.#lastJid) : this.#retcode
  }
}
