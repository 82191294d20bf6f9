/** Ctrl-C, or a polite end from elsewhere, while `salt call` works: what it has started ends with it, and it says how far it came. */
import { constants } from 'node:os'
import { SaltError } from '../../base/errors.ts'

const signals = ['SIGINT', 'SIGTERM'] as const

export class CallEnd implements Disposable {
  readonly #controller = new AbortController()
  readonly #onSignal = (name: (typeof signals)[number]): void => {
    this.#exitCode = 128 + constants.signals[name]
    const how = name === 'SIGINT' ? 'It was interrupted from the keyboard.' : 'The command was told to end.'
    this.#controller.abort(new SaltError('cancelled', how))
  }
  #exitCode: number | undefined

  constructor() {
    for (const name of signals) process.once(name, this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** As shells report it; undefined where no signal came. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  /** The signals mean again what they usually mean. */
  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal)
  }
}
