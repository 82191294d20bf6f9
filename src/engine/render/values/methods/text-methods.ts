/** Methods of `str`. Results of Markup's methods are plain texts but where the whole stays escaped. */
import { expectInteger, expectText, textOf } from '../arguments.ts'
import { Dict } from '../dict.ts'
import { iterate } from '../iterate.ts'
import { isText, Tuple, Undefined, type Value } from '../kinds.ts'
import { typeError, valueError } from '../py-error.ts'
import {
  characters,
  checkLength,
  codePointIndex,
  codePointLength,
  codePointSlice,
  padded,
  whiteSpace,
} from '../text.ts'
import { typeName } from '../type-name.ts'
import { encodeText } from './encoding.ts'
import { type MethodTable, methodTable } from './method-table.ts'
import { split, splitFromRight, splitLines, stripped } from './text-split.ts'

function own(value: Value): string {
  return textOf(value) ?? ''
}

/** A text between two indexes of code points, as `str.find` and its likes take them. */
function window(text: string, start: Value, end: Value): { part: string; offset: number } | undefined {
  if (start === null && end === null) return { part: text, offset: 0 }
  const length = codePointLength(text)
  const clamp = (value: Value, fallback: number): number => {
    if (value === null) return fallback
    const index = expectInteger(value)
    return index < 0 ? Math.max(0, index + length) : index
  }
  const from = clamp(start, 0)
  const to = Math.min(clamp(end, length), length)
  return from > length || from > to ? undefined : { part: codePointSlice(text, from, to), offset: from }
}

function find(text: string, wanted: Value, start: Value, end: Value, last = false): number {
  const within = window(text, start, end)
  const sought = expectText(wanted, 'must be str')
  if (within === undefined) return -1
  const index = last ? within.part.lastIndexOf(sought) : within.part.indexOf(sought)
  return index === -1 ? -1 : codePointIndex(within.part, index) + within.offset
}

function foundIndex(index: number): number {
  if (index === -1) throw valueError('substring not found')
  return index
}

function count(text: string, wanted: Value, start: Value, end: Value): number {
  const within = window(text, start, end)
  const sought = expectText(wanted, 'must be str')
  if (within === undefined) return 0
  return sought === '' ? codePointLength(within.part) + 1 : within.part.split(sought).length - 1
}

function hasAffix(method: 'startsWith' | 'endsWith', text: string, affix: Value, start: Value, end: Value): boolean {
  const affixes = affix instanceof Tuple ? affix.items : [affix]
  const within = window(text, start, end)
  return affixes.some((one) => {
    const name = method.toLowerCase()
    if (!isText(one) && !(one instanceof Undefined)) {
      throw typeError(`${name} first arg must be str or a tuple of str, not ${typeName(one)}`)
    }
    const sought = expectText(one)
    return within?.part[method](sought) ?? false
  })
}

/** `text.replace(old, replacement, count)`; a negative count replaces all. */
export function replaceText(text: string, old: string, replacement: string, limit: number): string {
  if (limit < 0) {
    if (old !== '') {
      const parts = text.split(old)
      checkLength(text.length + parts.length * replacement.length)
      return parts.join(replacement)
    }
    return `${replacement}${Array.from(text, (character) => character + replacement).join('')}`
  }
  let result = ''
  let rest: string = text
  for (let round = 0; round < limit; round++) {
    const index = rest.indexOf(old)
    if (index === -1) break
    result += rest.slice(0, index) + replacement
    rest = rest.slice(index + old.length)
    if (old !== '') continue
    if (rest === '') break
    const [first = ''] = characters(rest)
    result += first
    rest = rest.slice(first.length)
  }
  return result + rest
}

function join(text: string, items: Value): string {
  const parts: string[] = []
  for (const item of iterate(items)) {
    const part = textOf(item)
    if (part === undefined) {
      throw typeError(`sequence item ${parts.length}: expected str instance, ${typeName(item)} found`)
    }
    parts.push(part)
  }
  checkLength(parts.reduce((sum, part) => sum + part.length + text.length, 0))
  return parts.join(text)
}

function partition(text: string, separator: Value, last = false): Tuple {
  const by = expectText(separator, 'must be str')
  if (by === '') throw valueError('empty separator')
  const index = last ? text.lastIndexOf(by) : text.indexOf(by)
  if (index === -1) return new Tuple(last ? ['', '', text] : [text, '', ''])
  return new Tuple([text.slice(0, index), by, text.slice(index + by.length)])
}

/** First letter of each word large, all others small; a word starts after anything that is no letter. */
function titleCase(text: string): string {
  return text.replace(/[\p{L}\p{Mn}]+/gu, capitalized)
}

/** First character large, all others small. */
export function capitalized(text: string): string {
  const [first = ''] = characters(text)
  return first.toUpperCase() + text.slice(first.length).toLowerCase()
}

function zeroFilled(text: string, width: number): string {
  const sign = /^[+-]/.test(text) ? text.charAt(0) : ''
  return sign + padded(text.slice(sign.length), width - sign.length, 'left', '0')
}

function expandTabs(text: string, size: number): string {
  let column = 0
  return Array.from(text, (character) => {
    if (character === '\t') {
      const spaces = size > 0 ? size - (column % size) : 0
      column += spaces
      return ' '.repeat(spaces)
    }
    column = character === '\n' || character === '\r' ? 0 : column + 1
    return character
  }).join('')
}

function swapCase(text: string): string {
  return Array.from(text, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  ).join('')
}

function translate(text: string, table: Value): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    const target: Value | undefined = table instanceof Map ? table.get(code) : undefined
    if (target === undefined) return character
    if (target === null) return ''
    return textOf(target) ?? String.fromCodePoint(expectInteger(target))
  }).join('')
}

