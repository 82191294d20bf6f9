/** Lists of names with wildcards or regular expressions, as Salt's whitelists and blacklists are. */
import { SaltError } from '../../../base/errors.ts'
import { PythonRegex } from '../../functions/python-regex.ts'
import { matchGlob } from '../../target/glob.ts'
import { textOf } from '../values/arguments.ts'
import { isIterable, iterate } from '../values/iterate.ts'
import type { Value } from '../values/kinds.ts'
import { repr } from '../values/print.ts'
import { typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'

/** Whether one expression of a list, or the only one, fits the value. Throws TypeError for what is no list. */
export function matchesAny(value: Value, expressions: Value, what: string): boolean {
  const single = textOf(expressions)
  if (single !== undefined) return matches(value, single)
  if (!isIterable(expressions))
    throw typeError(`Expecting iterable ${what}, but got ${typeName(expressions)} (${repr(expressions)})`)
  for (const expression of iterate(expressions)) if (matches(value, expression)) return true
  return false
}

/** As a glob, or as a regular expression for the whole value. */
function matches(value: Value, expression: Value): boolean {
  const text = textOf(value)
  const pattern = textOf(expression)
  if (text === undefined || pattern === undefined) return false
  if (matchGlob(pattern, text)) return true
  try {
    return new PythonRegex(`\\A${pattern}\\Z`).match(text)
  } catch (error) {
    if (error instanceof SaltError && error.code === 'bad-arguments') return false
    throw error
  }
}
