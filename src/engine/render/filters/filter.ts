/** The contract of filters, tests and globals of templates. */
import type { Eventual, Kwargs, Value } from '../values/kinds.ts'
import { Signature } from '../values/signature.ts'

/** What a filter may know of the render that it is part of. */
export interface FilterContext {
  /** Whether results that are no Markup will be escaped (`{% autoescape true %}`). */
  readonly autoescape: boolean
  /** Options of the minion. */
  readonly opts: ReadonlyMap<Value, Value>
  /** A variable of the template, such as `grains`; undefined where there is none. */
  variable(name: string): Value | undefined
  /** Another filter by name, as `map` needs. Throws TemplateRuntimeError for an unknown one. */
  filter(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): Eventual
  /** A test by name. Throws TemplateRuntimeError for an unknown one. */
  test(name: string, value: Value, args: readonly Value[], kwargs: Kwargs): boolean
}

export interface Filter {
  call(context: FilterContext, value: Value, args: readonly Value[], kwargs: Kwargs): Eventual
}

export interface Test {
  call(context: FilterContext, value: Value, args: readonly Value[], kwargs: Kwargs): boolean
}

export type FilterTable = ReadonlyMap<string, Filter>
export type TestTable = ReadonlyMap<string, Test>

/** The filtered value first, then one for each further parameter (see `Signature.bind`). */
export type FilterBody = (context: FilterContext, value: Value, ...bound: readonly Value[]) => Eventual

/**
 * A filter with Python's binding of arguments.
 *
 * @param name Python's name of the function, for messages: `do_replace`.
 * @param parameters As in Python, the filtered value first: `s, old, new, count=None`.
 */
export function filter(name: string, parameters: string, body: FilterBody): Filter {
  const signature = new Signature(name, parameters)
  return {
    call: (context, value, args, kwargs) => {
      const [first, ...rest] = signature.bind([value, ...args], kwargs)
      return body(context, first, ...rest)
    },
  }
}

/** A test with Python's binding of arguments; see `filter`. */
export function test(
  name: string,
  parameters: string,
  body: (value: Value, ...bound: readonly Value[]) => boolean,
): Test {
  const signature = new Signature(name, parameters)
  return {
    call: (_context, value, args, kwargs) => {
      const [first, ...rest] = signature.bind([value, ...args], kwargs)
      return body(first, ...rest)
    },
  }
}
