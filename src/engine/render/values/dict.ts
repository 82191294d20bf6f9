/** Python's dictionaries and sets. */
import { canonicalKey } from './keys.ts'
import type { Value } from './kinds.ts'

/**
 * A Map with Python's equality of keys, in order of insertion. The key that was there first stays: `{1: 'a', True: 'b'}` is
 * `{1: 'b'}`.
 */
export class Dict extends Map<Value, Value> {
  /** Canonical form → key as written, for keys whose canonical form is another value. Most dictionaries have none. */
  #unusual: Map<unknown, Value> | undefined

  constructor(entries?: Iterable<readonly [Value, Value]>) {
    super()
    if (entries !== undefined) for (const [key, value] of entries) this.set(key, value)
  }

  override get(key: Value): Value | undefined {
    return super.get(this.#stored(key))
  }

  override has(key: Value): boolean {
    return super.has(this.#stored(key))
  }

  override set(key: Value, value: Value): this {
    const stored = this.#stored(key)
    if (stored === key && typeof key === 'object' && key !== null && !super.has(key)) this.#remember(key)
    else if (typeof key === 'boolean' && stored === key && !super.has(key)) this.#remember(key)
    return super.set(stored, value)
  }

  override delete(key: Value): boolean {
    const stored = this.#stored(key)
    if (stored === null || typeof stored === 'object' || typeof stored === 'boolean') {
      this.#unusual?.delete(canonicalKey(stored))
    }
    return super.delete(stored)
  }

  override clear(): void {
    this.#unusual = undefined
    super.clear()
  }

  #remember(key: Value): void {
    this.#unusual ??= new Map()
    this.#unusual.set(canonicalKey(key), key)
  }

  /** The key that stands in the Map for this one, or the key itself. */
  #stored(key: Value): Value {
    if ((typeof key === 'string' || typeof key === 'number') && this.#unusual === undefined) return key
    const canonical = canonicalKey(key)
    const known = this.#unusual?.get(canonical)
    if (known !== undefined) return known
    return isPrimitive(canonical) && super.has(canonical) ? canonical : key
  }
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value !== 'object'
}

/** Salt's OrderedDict: prints with its name, and serializers keep its order. */
export class OrderedDict extends Dict {}

/** Python's `set`, in order of insertion. */
export class PySet {
  readonly #members = new Map<unknown, Value>()

  constructor(items: Iterable<Value> = []) {
    for (const item of items) this.add(item)
  }

  get size(): number {
    return this.#members.size
  }

  add(item: Value): void {
    const key = canonicalKey(item)
    if (!this.#members.has(key)) this.#members.set(key, item)
  }

  has(item: Value): boolean {
    return this.#members.has(canonicalKey(item))
  }

  delete(item: Value): boolean {
    return this.#members.delete(canonicalKey(item))
  }

  clear(): void {
    this.#members.clear()
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return this.#members.values()
  }
}
