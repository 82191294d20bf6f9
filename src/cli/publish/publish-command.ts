/** Sends the job of a command line and prints what becomes of it. */
import { SaltError } from '../../base/errors.ts'
import type { PublishItem, PublishRequest, TargetOutcome } from '../../client/api.ts'
import { batchSize, runBatch } from './batch.ts'
import { printDocs } from './docs.ts'
import { Interrupt } from './interrupt.ts'
import { shownOutcome, stateWords } from './outcome.ts'
import type { PublishParts } from './parts.ts'
import { chooseSubset } from './subset.ts'
import { summaryText } from './summary.ts'

const nobodyExit = 2
const defaultSafeSize = '8'

export class PublishCommand {
  readonly #parts: PublishParts
  readonly #outcomes = new Map<string, TargetOutcome>()
  #jid = ''

  constructor(parts: PublishParts) {
    this.#parts = parts
  }

  /** Resolves to the exit code. */
  async run(): Promise<number> {
    const { options, printer } = this.#parts
    try {
      if (options.has('preview-target')) return await this.#preview()
      if (options.has('subset')) return await this.#runSubset(options.integer('subset') ?? 0)
      const size = await this.#batch()
      if (size !== undefined) return await runBatch(this.#parts, size)
      if (options.has('async')) return await this.#start()
      return await this.#follow(this.#parts.request)
    } catch (error) {
      if (!(error instanceof SaltError) || error.code !== 'no-match') throw error
      await printer.line(error.message)
      if (this.#parts.request.fun !== 'sys.doc') await printer.show({})
      process.stderr.write(`ERROR: No return received\n${error.hint === undefined ? '' : `${error.hint}\n`}`)
      return nobodyExit
    }
  }

  async #preview(): Promise<number> {
    const { minions } = await this.#targets()
    await this.#parts.printer.show(minions)
    return 0
  }

  /** What the target means. Throws `no-match` when that is nobody. */
  async #targets(): Promise<{ readonly minions: readonly string[]; readonly connected: readonly string[] }> {
    const { tgt, tgt_type, delimiter } = this.#parts.request
    const found = await this.#parts.bus.call('targets', {
      tgt,
      tgt_type,
      ...(delimiter === undefined ? {} : { delimiter }),
    })
    if (found.minions.length > 0) return found
    throw new SaltError('no-match', 'No minions matched the target. No command was sent, no jid was assigned.')
  }

  async #runSubset(size: number): Promise<number> {
    const { bus, request } = this.#parts
    const { connected } = await this.#targets()
    const tgt = await chooseSubset(bus, request, connected, size)
    if (tgt.length === 0) {
      throw new SaltError('no-match', 'None of the minions that match the target is connected and has the function.')
    }
    return await this.#follow({ ...request, tgt, tgt_type: 'list' })
  }

  /** Size of the batches as given, or because the target means very many; undefined for no batches. */
  async #batch(): Promise<string | undefined> {
    const { options } = this.#parts
    const given = options.text('batch')
    const limit = options.integer('batch-safe-limit')
    if (given !== undefined || limit === undefined) return given === undefined ? undefined : batchSize(given)
    const { minions } = await this.#targets()
    if (minions.length <= limit) return undefined
    process.stderr.write(
      `The target means ${minions.length} minions, more than --batch-safe-limit ${limit}: it runs in batches.\n`,
    )
    return batchSize(options.text('batch-safe-size') ?? defaultSafeSize)
  }

  async #start(): Promise<number> {
    const { bus, request, printer } = this.#parts
    const { jid } = await bus.call('publish', { ...request, follow: false })
    await printer.line(`Executed command with job ID: ${jid}`)
    return 0
  }

  async #follow(request: PublishRequest): Promise<number> {
    const interrupt = new Interrupt()
    try {
      await this.#parts.bus.call(
        'publish',
        { ...request, follow: true },
        { signal: interrupt.signal, onItem: (item) => this.#take(item) },
      )
    } catch (error) {
      if (interrupt.signal.aborted) return await this.#interrupted()
      throw error
    } finally {
      interrupt.end()
      this.#parts.view?.end()
    }
    return await this.#finish()
  }

  #take(item: PublishItem): void {
    if (item.kind === 'published') {
      this.#jid = item.jid
      this.#parts.view?.begin(item.minions, { isWanted: this.#parts.options.has('progress') })
      this.#announce()
      return
    }
    this.#outcomes.set(item.id, item)
    this.#parts.view?.settled(item.id)
    if (!this.#isCollected) void this.#print(item)
  }

  /** Whether the returns are shown together. */
  get #isCollected(): boolean {
    return this.#parts.options.has('static') || this.#parts.request.fun === 'sys.doc'
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
    const { options, printer, request } = this.#parts
    const outcomes = [...this.#outcomes.values()]
    if (request.fun === 'sys.doc') await printDocs(outcomes, printer)
    else if (options.has('static')) await this.#printTogether(outcomes)
    if (options.has('summary') && request.fun !== 'sys.doc' && printer.outputter === undefined) {
      await printer.line(summaryText(outcomes, options.has('verbose')))
    }
    await printer.flush()
    if (options.has('hide-timeout')) tellHidden(outcomes)
    const isAllWell = outcomes.every((outcome) => shownOutcome(outcome, this.#jid).retcode === 0)
    if (isAllWell) return 0
    process.stderr.write('ERROR: Minions returned with non-zero exit code\n')
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
