/** What the code generator keeps while it writes the JavaScript of one template. */

/** Which filters and tests exist. */
export interface KnownNames {
  hasFilter(name: string): boolean
  hasTest(name: string): boolean
}

export class FunctionCode {
  readonly known: KnownNames
  #lastNumber = 0
  /** Variables of the functions that are being written, the innermost last. */
  readonly #variables: string[][] = [[]]
  /** Inside of a branch that may not be taken, an unknown filter is an error only when it is reached. */
  isSoft = false
  /** Names that are undefined until the template has assigned them; see late-names.ts. */
  lateNames: ReadonlySet<string> = new Set()

  constructor(known: KnownNames) {
    this.known = known
  }

  /** A name that nothing else has. */
  unique(prefix: string): string {
    this.#lastNumber += 1
    return `${prefix}${this.#lastNumber}`
  }

  /** A variable for a value in the middle of an expression. */
  temporary(): string {
    const name = this.unique('t')
    this.#variables.at(-1)?.push(name)
    return name
  }

  /** The body of a function with the variables that it needs in front. */
  body(write: () => string): string {
    this.#variables.push([])
    const code = write()
    const variables = this.#variables.pop() ?? []
    return variables.length === 0 ? code : `let ${variables.join(',')};${code}`
  }

  /** Writes code with `isSoft` set so, and sets it back. */
  softly<T>(isSoft: boolean, write: () => T): T {
    const before = this.isSoft
    this.isSoft = isSoft
    const result = write()
    this.isSoft = before
    return result
  }

  /** Code that awaits a value only where it is a promise. */
  awaited(code: string): string {
    const name = this.temporary()
    return `((${name}=${code}) instanceof Promise?await ${name}:${name})`
  }
}

/** A JavaScript literal of a text. */
export function quote(text: string): string {
  return JSON.stringify(text)
}
