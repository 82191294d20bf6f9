/** Jinja's filters for HTML, XML and addresses. */
import { expectText, textOf } from '../values/arguments.ts'
import { isIterable, isTrue, iterate, unpack } from '../values/iterate.ts'
import { Markup, Undefined, type Value } from '../values/kinds.ts'
import { repr, str } from '../values/print.ts'
import { PyError, valueError } from '../values/py-error.ts'
import { escapeHtml } from '../values/text.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, filter } from './filter.ts'
import { linkAddresses } from './link-addresses.ts'

function escaped(value: Value): Markup {
  return value instanceof Markup ? value : new Markup(escapeHtml(str(value)))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));/g, (whole: string, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    return entities[String(name)] ?? whole
  })
}

function stripTags(text: string): string {
  const bare = cutOut(cutOut(text, '<!--', '-->'), '<', '>')
  return unescapeHtml(
    bare
      .split(/\s+/)
      .filter((word) => word !== '')
      .join(' '),
  )
}

/** The text without what stands between two marks, and without them. */
function cutOut(text: string, opening: string, closing: string): string {
  const kept: string[] = []
  let at = 0
  for (;;) {
    const start = text.indexOf(opening, at)
    const end = start === -1 ? -1 : text.indexOf(closing, start + opening.length)
    if (end === -1) return kept.join('') + text.slice(at)
    kept.push(text.slice(at, start))
    at = end + closing.length
  }
}

/** Percent signs as Python's `quote` sets them. */
function percentEncoded(text: string, keep: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte)
    if (byte < 0x80 && (/[\w.~-]/.test(character) || keep.includes(character))) return character
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

function urlEncode(value: Value): string {
  if (textOf(value) !== undefined || !isIterable(value)) return percentEncoded(str(value), '/')
  const part = (item: Value): string => percentEncoded(str(item), '').replaceAll('%20', '+')
  const pairs = value instanceof Map ? value : Array.from(iterate(value), (pair) => unpack(pair, 2))
  return Array.from(pairs, ([key, item]) => `${part(key)}=${part(item)}`).join('&')
}

function xmlAttributes(attributes: Value, withSpace: boolean): string {
  if (!(attributes instanceof Map)) {
    if (attributes instanceof Undefined) attributes.fail()
    throw new PyError('AttributeError', `'${typeName(attributes)}' object has no attribute 'items'`)
  }
  const parts: string[] = []
  for (const [key, value] of attributes) {
    if (value === null || value instanceof Undefined) continue
    if (/[\s/>=]/.test(expectText(key))) throw valueError(`Invalid character in attribute name: ${repr(key)}`)
    parts.push(`${escaped(key).text}="${escaped(value).text}"`)
  }
  return (withSpace && parts.length > 0 ? ' ' : '') + parts.join(' ')
}

function urlize(value: Value, limit: Value, noFollow: Value, target: Value, rel: Value, schemes: Value): string {
  const relations = new Set(
    rel === null
      ? []
      : expectText(rel)
          .split(/\s+/)
          .filter((word) => word !== ''),
  )
  if (isTrue(noFollow)) relations.add('nofollow')
  relations.add('noopener')
  return linkAddresses(escaped(value).text, {
    limit: limit === null ? undefined : Number(limit),
    rel: [...relations].sort().join(' '),
    target: target === null ? undefined : expectText(target),
    schemes: schemes === null ? [] : Array.from(iterate(schemes), (scheme) => expectText(scheme)),
  })
}

const escapeFilter = filter('escape', 's', (_context, s) => escaped(s))

export const builtinMarkupFilters: readonly (readonly [string, Filter])[] = [
  ['e', escapeFilter],
  ['escape', escapeFilter],
  ['forceescape', filter('do_forceescape', 'value', (_context, value) => new Markup(escapeHtml(str(value))))],
  [
    'safe',
    filter('do_mark_safe', 'value', (_context, value) => (value instanceof Markup ? value : new Markup(str(value)))),
  ],
  ['striptags', filter('do_striptags', 'value', (_context, value) => stripTags(str(value)))],
  ['urlencode', filter('do_urlencode', 'value', (_context, value) => urlEncode(value))],
  [
    'urlize',
    filter(
      'do_urlize',
      'value, trim_url_limit=None, nofollow=False, target=None, rel=None, extra_schemes=None',
      (context, value, limit, noFollow, target, rel, schemes) => {
        const text = urlize(value, limit, noFollow, target, rel, schemes)
        return context.autoescape ? new Markup(text) : text
      },
    ),
  ],
  [
    'xmlattr',
    filter('do_xmlattr', 'd, autospace=True', (context, attributes, withSpace) => {
      const text = xmlAttributes(attributes, isTrue(withSpace))
      return context.autoescape ? new Markup(text) : text
    }),
  ],
]
