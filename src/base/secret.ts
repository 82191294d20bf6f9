import { inspect } from 'node:util'

const shown = '•••'

/** A value that prints as dots in logs, events, returns and diffs. `reveal()` is the only way to it. */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }
}
