/**
 * The value model of templates: Python's types on JavaScript.
 *
 * | Python | here |
 * |---|---|
 * | None, bool, str | null, boolean, string |
 * | int | number without a fraction, bigint beyond 2^53 |
 * | float | number with a fraction, infinite or NaN; `Float` where integral |
 * | list, dict, tuple, set | Array, `Dict` (any Map), `Tuple`, `PySet` |
 * | bytes | Uint8Array |
 * | functions, methods, macros | `Callable` |
 * | everything else | a class that extends `HostObject` |
 *
 * JavaScript's `undefined` is no value: it means "not there" in look-ups.
 */
import { PyError } from './py-error.ts'

export type Value = unknown
export type Kwargs = ReadonlyMap<string, Value>

export const noKwargs: Kwargs = new Map()

/** A value that is known at once, or later (functions of modules, macros). */
export type Eventual<T = Value> = T | Promise<T>

/** Python's tuple. */
export class Tuple {
  readonly items: readonly Value[]

  constructor(items: readonly Value[]) {
    this.items = items
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return this.items[Symbol.iterator]()
  }
}

/** A tuple whose items also have names, such as the groups of `groupby`. */
export class NamedTuple extends Tuple {
  readonly className: string
  readonly names: readonly string[]

  constructor(className: string, names: readonly string[], items: readonly Value[]) {
    super(items)
    this.className = className
    this.names = names
  }
}

/** Text that is already escaped for HTML; counts as a string everywhere. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Jinja's StrictUndefined: may be asked whether it is defined, and fails in every other use. */
export class Undefined {
  readonly message: string
  readonly type: string
  /** Prints as nothing and is false instead of failing: what an `if` without `else` gives inside an expression. */
  readonly isLenient: boolean

  constructor(
    message: string,
    { type = 'UndefinedError', isLenient = false }: { type?: string; isLenient?: boolean } = {},
  ) {
    this.message = message
    this.type = type
    this.isLenient = isLenient
  }

  fail(): never {
    throw new PyError(this.type, this.message)
  }
}

/** Python's `range`. */
export class Range {
  readonly start: number
  readonly stop: number
  readonly step: number
  readonly length: number

  constructor(start: number, stop: number, step: number) {
    this.start = start
    this.stop = stop
    this.step = step
    this.length = Math.max(0, Math.ceil((stop - start) / step))
  }

  at(index: number): number {
    return this.start + index * this.step
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }
}

/**
 * What Python's generators and iterators are: can be gone through once.
 *
 * What asynchronous filters make is computed at once; a failure shows when the reader gets there.
 */
export class Generator {
  readonly typeName: string
  readonly #iterator: Iterator<Value>

  constructor(items: Iterable<Value>, typeName = 'generator') {
    this.#iterator = items[Symbol.iterator]()
    this.typeName = typeName
  }

  /** The items that a source gives before it fails, then its failure. */
  static failing(items: readonly Value[], failure: unknown): Generator {
    return new Generator(
      (function* () {
        yield* items
        throw failure
      })(),
    )
  }

  next(): IteratorResult<Value> {
    return this.#iterator.next()
  }

  [Symbol.iterator](): Iterator<Value> {
    return { next: () => this.#iterator.next() }
  }
}

/** `dict.keys()`, `.values()` and `.items()`: they show what the dictionary holds now. */
export class DictView {
  readonly dict: ReadonlyMap<Value, Value>
  readonly kind: 'keys' | 'values' | 'items'

  constructor(dict: ReadonlyMap<Value, Value>, kind: 'keys' | 'values' | 'items') {
    this.dict = dict
    this.kind = kind
  }
}

/** Whatever templates may call, with arguments by place and by name. */
export abstract class Callable {
  abstract readonly name: string
  readonly typeName: string = 'function'

  abstract call(args: readonly Value[], kwargs: Kwargs): Eventual

  /** A JavaScript value for an attribute, undefined where there is none. */
  getAttribute(_name: string): Value | undefined {
    return undefined
  }

  repr(): string {
    return `<function ${this.name}>`
  }
}

/** A function written in TypeScript. */
export class NativeFunction extends Callable {
  readonly name: string
  override readonly typeName: string
  readonly #run: (args: readonly Value[], kwargs: Kwargs) => Eventual

  constructor(
    name: string,
    run: (args: readonly Value[], kwargs: Kwargs) => Eventual,
    typeName = 'builtin_function_or_method',
  ) {
    super()
    this.name = name
    this.typeName = typeName
    this.#run = run
  }

  override call(args: readonly Value[], kwargs: Kwargs): Eventual {
    return this.#run(args, kwargs)
  }
}

/**
 * An object with behaviour of its own: the loop, a namespace, the functions of `salt`. It decides alone what templates can
 * reach; no property of the JavaScript object is visible.
 */
export abstract class HostObject {
  /** Name in messages, such as `jinja2.runtime.LoopContext`. */
  abstract readonly typeName: string

  getAttribute(_name: string): Eventual | undefined {
    return undefined
  }

  /** Undefined where the object has no such item; throws where it has no items. */
  getItem(_key: Value): Value | undefined {
    return undefined
  }

  repr(): string {
    return `<${this.typeName} object>`
  }

  str(): string {
    return this.repr()
  }

  isTrue(): boolean {
    return true
  }

  /** Undefined: it cannot be gone through. */
  iterate(): Iterable<Value> | undefined {
    return undefined
  }

  /** Undefined: it has no length. */
  size(): number | undefined {
    return undefined
  }

  contains(_item: Value): boolean | undefined {
    return undefined
  }

  call?(args: readonly Value[], kwargs: Kwargs): Eventual
}

/** Whether the value is a string in Python's eyes. */
export function isText(value: Value): value is string | Markup {
  return typeof value === 'string' || value instanceof Markup
}
