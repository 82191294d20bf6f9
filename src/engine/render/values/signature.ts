/** Arguments bound to parameters as Python binds them, with its messages. */
import { Float } from '../../../base/float.ts'
import { Dict } from './dict.ts'
import { type Kwargs, Tuple, type Value } from './kinds.ts'
import { typeError } from './py-error.ts'

interface Parameter {
  readonly name: string
  /** Undefined: the argument must be given. */
  readonly fallback: Value | undefined
}

interface Shape {
  readonly parameters: readonly Parameter[]
  /** How many may be given by position. */
  readonly positional: number
  /** How many of them have no name for callers. */
  readonly nameless: number
  readonly takesRest: boolean
  readonly takesKeywords: boolean
}

/**
 * The parameters of a function, written as in Python: `s, old, new, count=None`, `value, *args, **kwargs`. Defaults are
 * None, True, False, whole numbers and texts in single quotes; `*` alone makes the rest keyword-only, `/` those before it
 * positional-only.
 */
export class Signature {
  readonly #name: string
  readonly #text: string
  #read: Shape | undefined

  /** @param name As messages show it: `do_replace`. */
  constructor(name: string, parameters: string) {
    this.#name = name
    this.#text = parameters
  }

  /** There are hundreds of signatures, and a run binds few of them. */
  get #shape(): Shape {
    this.#read ??= shapeOf(this.#text)
    return this.#read
  }

  /**
   * One value for each parameter in order; then a list of the other positional arguments for `*args`, a `Dict` of the other
   * named ones for `**kwargs`. Throws TypeError.
   */
  bind(args: readonly Value[], kwargs: Kwargs): Value[] {
    const { parameters, positional, nameless, takesRest, takesKeywords } = this.#shape
    if (args.length > positional && !takesRest) throw this.#tooMany(args.length)
    const given = new Map<string, Value>()
    const others = new Dict()
    for (const [name, value] of kwargs) {
      const index = parameters.findIndex((parameter, at) => at >= nameless && parameter.name === name)
      if (index === -1 && !takesKeywords) {
        const isNameless = nameless > 0 && nameless === parameters.length
        throw typeError(
          isNameless
            ? `${this.#name}() takes no keyword arguments`
            : `${this.#name}() got an unexpected keyword argument '${name}'`,
        )
      }
      if (index !== -1 && index < Math.min(args.length, positional)) {
        throw typeError(`${this.#name}() got multiple values for argument '${name}'`)
      }
      if (index === -1) others.set(name, value)
      else given.set(name, value)
    }
    const bound = parameters.map(({ name, fallback }, index) =>
      index < Math.min(args.length, positional) ? args[index] : given.has(name) ? given.get(name) : fallback,
    )
    this.#failOnMissing(bound)
    if (takesRest) bound.push(args.slice(positional))
    if (takesKeywords) bound.push(others)
    return bound
  }

  #failOnMissing(bound: readonly Value[]): void {
    if (!bound.includes(undefined)) return
    const missing = this.#shape.parameters
      .filter((_, index) => bound[index] === undefined)
      .map(({ name }) => `'${name}'`)
    const names = missing.length === 1 ? missing[0] : `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}`
    const plural = missing.length === 1 ? '' : 's'
    throw typeError(`${this.#name}() missing ${missing.length} required positional argument${plural}: ${names}`)
  }

  #tooMany(given: number): Error {
    const { parameters, positional } = this.#shape
    const required = parameters.slice(0, positional).filter(({ fallback }) => fallback === undefined).length
    const count = required === positional ? `${required}` : `from ${required} to ${positional}`
    const plural = positional === 1 ? '' : 's'
    const was = given === 1 ? 'was' : 'were'
    return typeError(`${this.#name}() takes ${count} positional argument${plural} but ${given} ${was} given`)
  }
}

function shapeOf(text: string): Shape {
  const marked = text.split(/,\s*(?=[\w*/])/).filter((word) => word !== '')
  const words = marked.filter((word) => word !== '/')
  const star = words.findIndex((word) => word.startsWith('*') && !word.startsWith('**'))
  const plain = words.filter((word) => !word.startsWith('*'))
  return {
    parameters: plain.map(parseParameter),
    positional: star === -1 ? plain.length : star,
    nameless: Math.max(0, marked.indexOf('/')),
    takesRest: star !== -1 && words[star] !== '*',
    takesKeywords: words.some((word) => word.startsWith('**')),
  }
}

function parseParameter(word: string): Parameter {
  const equals = word.indexOf('=')
  return equals === -1
    ? { name: word.trim(), fallback: undefined }
    : { name: word.slice(0, equals).trim(), fallback: literal(word.slice(equals + 1).trim()) }
}

const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['None', null],
  ['True', true],
  ['False', false],
  ['()', new Tuple([])],
])

function literal(text: string): Value {
  if (words.has(text)) return words.get(text)
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll('\\n', '\n')
  const number = Number(text)
  return text.includes('.') && Number.isInteger(number) ? new Float(number) : number
}
