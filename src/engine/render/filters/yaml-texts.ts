/** Salt's filters that write one value so that it can stand in YAML text. */

import { Float } from '../../../base/float.ts'
import { escapeSequence } from '../../../base/yaml-emit-scalars.ts'
import { dumpYaml } from '../data/yaml-dump.ts'
import { PySet } from '../values/dict.ts'
import { Tuple, Undefined, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { PyError, typeError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, filter } from './filter.ts'

/** In double quotes, on one line and in ASCII. */
function doubleQuoted(text: string): string {
  return `"${text.replace(/[^ !#-[\]-~]/gu, escapeSequence)}"`
}

/** In single quotes. One line break would be read as a blank, so the first of a run is doubled. */
function singleQuoted(text: string): string {
  const broken = text.replace(/[\n\u0085\u2028\u2029]+/g, (breaks) =>
    breaks.startsWith('\n') ? `\n${breaks}` : breaks,
  )
  return `'${broken.replaceAll("'", "''")}'`
}

/** A text in double quotes; the word of a number, a boolean or null. Throws TypeError for collections. */
function encodedScalar(value: Value): string {
  if (typeof value === 'string') return doubleQuoted(value)
  if (value instanceof Undefined) return value.fail()
  if (value instanceof Uint8Array)
    return Buffer.from(value)
      .toString('base64')
      .replace(/.{1,76}/g, '$&\n')
  if (typeof value !== 'object' || value === null || value instanceof Float) return dumpYaml(value).trimEnd()
  if (Array.isArray(value) || value instanceof Tuple || value instanceof Map || value instanceof PySet)
    throw typeError(`yaml_encode() only works with YAML scalar data; failed for <class '${typeName(value)}'>`)
  throw new PyError('RepresenterError', `cannot represent an object of the type ${typeName(value)}`)
}

export const yamlTextFilters: readonly (readonly [string, Filter])[] = [
  ['yaml_dquote', filter('yaml_dquote', 'text', (_context, text) => doubleQuoted(str(text)))],
  ['yaml_encode', filter('yaml_encode', 'data', (_context, data) => encodedScalar(data))],
  ['yaml_squote', filter('yaml_squote', 'text', (_context, text) => singleQuoted(str(text)))],
]
