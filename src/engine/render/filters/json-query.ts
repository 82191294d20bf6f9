/** Salt's filter for JMESPath expressions. */
import { Float } from '../../../base/float.ts'
import { expectText } from '../values/arguments.ts'
import { Dict, PySet } from '../values/dict.ts'
import { isIterable, iterate } from '../values/iterate.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { type Filter, filter } from './filter.ts'

/** The library knows plain objects. A boxed number is one for it, and stays a float on the way back. */
function toData(value: Value): unknown {
  if (value instanceof Undefined) return value.fail()
  if (value instanceof Float) return Object(value.value)
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => [str(key), toData(item)] as const)
    return Object.assign(Object.create(null), Object.fromEntries(entries))
  }
  return isIterable(value) && !(value instanceof PySet) ? Array.from(iterate(value), toData) : str(value)
}

function fromData(data: unknown): Value {
  if (data === undefined || data === null) return null
  if (data instanceof Number) return new Float(data.valueOf())
  if (Array.isArray(data)) return data.map(fromData)
  if (typeof data === 'object') return new Dict(Object.entries(data).map(([key, item]) => [key, fromData(item)]))
  return data
}

/** The names that Python's library has for what can be wrong. */
function faultType({ name, message }: Error): string {
  if (name === 'LexerError' || name === 'SyntaxError') return 'LexerError'
  if (/got: EOF$|\(EOF\)/.test(message)) return 'IncompleteExpressionError'
  // The library stumbles itself over some expressions that end too early.
  if (name === 'ParserError' || name === 'TypeError') return 'ParseError'
  if (/^Unknown function/.test(message)) return 'UnknownFunctionError'
  return /^ArgumentError/.test(message) ? 'ArityError' : 'JMESPathTypeError'
}

async function query(value: Value, expression: string): Promise<Value> {
  const { search } = (await import('jmespath')).default
  try {
    return fromData(search(toData(value), expression))
  } catch (error) {
    if (error instanceof PyError || !(error instanceof Error)) throw error
    throw new PyError(faultType(error), `${error.message} (in the query ${expression})`, { cause: error })
  }
}

export const jsonQueryFilters: readonly (readonly [string, Filter])[] = [
  [
    'json_query',
    filter('json_query', 'data, expr', (_context, data, expression) => query(data, expectText(expression))),
  ],
]
