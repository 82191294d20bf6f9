/** Sends the job of a command line and prints what becomes of it. */
import { SaltError } from '../../base/errors.ts'
import type { PublishRequest } from '../../client/api.ts'
import { batchSize, runBatch } from './batch.ts'
import { JobReport } from './job-report.ts'
import type { PublishParts } from './parts.ts'
import { StateProgress } from './state-progress.ts'
import { chooseMinions } from './subset.ts'

const nobodyExit = 2
const defaultSafeSize = '8'

export class PublishCommand {
  readonly #parts: PublishParts

  constructor(parts: PublishParts) {
    this.#parts = parts
  }

  /** Resolves to the exit code. */
  async run(): Promise<number> {
    const { options, printer } = this.#parts
    try {
      if (options.has('preview-target') || options.has('hosts')) return await this.#preview()
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
    const tgt = await chooseMinions(bus, request, connected, size)
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

  #follow(request: PublishRequest): Promise<number> {
    const { bus, options, printer, view } = this.#parts
    const progress = request.progress === true && view !== undefined ? new StateProgress(bus, view) : undefined
    const report = new JobReport({ options, printer, view, progress, isDocs: request.fun === 'sys.doc' })
    return report.follow((following) => bus.call('publish', { ...request, follow: true }, following))
  }
}
