import type { SaltError } from '../../base/errors.ts'
import type { Log, LogFields } from '../../base/log.ts'
import { storageError } from './sqlite-file.ts'

export interface StorageFaultOptions {
  readonly path: string
  readonly log: Log
  /** `the job cache`. */
  readonly what: string
  /** What happens meanwhile: `jobs go on in memory`. */
  readonly meanwhile: string
  /** The disk takes nothing (the error), or takes it again (undefined). */
  readonly onFault?: ((error: SaltError | undefined) => void) | undefined
}

/** Whether a file cannot be written now: told when it begins and when it ends, and not again at each retry. */
export class StorageFault {
  readonly #options: StorageFaultOptions
  #isKnown = false

  constructor(options: StorageFaultOptions) {
    this.#options = options
  }

  get isKnown(): boolean {
    return this.#isKnown
  }

  begin(error: unknown): void {
    if (this.#isKnown) return
    this.#isKnown = true
    const { path, log, what, meanwhile, onFault } = this.#options
    const fault = storageError(path, error)
    log.error(`${what} cannot be written; ${meanwhile}`, { error: fault.message })
    onFault?.(fault)
  }

  /** `lost`: what memory could not keep meanwhile. */
  end(lost: LogFields = {}): void {
    if (!this.#isKnown) return
    this.#isKnown = false
    this.#options.log.warning(`${this.#options.what} can be written again`, lost)
    this.#options.onFault?.(undefined)
  }
}
