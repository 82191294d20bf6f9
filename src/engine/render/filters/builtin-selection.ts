/** Jinja's `map`, `select`, `reject` and their likes: they may wait for filters that call functions. */

import { expectText } from '../values/arguments.ts'
import { isTrue, iterate } from '../values/iterate.ts'
import { type Eventual, Generator, type Kwargs, type Value } from '../values/kinds.ts'
import { PyError } from '../values/py-error.ts'
import { attributeGetter } from './attribute-path.ts'
import type { Filter, FilterContext } from './filter.ts'

/**
 * A generator of what `use` makes of each item; an item for which it gives undefined is left out. Failures show where
 * Python's generators would show them: when somebody reads.
 */
function generated(items: () => Iterable<Value>, use: (item: Value) => Eventual | undefined): Eventual<Generator> {
  const made: Value[] = []
  const settle = (value: Value | undefined): void => {
    if (value !== undefined) made.push(value)
  }
  const rest = async (first: Promise<Value>, iterator: Iterator<Value>): Promise<Generator> => {
    try {
      settle(await first)
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) settle(await use(next.value))
      return new Generator(made)
    } catch (error) {
      return Generator.failing(made, error)
    }
  }
  try {
    const iterator = items()[Symbol.iterator]()
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      const value = use(next.value)
      if (value instanceof Promise) return rest(value, iterator)
      settle(value)
    }
    return new Generator(made)
  } catch (error) {
    return Generator.failing(made, error)
  }
}

type Use = (item: Value) => Eventual | undefined

/** Builds the function for each item only when there is something to go through, as Jinja does. */
function lazily(value: Value, prepare: () => Use): Eventual<Generator> {
  let use: Use | undefined
  return generated(
    () => {
      if (!isTrue(value)) return []
      use = prepare()
      return iterate(value)
    },
    (item) => use?.(item),
  )
}

function mapping(context: FilterContext, args: readonly Value[], kwargs: Kwargs): Use {
  const [name, ...rest] = args
  if (name === undefined && kwargs.has('attribute')) {
    const unknown = [...kwargs.keys()].find((key) => key !== 'attribute' && key !== 'default')
    if (unknown !== undefined) throw new PyError('FilterArgumentError', `Unexpected keyword argument '${unknown}'`)
    return attributeGetter(kwargs.get('attribute'), kwargs.get('default') ?? null)
  }
  if (name === undefined) throw new PyError('FilterArgumentError', 'map requires a filter argument')
  const filterName = expectText(name)
  return (item) => context.filter(filterName, item, rest, kwargs)
}

function selection(
  context: FilterContext,
  args: readonly Value[],
  kwargs: Kwargs,
  isWanted: boolean,
  byAttribute: boolean,
): Use {
  const [attribute] = args
  if (byAttribute && attribute === undefined) {
    throw new PyError('FilterArgumentError', 'Missing parameter for attribute name')
  }
  const get = byAttribute ? attributeGetter(attribute) : (item: Value): Value => item
  const [name, ...rest] = byAttribute ? args.slice(1) : args
  const testName = name === undefined ? undefined : expectText(name)
  return (item) => {
    const part = get(item)
    const result = testName === undefined ? isTrue(part) : context.test(testName, part, rest, kwargs)
    return result === isWanted ? item : undefined
  }
}

function selecting(isWanted: boolean, byAttribute: boolean): Filter {
  return {
    call: (context, value, args, kwargs) =>
      lazily(value, () => selection(context, args, kwargs, isWanted, byAttribute)),
  }
}

export const builtinSelectionFilters: readonly (readonly [string, Filter])[] = [
  ['map', { call: (context, value, args, kwargs) => lazily(value, () => mapping(context, args, kwargs)) }],
  ['select', selecting(true, false)],
  ['reject', selecting(false, false)],
  ['selectattr', selecting(true, true)],
  ['rejectattr', selecting(false, true)],
]
