/** Functions that every template has: Jinja's, and Salt's `odict` and `raise`. */
import { expectInteger, expectText } from '../values/arguments.ts'
import { Dict, OrderedDict } from '../values/dict.ts'
import { isTrue } from '../values/iterate.ts'
import { HostObject, type Kwargs, NativeFunction, Range, type Value } from '../values/kinds.ts'
import { update } from '../values/methods/dict-methods.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { Signature } from '../values/signature.ts'
import { lipsum } from './lipsum.ts'
import { Namespace } from './namespace.ts'

const maximumRange = 100_000

function range(args: readonly Value[], kwargs: Kwargs): Range {
  if (kwargs.size > 0) throw typeError('range() takes no keyword arguments')
  if (args.length === 0) throw typeError('range expected at least 1 argument, got 0')
  if (args.length > 3) throw typeError(`range expected at most 3 arguments, got ${args.length}`)
  const [first = 0, second, step = 1] = args.map(expectInteger)
  if (step === 0) throw new PyError('ValueError', 'range() arg 3 must not be zero')
  const made = second === undefined ? new Range(0, first, 1) : new Range(first, second, step)
  if (made.length <= maximumRange) return made
  throw new PyError(
    'OverflowError',
    `Range too big. The sandbox blocks ranges larger than MAX_RANGE (${maximumRange}).`,
  )
}

function filled<T extends Map<Value, Value>>(dict: T, name: string, args: readonly Value[], kwargs: Kwargs): T {
  if (args.length > 1) throw typeError(`${name} expected at most 1 argument, got ${args.length}`)
  update(dict, args, new Dict(kwargs))
  return dict
}

class Cycler extends HostObject {
  readonly typeName = 'jinja2.utils.Cycler'
  readonly #items: readonly Value[]
  #position = 0

  constructor(items: readonly Value[]) {
    super()
    if (items.length === 0) throw new PyError('RuntimeError', 'at least one item has to be provided')
    this.#items = items
  }

  #next(): Value {
    const item = this.#items[this.#position]
    this.#position = (this.#position + 1) % this.#items.length
    return item
  }

  #reset(): null {
    this.#position = 0
    return null
  }

  override getAttribute(name: string): Value | undefined {
    switch (name) {
      case 'current':
        return this.#items[this.#position]
      case 'next':
        return new NativeFunction('next', () => this.#next(), 'method')
      case 'reset':
        return new NativeFunction('reset', () => this.#reset(), 'method')
      case 'pos':
        return this.#position
      case 'items':
        return [...this.#items]
      default:
        return undefined
    }
  }
}

class Joiner extends HostObject {
  readonly typeName = 'jinja2.utils.Joiner'
  readonly #separator: Value
  #isUsed = false

  constructor(separator: Value) {
    super()
    this.#separator = separator
  }

  override call(): Value {
    const isFirst = !this.#isUsed
    this.#isUsed = true
    return isFirst ? '' : this.#separator
  }
}

const joinerSignature = new Signature('Joiner.__init__', "sep=', '")
const lipsumSignature = new Signature('generate_lorem_ipsum', 'n=5, html=True, min=20, max=100')

function raise(args: readonly Value[]): never {
  throw new PyError('TemplateError', args.map(str).join(' '))
}

const functions: readonly (readonly [string, (args: readonly Value[], kwargs: Kwargs) => Value])[] = [
  ['range', range],
  ['dict', (args, kwargs) => filled(new Dict(), 'dict', args, kwargs)],
  ['odict', (args, kwargs) => filled(new OrderedDict(), 'OrderedDict', args, kwargs)],
  ['namespace', (args, kwargs) => new Namespace(args, kwargs)],
  ['cycler', (args) => new Cycler(args)],
  ['joiner', (args, kwargs) => new Joiner(expectText(joinerSignature.bind(args, kwargs)[0]))],
  [
    'lipsum',
    (args, kwargs) => {
      const [count, html, min, max] = lipsumSignature.bind(args, kwargs)
      return lipsum(expectInteger(count), isTrue(html), expectInteger(min), expectInteger(max))
    },
  ],
  ['raise', raise],
]

export const templateGlobals: ReadonlyMap<string, Value> = new Map(
  functions.map(([name, run]) => [name, new NativeFunction(name, run)]),
)
