/** The variable `loop`. */
import { equals } from '../values/compare.ts'
import { iterate, lengthOf } from '../values/iterate.ts'
import { type Eventual, HostObject, type Kwargs, NativeFunction, Undefined, type Value } from '../values/kinds.ts'
import { PyError, typeError } from '../values/py-error.ts'

/** Writes the next level of a recursive loop and gives its text. */
export type Recurse = (items: Value, depth: number) => Promise<Value>

/** Deeper than this Python gives up too. */
const maximumDepth = 240

/** Reads its items one by one: what the body changes is seen, and an item ahead is read only where somebody asks for it. */
export class Loop extends HostObject {
  readonly typeName = 'jinja2.runtime.LoopContext'
  readonly #items: Value
  readonly #iterator: Iterator<Value>
  readonly #depth: number
  readonly #recurse: Recurse | null
  readonly #accept: ((item: Value) => Eventual<boolean>) | null
  /** Items read ahead, in order. */
  readonly #ahead: Value[] = []
  #isExhausted = false
  #index = -1
  #previous: Value | undefined
  #current: Value | undefined
  #lastChanged: readonly Value[] | undefined

  constructor(
    items: Value,
    depth: number,
    recurse: Recurse | null,
    accept: ((item: Value) => Eventual<boolean>) | null,
  ) {
    super()
    if (depth > maximumDepth) throw new PyError('RecursionError', 'maximum recursion depth exceeded')
    this.#items = items
    this.#iterator = iterate(items)[Symbol.iterator]()
    this.#depth = depth
    this.#recurse = recurse
    this.#accept = accept
  }

  get current(): Value {
    return this.#current
  }

  /** Goes to the next item; false where there is none. */
  advance(): Eventual<boolean> {
    const found = this.#peek()
    return found instanceof Promise ? found.then((isThere) => this.#step(isThere)) : this.#step(found)
  }

  #step(isThere: boolean): boolean {
    if (!isThere) return false
    this.#previous = this.#current
    this.#current = this.#ahead.shift()
    this.#index += 1
    return true
  }

  /** Makes sure that the next item is read; false where there is none. */
  #peek(): Eventual<boolean> {
    if (this.#ahead.length > 0) return true
    while (!this.#isExhausted) {
      const { done, value } = this.#iterator.next()
      if (done === true) break
      const isAccepted = this.#accept === null ? true : this.#accept(value)
      if (isAccepted instanceof Promise) return isAccepted.then((isGood) => this.#settle(isGood, value))
      if (isAccepted) return this.#settle(true, value)
    }
    this.#isExhausted = true
    return false
  }

  #settle(isAccepted: boolean, item: Value): Eventual<boolean> {
    if (!isAccepted) return this.#peek()
    this.#ahead.push(item)
    return true
  }

  /** All items, those behind included. */
  #length(): Eventual<number> {
    const known = this.#accept === null ? lengthOf(this.#items) : undefined
    return known ?? this.#readAll()
  }

  #readAll(): Eventual<number> {
    while (!this.#isExhausted) {
      const { done, value } = this.#iterator.next()
      if (done === true) break
      const isAccepted = this.#accept === null ? true : this.#accept(value)
      if (isAccepted instanceof Promise) {
        return isAccepted.then((isGood) => {
          if (isGood) this.#ahead.push(value)
          return this.#readAll()
        })
      }
      if (isAccepted) this.#ahead.push(value)
    }
    this.#isExhausted = true
    return this.#index + 1 + this.#ahead.length
  }

  override getAttribute(name: string): Eventual | undefined {
    switch (name) {
      case 'index':
        return this.#index + 1
      case 'index0':
        return this.#index
      case 'depth':
        return this.#depth + 1
      case 'depth0':
        return this.#depth
      case 'first':
        return this.#index === 0
      case 'last':
        return later(this.#peek(), (isThere) => !isThere)
      case 'length':
        return this.#length()
      case 'revindex':
        return later(this.#length(), (length) => length - this.#index)
      case 'revindex0':
        return later(this.#length(), (length) => length - this.#index - 1)
      case 'previtem':
        return this.#index > 0 ? this.#previous : new Undefined('there is no previous item')
      case 'nextitem':
        return later(this.#peek(), (isThere) => (isThere ? this.#ahead[0] : new Undefined('there is no next item')))
      case 'cycle':
        return new NativeFunction('cycle', (args) => this.#cycle(args), 'method')
      case 'changed':
        return new NativeFunction('changed', (args) => this.#changed(args), 'method')
      default:
        return undefined
    }
  }

  #cycle(args: readonly Value[]): Value {
    if (args.length === 0) throw typeError('no items for cycling given')
    return args[this.#index % args.length]
  }

  #changed(args: readonly Value[]): boolean {
    const last = this.#lastChanged
    if (last !== undefined && last.length === args.length && last.every((item, index) => equals(item, args[index]))) {
      return false
    }
    this.#lastChanged = args
    return true
  }

  override size(): number {
    const length = this.#length()
    if (length instanceof Promise) throw typeError('the length of this loop is not known yet')
    return length
  }

  override repr(): string {
    const length = this.#length()
    return `<LoopContext ${this.#index + 1}/${length instanceof Promise ? '?' : length}>`
  }

  override call(args: readonly Value[], _kwargs: Kwargs): Eventual {
    if (this.#recurse === null) {
      throw typeError("The loop must have the 'recursive' marker to be called recursively.")
    }
    const [items] = args
    if (items === undefined)
      throw typeError("LoopContext.__call__() missing 1 required positional argument: 'iterable'")
    return this.#recurse(items, this.#depth + 1)
  }
}

function later<T, U>(value: Eventual<T>, use: (value: T) => U): Eventual<U> {
  return value instanceof Promise ? value.then(use) : use(value)
}
