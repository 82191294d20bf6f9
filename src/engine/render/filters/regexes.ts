/** Salt's filters and the test for Python's regular expressions. */
import { SaltError } from '../../../base/errors.ts'
import { escapePattern, PythonRegex } from '../../functions/python-regex.ts'
import { textOf } from '../values/arguments.ts'
import { isTrue } from '../values/iterate.ts'
import { Tuple, Undefined, type Value } from '../values/kinds.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, filter, type Test, test } from './filter.ts'

function subject(value: Value): string {
  const text = textOf(value)
  if (text !== undefined) return text
  if (value instanceof Undefined) return value.fail()
  throw typeError(`expected string or bytes-like object, got '${typeName(value)}'`)
}

/** Faults of the pattern or the template are Python's `re.error`. */
function withRegex<T>(pattern: Value, ignoreCase: Value, multiline: Value, use: (regex: PythonRegex) => T): T {
  if (pattern instanceof Undefined) pattern.fail()
  const text = textOf(pattern)
  if (text === undefined) throw typeError('first argument must be string or compiled pattern')
  try {
    return use(new PythonRegex(text, { ignoreCase: isTrue(ignoreCase), multiline: isTrue(multiline) }))
  } catch (error) {
    if (error instanceof SaltError) throw new PyError('error', error.message, { cause: error })
    throw error
  }
}

function groups(found: readonly (string | undefined)[] | undefined): Value {
  return found === undefined ? null : new Tuple(found.map((group) => group ?? null))
}

const parameters = 'txt, rgx, ignorecase=False, multiline=False'

export const regexFilters: readonly (readonly [string, Filter])[] = [
  ['regex_escape', filter('regex_escape', 'value', (_context, value) => escapePattern(subject(value)))],
  [
    'regex_match',
    filter('regex_match', parameters, (_context, text, pattern, ignoreCase, multiline) =>
      withRegex(pattern, ignoreCase, multiline, (regex) => groups(regex.groups(subject(text), 'start'))),
    ),
  ],
  [
    'regex_replace',
    filter(
      'regex_replace',
      'txt, rgx, val, ignorecase=False, multiline=False',
      (_context, text, pattern, template, ignoreCase, multiline) =>
        withRegex(pattern, ignoreCase, multiline, (regex) => regex.replace(subject(text), subject(template)).text),
    ),
  ],
  [
    'regex_search',
    filter('regex_search', parameters, (_context, text, pattern, ignoreCase, multiline) =>
      withRegex(pattern, ignoreCase, multiline, (regex) => groups(regex.groups(subject(text), 'anywhere'))),
    ),
  ],
]

export const regexTests: readonly (readonly [string, Test])[] = [
  [
    'match',
    test('test_match', parameters, (text, pattern, ignoreCase, multiline) =>
      withRegex(pattern, ignoreCase, multiline, (regex) => regex.match(subject(text))),
    ),
  ],
]