function makeTranslation(from: Value, to: Value, removed: Value): Dict {
  const table = new Dict()
  if (from instanceof Map) {
    for (const [key, value] of from) table.set(textOf(key)?.codePointAt(0) ?? key, value)
    return table
  }
  const targets = [...expectText(to)]
  const sources = [...expectText(from)]
  if (sources.length !== targets.length) throw valueError('the first two maketrans arguments must have equal length')
  for (const [index, source] of sources.entries()) table.set(source.codePointAt(0), targets[index]?.codePointAt(0))
  for (const character of removed === null ? '' : expectText(removed)) table.set(character.codePointAt(0), null)
  return table
}

function fillOf(value: Value): string {
  const fill = expectText(value)
  if (codePointLength(fill) !== 1) throw typeError('The fill character must be exactly one character long')
  return fill
}

const onlySpace = new RegExp(`^[${whiteSpace}]+$`)
const bounded = 'start=None, end=None'

/** All but `format` and `format_map`, which look into values. */
export const textMethods: MethodTable<Value> = methodTable<string>(own, [
  ['upper', '', (text) => text.toUpperCase()],
  ['lower', '', (text) => text.toLowerCase()],
  ['casefold', '', (text) => text.toLowerCase().replaceAll('ß', 'ss')],
  ['title', '', (text) => titleCase(text)],
  ['capitalize', '', (text) => capitalized(text)],
  ['swapcase', '', (text) => swapCase(text)],
  ['strip', 'chars=None, /', (text, chars) => stripped(text, chars, true, true)],
  ['lstrip', 'chars=None, /', (text, chars) => stripped(text, chars, true, false)],
  ['rstrip', 'chars=None, /', (text, chars) => stripped(text, chars, false, true)],
  ['split', 'sep=None, maxsplit=-1', (text, separator, limit) => split(text, separator, expectInteger(limit))],
  [
    'rsplit',
    'sep=None, maxsplit=-1',
    (text, separator, limit) => splitFromRight(text, separator, expectInteger(limit)),
  ],
  ['splitlines', 'keepends=False', (text, keep) => splitLines(text, keep === true || keep === 1)],
  ['partition', 'sep, /', (text, separator) => partition(text, separator)],
  ['rpartition', 'sep, /', (text, separator) => partition(text, separator, true)],
  [
    'replace',
    'old, new, count=-1, /',
    (text, old, replacement, limit) =>
      replaceText(text, expectText(old), expectText(replacement), expectInteger(limit)),
  ],
  [
    'startswith',
    `prefix, ${bounded}, /`,
    (text, prefix, start, end) => hasAffix('startsWith', text, prefix, start, end),
  ],
  ['endswith', `suffix, ${bounded}, /`, (text, suffix, start, end) => hasAffix('endsWith', text, suffix, start, end)],
  [
    'removeprefix',
    'prefix, /',
    (text, prefix) => (text.startsWith(expectText(prefix)) ? text.slice(own(prefix).length) : text),
  ],
  [
    'removesuffix',
    'suffix, /',
    (text, suffix) => (text.endsWith(expectText(suffix)) ? text.slice(0, text.length - own(suffix).length) : text),
  ],
  ['find', `sub, ${bounded}, /`, (text, sub, start, end) => find(text, sub, start, end)],
  ['rfind', `sub, ${bounded}, /`, (text, sub, start, end) => find(text, sub, start, end, true)],
  ['index', `sub, ${bounded}, /`, (text, sub, start, end) => foundIndex(find(text, sub, start, end))],
  ['rindex', `sub, ${bounded}, /`, (text, sub, start, end) => foundIndex(find(text, sub, start, end, true))],
  ['count', `sub, ${bounded}, /`, (text, sub, start, end) => count(text, sub, start, end)],
  ['join', 'iterable, /', (text, items) => join(text, items)],
  ['ljust', "width, fillchar=' ', /", (text, width, fill) => padded(text, expectInteger(width), 'right', fillOf(fill))],
  ['rjust', "width, fillchar=' ', /", (text, width, fill) => padded(text, expectInteger(width), 'left', fillOf(fill))],
  ['center', "width, fillchar=' ', /", (text, width, fill) => padded(text, expectInteger(width), 'both', fillOf(fill))],
  ['zfill', 'width, /', (text, width) => zeroFilled(text, expectInteger(width))],
  ['expandtabs', 'tabsize=8', (text, size) => expandTabs(text, expectInteger(size))],
  ['encode', "encoding='utf-8', errors='strict'", (text, encoding) => encodeText(text, expectText(encoding))],
  ['translate', 'table, /', (text, table) => translate(text, table)],
  ['maketrans', 'x, y=None, z=None, /', (_text, from, to, removed) => makeTranslation(from, to, removed)],
  ['isdigit', '', (text) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u.test(text)],
  ['isdecimal', '', (text) => /^\p{Nd}+$/u.test(text)],
  ['isnumeric', '', (text) => /^\p{N}+$/u.test(text)],
  ['isalpha', '', (text) => /^\p{L}+$/u.test(text)],
  ['isalnum', '', (text) => /^[\p{L}\p{N}]+$/u.test(text)],
  ['isspace', '', (text) => onlySpace.test(text)],
  ['isupper', '', (text) => text === text.toUpperCase() && text !== text.toLowerCase()],
  ['islower', '', (text) => text === text.toLowerCase() && text !== text.toUpperCase()],
  ['istitle', '', (text) => /\p{L}/u.test(text) && text === titleCase(text)],
  ['isidentifier', '', (text) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text)],
  ['isascii', '', (text) => /^\p{ASCII}*$/u.test(text)],
  ['isprintable', '', (text) => !/(?! )[\p{C}\p{Z}]/u.test(text)],
])
