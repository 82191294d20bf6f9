/** Values of templates as XML, in the shape that Salt's `xml` filter gives it. */
import { textOf } from '../values/arguments.ts'
import { numeric } from '../values/compare.ts'
import { toList } from '../values/iterate.ts'
import { Tuple, Undefined, type Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'

interface Element {
  readonly tag: string
  text: string | undefined
  attributes: readonly (readonly [string, string])[]
  readonly children: Element[]
}

/** The last element that the value makes, indented by one blank for each level. Throws TemplateRuntimeError. */
export function writeXml(value: Value): string {
  const root = elementsOf(normalized(value), undefined, 0)
  if (root === undefined) throw new PyError('AttributeError', 'the value makes no XML element')
  return `<?xml version="1.0" ?>\n${written(root, '')}`
}

type Entry = readonly [Value, Value]

const deepest = 200

/** Pairs of a dictionary or of a list of them; a list of texts has none. */
function normalized(value: Value): Entry[] {
  if (value instanceof Undefined) return value.fail()
  if (value instanceof Map) return [...value]
  if (!Array.isArray(value) && !(value instanceof Tuple))
    throw new PyError('TemplateRuntimeError', 'Value is not a dict or list. Cannot render as XML')
  const [first] = toList(value)
  if (first === undefined) throw new PyError('IndexError', `${typeName(value)} index out of range`)
  return []
}

function isInner(value: Value): boolean {
  return Array.isArray(value) || value instanceof Map
}

/** Adds the entries below `parent`; gives the last element that stands for itself. */
function elementsOf(entries: readonly Entry[], parent: Element | undefined, depth: number): Element | undefined {
  if (depth > deepest) throw new PyError('RecursionError', 'maximum recursion depth exceeded')
  let element: Element | undefined
  for (const [name, content] of entries) {
    if (Array.isArray(content)) {
      for (const item of content) elementsOf([[name, item]], parent, depth + 1)
    } else {
      element = { tag: tagName(name), text: undefined, attributes: [], children: [] }
      parent?.children.push(element)
    }
    if (isSimple(content)) {
      if (element !== undefined) element.text = str(content)
      continue
    }
    if (content instanceof Map && element !== undefined)
      element.attributes = [...content]
        .filter(([, item]) => !isInner(item))
        .map(([key, item]): [string, string] => [tagName(key), str(item)])
    for (const entry of normalized(content)) if (isInner(entry[1])) elementsOf([entry], element, depth + 1)
  }
  return element
}

function isSimple(value: Value): boolean {
  return textOf(value) !== undefined || typeof value === 'boolean' || numeric(value) !== undefined
}

/** A name that XML can have. Anything else would not be read again. */
function tagName(key: Value): string {
  const name = str(key)
  if (/^[\p{L}_:][\p{L}\p{N}_:.·-]*$/u.test(name)) return name
  throw new PyError('ExpatError', `'${name}' cannot be a name in XML`)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}

function written({ tag, text, attributes, children }: Element, margin: string): string {
  const open = `${margin}<${tag}${attributes.map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')}`
  if (children.length > 0) {
    const inner = children.map((child) => written(child, `${margin} `)).join('')
    return `${open}>\n${inner}${margin}</${tag}>\n`
  }
  return text === undefined || text === '' ? `${open}/>\n` : `${open}>${escaped(text)}</${tag}>\n`
}
