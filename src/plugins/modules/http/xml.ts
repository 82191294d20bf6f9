/**
 * Reading XML as Salt shows it: names and texts of elements, without attributes, comments and name spaces.
 *
 * Entities that a document declares are not known here, so that none can blow it up.
 */
import { SaltError } from '../../../base/errors.ts'

export interface XmlElement {
  /** Without the prefix of its name space. */
  readonly name: string
  /** What stands in front of the first child; null for nothing. */
  text: string | null
  readonly children: XmlElement[]
}

const maximumDepth = 200

const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<!DOCTYPE(?:[^[>]|\[[\s\S]*?\])*>|<(\/?)([^\s/>!?]+)((?:[^>"']|"[^"]*"|'[^']*')*)>|([^<]+)/gy

/** Throws `execution-failed` for what is no XML. */
export function parseXml(text: string): XmlElement {
  const top: XmlElement = { name: '', text: null, children: [] }
  const open: XmlElement[] = [top]
  const source = text.replace(/^\ufeff/, '')
  token.lastIndex = 0
  let end = 0
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    end = token.lastIndex
    const [, cdata, slash, name, attributes = '', characters] = match
    if (cdata !== undefined) addText(open, cdata)
    else if (characters !== undefined) addText(open, withoutEntities(characters))
    else if (name !== undefined && slash === '/') close(open, name)
    else if (name !== undefined) openElement(open, name, attributes.endsWith('/'))
  }
  const [root] = top.children
  if (end !== source.length || open.length !== 1 || root === undefined || top.children.length !== 1) {
    throw invalid(end === source.length ? 'it ends too early' : `character ${end} is not expected`)
  }
  return root
}

function invalid(reason: string): SaltError {
  return new SaltError('execution-failed', `The text is not valid XML: ${reason}`)
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function openElement(open: XmlElement[], name: string, isEmpty: boolean): void {
  const element: XmlElement = { name: localName(name), text: null, children: [] }
  open.at(-1)?.children.push(element)
  if (isEmpty) return
  if (open.length > maximumDepth) throw invalid('its elements lie too deep in each other')
  open.push(element)
}

function close(open: XmlElement[], name: string): void {
  const element = open.length > 1 ? open.pop() : undefined
  if (element?.name !== localName(name)) throw invalid(`</${name}> closes no element`)
}

function addText(open: readonly XmlElement[], text: string): void {
  const element = open.at(-1)
  if (element !== undefined && open.length > 1 && element.children.length === 0) {
    element.text = (element.text ?? '') + text
  }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function withoutEntities(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole
      const code = Number.parseInt(decimal ?? hex ?? '', decimal === undefined ? 16 : 10)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

/** Names with texts or with what lies below; a list where a name is there more than once. */
export function xmlToData(element: XmlElement): Record<string, unknown> {
  if (element.children.length === 0) return { [element.name]: element.text }
  const data = new Map<string, unknown>()
  for (const child of element.children) {
    const before = data.get(child.name)
    if (!data.has(child.name)) data.set(child.name, child.children.length === 0 ? child.text : xmlToData(child))
    else data.set(child.name, [...(Array.isArray(before) ? before : [before]), xmlToData(child)])
  }
  return Object.fromEntries(data)
}
