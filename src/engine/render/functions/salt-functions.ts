/** The variable `salt`: execution functions as templates call them. */
import { type Eventual, HostObject, type Kwargs, NativeFunction, type Value } from '../values/kinds.ts'

/** The functions that a render may call. */
export interface FunctionSource {
  has(name: string): boolean
  /** Whether there is a function of that module. */
  hasModule(name: string): boolean
  /** Names of all functions. */
  names(): Iterable<string>
  /** Throws PyError or SaltError. */
  call(name: string, args: readonly Value[], kwargs: Kwargs): Eventual
}

function functionOf(source: FunctionSource, name: string): NativeFunction | undefined {
  return source.has(name)
    ? new NativeFunction(name, (args, kwargs) => source.call(name, args, kwargs), 'function')
    : undefined
}

/** `salt['test.ping']`, `salt.test.ping`, `salt.get('test.ping')`. */
export class SaltFunctions extends HostObject {
  readonly typeName = 'salt.utils.templates.AliasedLoader'
  readonly #source: FunctionSource

  constructor(source: FunctionSource) {
    super()
    this.#source = source
  }

  override getItem(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    return (
      functionOf(this.#source, key) ?? (this.#source.hasModule(key) ? new SaltModule(this.#source, key) : undefined)
    )
  }

  override getAttribute(name: string): Value | undefined {
    if (this.#source.hasModule(name)) return new SaltModule(this.#source, name)
    if (name === 'get') {
      return new NativeFunction('get', ([key, fallback = null]) => this.getItem(key) ?? fallback, 'method')
    }
    return name === 'keys' ? new NativeFunction('keys', () => [...this.#source.names()], 'method') : undefined
  }

  override contains(item: Value): boolean {
    return typeof item === 'string' && this.#source.has(item)
  }

  override iterate(): Iterable<Value> {
    return this.#source.names()
  }
}

/** `salt.test`: the functions of one module. */
class SaltModule extends HostObject {
  readonly typeName = 'salt.loader.lazy.LoadedMod'
  readonly #source: FunctionSource
  readonly #module: string

  constructor(source: FunctionSource, module: string) {
    super()
    this.#source = source
    this.#module = module
  }

  override getAttribute(name: string): Value | undefined {
    return functionOf(this.#source, `${this.#module}.${name}`)
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.getAttribute(key) : undefined
  }
}
