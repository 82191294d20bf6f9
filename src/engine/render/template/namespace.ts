/** `namespace()`: an object whose attributes can be set inside of loops. */

import { expectText } from '../values/arguments.ts'
import { iterate, unpack } from '../values/iterate.ts'
import { HostObject, type Kwargs, type Value } from '../values/kinds.ts'
import { repr } from '../values/print.ts'

export class Namespace extends HostObject {
  readonly typeName = 'jinja2.utils.Namespace'
  readonly #attributes = new Map<string, Value>()

  /** As `dict()`: from a dictionary or pairs, and from names. */
  constructor(args: readonly Value[], kwargs: Kwargs) {
    super()
    const [source] = args
    if (source instanceof Map) for (const [key, value] of source) this.set(expectText(key), value)
    else if (source !== undefined) {
      for (const pair of iterate(source)) {
        const [key, value] = unpack(pair, 2)
        this.set(expectText(key), value)
      }
    }
    for (const [key, value] of kwargs) this.set(key, value)
  }

  set(name: string, value: Value): void {
    this.#attributes.set(name, value)
  }

  override getAttribute(name: string): Value | undefined {
    return this.#attributes.get(name)
  }

  override repr(): string {
    const pairs = Array.from(this.#attributes, ([key, value]) => `${repr(key)}: ${repr(value)}`)
    return `<Namespace {${pairs.join(', ')}}>`
  }
}
