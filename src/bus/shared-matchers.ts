import type { MatchType } from './event.ts'
import { compileTagMatcher, type TagMatcher } from './tag-match.ts'

interface Shared {
  readonly matches: TagMatcher
  users: number
}

/** Matchers in use: subscribers that ask for the same get the same one, by which the bus knows that they get the same events. */
export class SharedMatchers {
  readonly #shared = new Map<string, Shared>()

  /** To be given back by `release`, once. Throws as `compileTagMatcher`. */
  take(pattern: string, match: MatchType): { readonly matches: TagMatcher; release(): void } {
    const key = `${match} ${pattern}`
    const shared = this.#shared.get(key) ?? { matches: compileTagMatcher(pattern, match), users: 0 }
    shared.users += 1
    this.#shared.set(key, shared)
    return {
      matches: shared.matches,
      release: () => {
        shared.users -= 1
        if (shared.users === 0) this.#shared.delete(key)
      },
    }
  }
}
