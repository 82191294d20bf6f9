/** Scanning of what stands before a YAML node or document: anchors, aliases, tags and directives. */
import { isBlank, isDigit, isGap, isLineEnd, isWord, type YamlReader } from './yaml-reader.ts'

/** The name behind `&` or `*`. */
export function scanAnchor(reader: YamlReader): string {
  const start = reader.place
  const context = reader.code() === 0x2a ? 'while scanning an alias' : 'while scanning an anchor'
  reader.position += 1
  const name = takeWord(reader)
  const code = reader.code()
  if (name === '' || !(isGap(code) || '?:,]}%@`'.includes(String.fromCharCode(code))))
    reader.fail('did not find expected alphabetic or numeric character', context, start)
  return name
}

function takeWord(reader: YamlReader): string {
  const from = reader.position
  while (isWord(reader.code())) reader.position += 1
  return reader.source.slice(from, reader.position)
}

export interface Tag {
  /** `!`, `!!`, `!name!`, or '' for a tag that is written in full. */
  readonly handle: string
  readonly suffix: string
}

/** A tag; the reader stands on its `!`. */
export function scanTag(reader: YamlReader, inFlow: boolean): Tag {
  const start = reader.place
  const tag = reader.code(1) === 0x3c ? takeFullTag(reader, start) : takeShortTag(reader, start)
  if (!isGap(reader.code()) && !(inFlow && reader.code() === 0x2c))
    reader.fail('did not find expected whitespace or line break', 'while scanning a tag', start)
  return tag
}

function takeFullTag(reader: YamlReader, start: number): Tag {
  reader.position += 2
  const suffix = takeUri(reader, start, '', true, tagContext)
  if (reader.code() !== 0x3e) reader.fail("did not find the expected '>'", 'while scanning a tag', start)
  reader.position += 1
  return { handle: '', suffix }
}

function takeShortTag(reader: YamlReader, start: number): Tag {
  const handle = takeHandle(reader, start, false)
  if (handle.length > 1 && handle.endsWith('!'))
    return { handle, suffix: takeUri(reader, start, '', false, tagContext) }
  const suffix = takeUri(reader, start, handle, false, tagContext)
  return suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix }
}

const tagContext = 'while parsing a tag'

function takeHandle(reader: YamlReader, start: number, inDirective: boolean): string {
  if (reader.code() !== 0x21)
    reader.fail("did not find expected '!'", inDirective ? 'while scanning a directive' : 'while scanning a tag', start)
  reader.position += 1
  const name = takeWord(reader)
  if (reader.code() === 0x21) {
    reader.position += 1
    return `!${name}!`
  }
  if (inDirective && name !== '') reader.fail("did not find expected '!'", 'while parsing a directive', start)
  return `!${name}`
}

/** @param head What was taken for a handle already; its `!` does not belong to the address. */
function takeUri(reader: YamlReader, start: number, head: string, withBrackets: boolean, context: string): string {
  const allowed = withBrackets ? ";/?:@&=+$.%!~*'(),[]" : ";/?:@&=+$.%!~*'()"
  let text = head.slice(1)
  let length = head.length
  for (let code = reader.code(); isWord(code) || allowed.includes(String.fromCharCode(code)); code = reader.code()) {
    text += code === 0x25 ? takeUriEscapes(reader, start, context) : String.fromCharCode(code)
    if (code !== 0x25) reader.position += 1
    length += 1
  }
  if (length === 0) reader.fail('did not find expected tag URI', context, start)
  return text
}

/** `%C3%A9` and the like, a whole run at once. */
function takeUriEscapes(reader: YamlReader, start: number, context: string): string {
  const [run] = /^(?:%[0-9a-fA-F]{2})+/.exec(reader.source.slice(reader.position)) ?? []
  if (run === undefined) reader.fail('did not find URI escaped octet', context, start)
  try {
    const text = decodeURIComponent(run)
    reader.position += run.length
    return text
  } catch {
    reader.fail('found an incorrect leading UTF-8 octet', context, start)
  }
}

export type Directive =
  | { readonly name: 'YAML'; readonly major: number; readonly minor: number }
  | { readonly name: 'TAG'; readonly handle: string; readonly prefix: string }

/** A `%YAML` or `%TAG` line; the reader stands on its `%`. */
export function scanDirective(reader: YamlReader): Directive {
  const start = reader.place
  const context = 'while scanning a directive'
  reader.position += 1
  const name = takeWord(reader)
  if (name === '') reader.fail('could not find expected directive name', context, start)
  if (!isGap(reader.code())) reader.fail('found unexpected non-alphabetical character', context, start)
  if (name !== 'YAML' && name !== 'TAG') reader.fail('found unknown directive name', context, start)
  const directive = name === 'YAML' ? takeVersion(reader, start) : takeTagDirective(reader, start)
  reader.skipBlanks()
  if (reader.code() === 0x23) reader.skipToLineEnd()
  if (!isLineEnd(reader.code())) reader.fail('did not find expected comment or line break', context, start)
  reader.takeBreak()
  return directive
}

function takeVersion(reader: YamlReader, start: number): Directive {
  const context = 'while scanning a %YAML directive'
  const takeNumber = (): number => {
    const from = reader.position
    while (isDigit(reader.code())) reader.position += 1
    const digits = reader.source.slice(from, reader.position)
    if (digits.length > 9) reader.fail('found extremely long version number', context, start)
    if (digits === '') reader.fail('did not find expected version number', context, start)
    return Number(digits)
  }
  reader.skipBlanks()
  const major = takeNumber()
  if (reader.code() !== 0x2e) reader.fail("did not find expected digit or '.' character", context, start)
  reader.position += 1
  return { name: 'YAML', major, minor: takeNumber() }
}

function takeTagDirective(reader: YamlReader, start: number): Directive {
  const context = 'while scanning a %TAG directive'
  reader.skipBlanks()
  const handle = takeHandle(reader, start, true)
  if (!isBlank(reader.code())) reader.fail('did not find expected whitespace', context, start)
  reader.skipBlanks()
  const prefix = takeUri(reader, start, '', true, 'while parsing a %TAG directive')
  if (!isGap(reader.code())) reader.fail('did not find expected whitespace or line break', context, start)
  return { name: 'TAG', handle, prefix }
}
