/** Jinja's filters for texts. */
import { expectInteger, expectText, textOf } from '../values/arguments.ts'
import { isTrue, length as lengthOfValue } from '../values/iterate.ts'
import { Markup, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { capitalized, replaceText } from '../values/methods/text-methods.ts'
import { splitLines, stripped } from '../values/methods/text-split.ts'
import { formatPercent } from '../values/percent-format.ts'
import { str } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { characters, codePointLength, codePointSlice, padded, repeated } from '../values/text.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, filter } from './filter.ts'
import { wrapText } from './text-wrap.ts'

/** Markup stays Markup, everything else becomes a text. */
function softText(value: Value): string {
  return textOf(value) ?? str(value)
}

function likeSource(source: Value, text: string): Value {
  return source instanceof Markup ? new Markup(text) : text
}

function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((part) => {
      const [first = ''] = characters(part)
      return first.toUpperCase() + part.slice(first.length).toLowerCase()
    })
    .join('')
}

function indent(text: string, width: Value, first: Value, blank: Value): string {
  const margin = textOf(width) ?? repeated(' ', expectInteger(width))
  const lines = splitLines(`${text}\n`)
  const indented = lines.map((line, index) => (index === 0 || (line === '' && !isTrue(blank)) ? line : margin + line))
  return (isTrue(first) ? margin : '') + indented.join('\n')
}

function truncate(value: Value, length: number, killWords: boolean, end: string, leeway: number): Value {
  const endLength = codePointLength(end)
  if (length < endLength) throw new PyError('AssertionError', `expected length >= ${endLength}, got ${length}`)
  if (leeway < 0) throw new PyError('AssertionError', `expected leeway >= 0, got ${leeway}`)
  if (lengthOfValue(value) <= length + leeway) return value
  const text = expectText(value)
  const kept = codePointSlice(text, 0, length - endLength)
  const lastSpace = kept.lastIndexOf(' ')
  return (killWords || lastSpace === -1 ? kept : kept.slice(0, lastSpace)) + end
}

function formatted(value: Value, args: Value, kwargs: Value): string {
  const hasArgs = isTrue(args)
  const hasKwargs = isTrue(kwargs)
  if (hasArgs && hasKwargs) {
    throw new PyError('FilterArgumentError', "can't handle positional and keyword arguments at the same time")
  }
  return formatPercent(softText(value), hasKwargs ? kwargs : new Tuple(Array.isArray(args) ? args : []))
}

function wordWrap(text: string, width: Value, breakWords: Value, separator: Value, breakHyphens: Value): string {
  const by = separator === null ? '\n' : expectText(separator)
  const options = { width: expectInteger(width), breakWords: isTrue(breakWords), breakHyphens: isTrue(breakHyphens) }
  return splitLines(text)
    .map((line) => wrapText(line, options).join(by))
    .join(by)
}

function linesOf(value: Value): string {
  const text = textOf(value)
  if (text !== undefined) return text
  if (value instanceof Undefined) value.fail()
  throw new PyError('AttributeError', `'${typeName(value)}' object has no attribute 'splitlines'`)
}

export const builtinTextFilters: readonly (readonly [string, Filter])[] = [
  ['capitalize', filter('do_capitalize', 's', (_context, s) => capitalized(softText(s)))],
  [
    'center',
    filter('do_center', 'value, width=80', (_context, value, width) =>
      padded(softText(value), expectInteger(width), 'both'),
    ),
  ],
  [
    'format',
    filter('do_format', 'value, *args, **kwargs', (_context, value, args, kwargs) => formatted(value, args, kwargs)),
  ],
  [
    'indent',
    filter('do_indent', 's, width=4, first=False, blank=False', (_context, s, width, first, blank) =>
      likeSource(s, indent(Array.isArray(s) ? linesOf(s) : expectText(s, 'can only indent str'), width, first, blank)),
    ),
  ],
  ['lower', filter('do_lower', 's', (_context, s) => softText(s).toLowerCase())],
  [
    'replace',
    filter('do_replace', 's, old, new, count=None', (_context, s, old, replacement, count) =>
      replaceText(str(s), str(old), str(replacement), count === null ? -1 : expectInteger(count)),
    ),
  ],
  ['string', filter('soft_str', 's', (_context, s) => (s instanceof Markup ? s : str(s)))],
  ['title', filter('do_title', 's', (_context, s) => title(softText(s)))],
  [
    'trim',
    filter('do_trim', 'value, chars=None', (_context, value, chars) => stripped(softText(value), chars, true, true)),
  ],
  [
    'truncate',
    filter(
      'do_truncate',
      "s, length=255, killwords=False, end='...', leeway=None",
      (_context, s, length, killWords, end, leeway) =>
        truncate(
          s,
          expectInteger(length),
          isTrue(killWords),
          expectText(end),
          leeway === null ? 5 : expectInteger(leeway),
        ),
    ),
  ],
  ['upper', filter('do_upper', 's', (_context, s) => softText(s).toUpperCase())],
  ['wordcount', filter('do_wordcount', 's', (_context, s) => softText(s).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)],
  [
    'wordwrap',
    filter(
      'do_wordwrap',
      's, width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True',
      (_context, s, width, breakWords, separator, breakHyphens) =>
        wordWrap(linesOf(s), width, breakWords, separator, breakHyphens),
    ),
  ],
]
