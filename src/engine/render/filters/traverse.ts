/** Following a path such as `a:0:b` through dictionaries and lists. */

import { loadYaml } from '../data/yaml-load.ts'
import { textOf } from '../values/arguments.ts'
import { isInteger } from '../values/arithmetic.ts'
import { toList } from '../values/iterate.ts'
import { Tuple, type Value } from '../values/kinds.ts'
import { itemOf } from '../values/lookup.ts'
import { PyError } from '../values/py-error.ts'
import { parseInteger } from './conversions.ts'

/**
 * What is at the end of a path: a text with delimiters, a number, or a list of keys. A list is asked for the index, and for
 * the key in the dictionaries that it holds. Undefined where nothing is there.
 */
export function traverse(data: Value, path: Value, delimiter = ':'): Value | undefined {
  let value: Value | undefined = data
  for (const key of keysOf(path, delimiter)) {
    value = Array.isArray(value) ? inList(value, key) : inOther(value, key)
    if (value === undefined) return undefined
  }
  return value
}

function keysOf(path: Value, delimiter: string): Value[] {
  const text = textOf(path)
  if (text !== undefined) return text.split(delimiter)
  return isInteger(path) || typeof path === 'boolean' ? [path] : toList(path)
}

function inList(list: readonly Value[], key: Value): Value | undefined {
  const index = isInteger(key) ? key : parseInteger(textOf(key) ?? '')
  for (const item of list) {
    const found = item instanceof Map ? item.get(index ?? key) : undefined
    if (found !== undefined) return found
  }
  return index === undefined ? undefined : itemOf(list, index)
}

function inOther(value: Value, key: Value): Value | undefined {
  if (!(value instanceof Map))
    return value instanceof Tuple || typeof value === 'string' ? itemOf(value, key) : undefined
  const found = itemOf(value, key)
  if (found !== undefined) return found
  const meant = yamlMeaning(key)
  return meant === key ? undefined : itemOf(value, meant)
}

/** A key that is written as text may be a number, a boolean or null in the data. */
function yamlMeaning(key: Value): Value {
  if (typeof key !== 'string') return key
  try {
    const meant = loadYaml(key)
    return typeof meant === 'object' && meant !== null ? key : meant
  } catch (error) {
    if (error instanceof PyError) return key
    throw error
  }
}
