/** How much one render may do, so that no template stalls the process. */
import { setImmediate } from 'node:timers/promises'
import { PyError } from '../values/py-error.ts'
import { checkMemory } from '../values/text.ts'

export interface RenderLimits {
  /** Rounds of all loops, and runs of macros, blocks and templates, together. */
  readonly rounds: number
  /** Characters written, those that are captured by blocks included. */
  readonly characters: number
}

const defaultLimits: RenderLimits = { rounds: 5_000_000, characters: 128 * 1024 * 1024 }

/** After so many rounds others get a turn. */
const roundsPerTurn = 8192

export class Budget {
  readonly #limits: RenderLimits
  #rounds = 0
  #characters = 0

  constructor(limits: RenderLimits = defaultLimits) {
    this.#limits = limits
  }

  /** Counts a round; true where others should get a turn. */
  tick(): boolean {
    this.#rounds += 1
    if (this.#rounds > this.#limits.rounds) {
      throw new PyError(
        'OverflowError',
        `the loops and macros of the template take more than ${this.#limits.rounds} rounds`,
      )
    }
    return this.#rounds % roundsPerTurn === 0
  }

  spend(characters: number): void {
    this.#characters += characters
    if (this.#characters > this.#limits.characters) {
      throw new PyError('OverflowError', `the template writes more than ${this.#limits.characters} characters`)
    }
  }

  breathe(): Promise<void> {
    checkMemory()
    return setImmediate()
  }
}
