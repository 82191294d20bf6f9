import { inspect } from 'node:util'

/** What stands for a secret. */
export const dots = '•••'

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
    return dots
  }

  toJSON(): string {
    return dots
  }

  [inspect.custom](): string {
    return dots
  }
}
