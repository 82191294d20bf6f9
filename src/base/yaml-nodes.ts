/** YAML text to a tree of nodes that know their places. js-yaml scans and parses; what the nodes mean is decided later. */
import {
  CHOMPING_MODE,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'

export interface YamlScalar {
  readonly kind: 'scalar'
  /** Full tag (`tag:yaml.org,2002:int`) where one is written. */
  readonly tag: string | undefined
  /** Neither quoted nor a block: its text may mean something else. */
  readonly plain: boolean
  readonly text: string
  /** Offset in the source. */
  readonly start: number
}

export interface YamlSequence {
  readonly kind: 'sequence'
  readonly tag: string | undefined
  readonly items: YamlNode[]
  readonly start: number
}

export interface YamlMapping {
  readonly kind: 'mapping'
  readonly tag: string | undefined
  /** In the order written; merge keys are still among them. */
  readonly pairs: (readonly [YamlNode, YamlNode])[]
  readonly start: number
}

/** An alias is the very node that it names. */
export type YamlNode = YamlScalar | YamlSequence | YamlMapping

/** A fault at an offset of the source. */
export class YamlFault extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/** The node of the only document, or undefined for an empty text. Throws `YamlFault`. */
export function composeYaml(source: string): YamlNode | undefined {
  refuseUnknownDirectives(source)
  const { events, text, originalOffset } = parseLeniently(source)
  dropMissingNewline(events, text)
  try {
    return new Composer(text, events).document()
  } catch (error) {
    if (error instanceof YamlFault) throw new YamlFault(error.message, originalOffset(error.offset))
    throw error
  }
}

interface Parsed {
  readonly events: Event[]
  /** The text that the offsets of the events refer to. */
  readonly text: string
  originalOffset(offset: number): number
}

const padding = ' '.repeat(64)
/** Bounds the work on a text made to be parsed again and again. */
const reparseBudget = 20_000_000

/**
 * PyYAML does not care how lines inside `[…]`, `{…}` and quotes are indented; js-yaml insists on the standard. Blanks at
 * the start of such a line mean nothing, so the line is indented and the text parsed again.
 */
function parseLeniently(source: string): Parsed {
  const padded: number[] = []
  let text = source
  const originalOffset = (offset: number): number => {
    const before = padded.filter((position) => position < offset).length
    return offset - before * padding.length
  }
  for (let spent = 0; ; spent += text.length) {
    try {
      return { events: parseEvents(text, {}), text, originalOffset }
    } catch (error) {
      if (!(error instanceof YAMLException) || error.mark === undefined) throw error
      const { position, column } = error.mark
      if (error.reason !== 'deficient indentation' || spent > reparseBudget) {
        throw new YamlFault(error.reason, originalOffset(position))
      }
      const lineStart = position - column
      const blanks = /[ \t]*$/.exec(text.slice(lineStart, position))?.[0] ?? ''
      const before = text.slice(0, position - blanks.length)
      const rest = ' '.repeat(blanks.length) + text.slice(position)
      if (blanks.length < column) {
        // The fault is a tab between two tokens of the line, which PyYAML takes for a blank.
        if (!blanks.includes('\t')) throw new YamlFault(error.reason, originalOffset(position))
        text = before + rest
      } else {
        text = before + padding + rest
        shiftAfter(padded, lineStart)
      }
    }
  }
}

/** Adds a padded place; those behind it move on by as much. */
function shiftAfter(padded: number[], lineStart: number): void {
  for (const [index, place] of padded.entries()) {
    if (place >= lineStart) padded[index] = place + padding.length
  }
  padded.push(lineStart)
}

/** js-yaml skips directives that it does not know; libyaml refuses them. */
function refuseUnknownDirectives(source: string): void {
  for (const { index, 0: line } of source.matchAll(/^.*$/gm)) {
    if (/^%(?!(?:YAML|TAG)\s)/.test(line)) throw new YamlFault('a directive other than %YAML or %TAG', index)
    if (!/^(?:\s*(?:#.*)?|%.*)$/.test(line)) return
  }
}

/** A block scalar that the end of the text cuts off has no final newline; js-yaml adds one. */
function dropMissingNewline(events: readonly Event[], text: string): void {
  if (text.endsWith('\n') || text.endsWith('\r')) return
  const last = events.findLast((event) => event.type === EVENT_ID.SCALAR)
  if (last === undefined || last.type !== EVENT_ID.SCALAR) return
  const isBlock = last.style === SCALAR_STYLE.LITERAL_BLOCK || last.style === SCALAR_STYLE.FOLDED_BLOCK
  if (isBlock && last.valueEnd >= text.length && /[^ \r\n][^\r\n]*$/.test(text)) last.chomping = CHOMPING_MODE.STRIP
}

type Tagged = {
  readonly tagStart: number
  readonly tagEnd: number
  readonly anchorStart: number
  readonly anchorEnd: number
}

class Composer {
  readonly #text: string
  readonly #events: readonly Event[]
  #next = 0
  #anchors = new Map<string, YamlNode>()
  #handles = new Map<string, string>()
  /** Open collections: an alias to one of them would be a value inside itself. */
  readonly #open = new Set<YamlNode>()

  constructor(text: string, events: readonly Event[]) {
    this.#text = text
    this.#events = events
  }

  document(): YamlNode | undefined {
    const start = this.#events[this.#next++]
    if (start?.type !== EVENT_ID.DOCUMENT) return undefined
    for (const directive of start.directives) {
      if (directive.kind === 'tag') this.#handles.set(directive.handle, directive.prefix)
    }
    const node = this.#events[this.#next]?.type === EVENT_ID.POP ? undefined : this.#node()
    this.#next += 1
    const more = this.#events.slice(this.#next).find((event) => 'valueStart' in event || 'start' in event)
    if (more !== undefined)
      throw new YamlFault('only one document is allowed, but another one starts here', startOf(more))
    return node
  }

  #node(): YamlNode {
    const event = this.#events[this.#next++]
    switch (event?.type) {
      case EVENT_ID.SCALAR: {
        const plain = event.style === SCALAR_STYLE.PLAIN
        const text = getScalarValue(this.#text, event)
        if (event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK)
          this.#refuseTab(event)
        return this.#anchored(event, { kind: 'scalar', tag: this.#tag(event), plain, text, start: startOf(event) })
      }
      case EVENT_ID.SEQUENCE: {
        const items: YamlNode[] = []
        const node = this.#anchored(event, { kind: 'sequence', tag: this.#tag(event), items, start: startOf(event) })
        this.#collect(node, () => items.push(this.#node()))
        return node
      }
      case EVENT_ID.MAPPING: {
        const pairs: [YamlNode, YamlNode][] = []
        const node = this.#anchored(event, { kind: 'mapping', tag: this.#tag(event), pairs, start: startOf(event) })
        this.#collect(node, () => pairs.push([this.#node(), this.#node()]))
        return node
      }
      case EVENT_ID.ALIAS: {
        const name = this.#text.slice(event.anchorStart, event.anchorEnd)
        const node = this.#anchors.get(name)
        if (node === undefined)
          throw new YamlFault(`the alias *${name} has no anchor &${name} before it`, event.anchorStart)
        if (this.#open.has(node))
          throw new YamlFault(`the alias *${name} stands inside the value that it names`, event.anchorStart)
        return node
      }
      default:
        throw new YamlFault('the text ends too early', this.#text.length)
    }
  }

  #collect(node: YamlNode, takeOne: () => void): void {
    this.#open.add(node)
    while (this.#next < this.#events.length && this.#events[this.#next]?.type !== EVENT_ID.POP) takeOne()
    this.#next += 1
    this.#open.delete(node)
  }

  #anchored<N extends YamlNode>(event: Tagged, node: N): N {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node)
    return node
  }

  /** Where the indentation of a block is found from its first line, a tab there leaves it open what is indentation. */
  #refuseTab(event: ScalarEvent): void {
    const header = this.#text.slice(Math.max(0, event.valueStart - 200), event.valueStart)
    const isExplicit = /[|>][-+]?[1-9][-+]?[ \t]*(?:#.*)?[\r\n]*$/.test(header)
    const blanks = /^(?: *[\r\n]+)* *(?=\t)/.exec(this.#text.slice(event.valueStart, event.valueEnd))
    if (isExplicit || blanks === null) return
    throw new YamlFault('a tab stands where the indentation of a block begins', event.valueStart + blanks[0].length)
  }

  /** `!!int` and `!<…>` in full; a lone `!` says nothing, as libyaml has it. */
  #tag(event: Tagged): string | undefined {
    if (event.tagStart < 0) return undefined
    const raw = this.#text.slice(event.tagStart, event.tagEnd)
    if (raw === '!') return undefined
    if (raw.startsWith('!<')) return raw.slice(2, -1)
    const [, handle = '!', suffix = ''] = /^(![^!]*!|!)(.*)$/.exec(raw) ?? []
    const prefix = this.#handles.get(handle) ?? (handle === '!!' ? 'tag:yaml.org,2002:' : handle)
    return prefix + suffix
  }
}

/** Where a person would point at: the value itself for a scalar, else whatever comes first. */
function startOf(event: Event): number {
  const candidates: number[] = []
  if ('tagStart' in event) candidates.push(event.tagStart)
  if ('anchorStart' in event) candidates.push(event.anchorStart)
  if ('start' in event) candidates.push(event.start)
  if ('valueStart' in event) {
    const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED
    candidates.push(isQuoted ? event.valueStart - 1 : event.valueStart)
  }
  const known = candidates.filter((position) => position >= 0)
  return known.length === 0 ? 0 : Math.min(...known)
}
