/**
 * A number that was written as a float but has no fraction, such as `1.0`.
 *
 * Salt's data knows integers and floats apart; a JavaScript number does not. Only integral floats are boxed: `1.5` stays
 * a plain number. It crosses the wire as msgpack float 64 and prints as `1.0`.
 */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }

  toString(): string {
    return Number.isInteger(this.value) && Math.abs(this.value) < 1e16 ? `${this.value}.0` : String(this.value)
  }
}

/** A number that is a float in Salt's data, whether it has a fraction or not. */
export function asFloat(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value
}
