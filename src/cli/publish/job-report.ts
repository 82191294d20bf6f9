/** Prints what becomes of a job while it is followed, and tells the exit code at its end. */
import type { PublishItem, TargetOutcome } from '../../client/api.ts'
import type { CallOptions } from '../../client/master-bus.ts'
import { printDocs } from './docs.ts'
import { Interrupt } from './interrupt.ts'
import { shownOutcome, stateWords } from './outcome.ts'
import type { PublishParts } from './parts.ts'
import { functionHints } from './slips.ts'
import type { StateProgress } from './state-progress.ts'
import { summaryText } from './summary.ts'

export interface ReportParts extends Pick<PublishParts, 'options' | 'printer' | 'view'> {
  /** What returns is documentation: it is shown at the end, each function once. */
  readonly isDocs: boolean
  /** Follows what minions say of their states; undefined where nobody looks. */
  readonly progress?: StateProgress | undefined
}

export class JobReport {
  readonly #parts: ReportParts
  readonly #outcomes = new Map<string, TargetOutcome>()
  #jid = ''

  constructor(parts: ReportParts) {
    this.#parts = parts
  }

  /** `call` begins to follow the job. Resolves to the exit code; Ctrl-C ends the following, not the job. */
  async follow(call: (options: CallOptions<PublishItem>) => Promise<unknown>): Promise<number> {
    const interrupt = new Interrupt()
    try {
      await call({ signal: interrupt.signal, onItem: (item) => this.#take(item) })
    } catch (error) {
      if (interrupt.signal.aborted) return await this.#interrupted()
      throw error
    } finally {
      interrupt.end()
      this.#parts.progress?.end()
      this.#parts.view?.end()
    }
    return await this.#finish()
  }

  #take(item: PublishItem): void {
    if (item.kind === 'published') {
      this.#jid = item.jid
      this.#parts.view?.begin(item.minions, { isWanted: this.#parts.options.has('progress') })
      this.#parts.progress?.follow(item.jid)
      this.#announce()
      return
    }
    this.#outcomes.set(item.id, item)
    this.#parts.view?.settled(item.id)
    if (!this.#isCollected) void this.#print(item)
  }

  /** Whether the returns are shown together. */
  get #isCollected(): boolean {
    return this.#parts.options.has('static') || this.#parts.isDocs
  }

  #announce(): void {
    const { options, printer } = this.#parts
    if (options.has('verbose')) {
      const title = `Executing job with jid ${this.#jid}`
      void printer.line(`${title}\n${'-'.repeat(title.length)}\n`)
    } else if (options.has('show-jid')) void printer.line(`jid: ${this.#jid}`)
  }

  #print(outcome: TargetOutcome): Promise<void> {
    const { options, printer } = this.#parts
    const { value, out, retcode, hasReturned } = shownOutcome(outcome, this.#jid)
    if (!hasReturned && options.has('hide-timeout')) return Promise.resolve()
    return printer.show({ [outcome.id]: value }, { out, retcode })
  }

  async #finish(): Promise<number> {
    const { options, printer, isDocs } = this.#parts
    const outcomes = [...this.#outcomes.values()]
    if (isDocs) await printDocs(outcomes, printer)
    else if (options.has('static')) await this.#printTogether(outcomes)
    if (options.has('summary') && !isDocs && printer.outputter === undefined) {
      await printer.line(summaryText(outcomes, options.has('verbose')))
    }
    await printer.flush()
    if (options.has('hide-timeout')) tellHidden(outcomes)
    const isAllWell = outcomes.every((outcome) => shownOutcome(outcome, this.#jid).retcode === 0)
    if (isAllWell) return 0
    process.stderr.write(`ERROR: Minions returned with non-zero exit code\n${await functionHints(outcomes)}`)
    return 1
  }

  async #printTogether(outcomes: readonly TargetOutcome[]): Promise<void> {
    const { options, printer } = this.#parts
    const shown = outcomes.map((outcome) => [outcome.id, shownOutcome(outcome, this.#jid)] as const)
    const visible = shown.filter(([, { hasReturned }]) => hasReturned || !options.has('hide-timeout'))
    const returned = shown.filter(([, { hasReturned }]) => hasReturned)
    await printer.show(Object.fromEntries(visible.map(([id, { value }]) => [id, value])), {
      out: returned.find(([, { out }]) => out !== undefined)?.[1].out,
      retcode: Math.max(0, ...returned.map(([, { retcode }]) => retcode)),
    })
  }

  async #interrupted(): Promise<number> {
    await this.#parts.printer.flush()
    return Interrupt.tell(this.#jid)
  }
}

function tellHidden(outcomes: readonly TargetOutcome[]): void {
  const hidden = outcomes.filter(({ ret }) => ret === undefined)
  if (hidden.length === 0) return
  const names = hidden.map(({ id, state }) => `${id} (${stateWords(state).toLowerCase()})`)
  process.stderr.write(`ERROR: No return from ${names.join(', ')}\n`)
}
