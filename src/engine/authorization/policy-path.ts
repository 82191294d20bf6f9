/** Faults of a policy, told with the place in the configuration. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import { compileRegex, type Regex } from '../target/regex.ts'

/** Finds the line of a configuration value: `file:line` for `['peer', 'web.*', '0']`, when it is known. */
export type WherePath = (path: readonly string[]) => string | undefined

/** A place in the configuration. List items are counted from 1 when shown and from 0 in `names`. */
export class PolicyPath {
  readonly names: readonly string[]
  readonly #shown: string
  readonly #where: WherePath | undefined

  constructor(names: readonly string[], shown: string, where: WherePath | undefined) {
    this.names = names
    this.#shown = shown
    this.#where = where
  }

  static root(name: string, where?: WherePath): PolicyPath {
    return new PolicyPath([name], name, where)
  }

  key(name: string): PolicyPath {
    return new PolicyPath([...this.names, name], `${this.#shown} → ${JSON.stringify(name)}`, this.#where)
  }

  item(index: number): PolicyPath {
    return new PolicyPath([...this.names, String(index)], `${this.#shown} → item ${index + 1}`, this.#where)
  }

  /** `file:line`, when it is known. */
  get where(): string | undefined {
    return this.#where?.(this.names)
  }

  fault(problem: string, hint?: string): SaltError {
    const { where } = this
    return new SaltError('configuration', `${this}: ${problem}`, {
      ...(hint === undefined ? {} : { hint }),
      ...(where === undefined ? {} : { where }),
    })
  }

  /** The whole text must match: a pattern that means a prefix says so with `.*`. */
  regex(pattern: string): Regex {
    try {
      return compileRegex(pattern, { anchor: 'full' })
    } catch (thrown) {
      throw this.fault(asSaltError(thrown).message)
    }
  }

  toString(): string {
    return this.#shown
  }
}

/** What a configuration value is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${JSON.stringify(value)}`
}
