/**
 * YAML of configurations and command lines, by js-yaml. It follows YAML 1.2; what libyaml, whose word counts, could see differently
 * is left to `composeYaml`.
 */
import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml'
import { YamlFault } from './yaml-fault.ts'
import { composeYaml, type YamlMapping, type YamlNode, type YamlScalar, type YamlSequence } from './yaml-nodes.ts'

/**
 * What `construct` makes of the node of the only document, or of undefined for an empty text. Throws `YamlFault`.
 *
 * A fault is told by the reader that follows libyaml, which reads the text again: `construct` may be called twice.
 */
export function readWithLibrary<Result>(source: string, construct: (node: YamlNode | undefined) => Result): Result {
  const plain = composeWithLibrary(source)
  if (plain === undefined) return construct(composeYaml(source))
  try {
    return construct(plain === 'empty' ? undefined : plain)
  } catch (error) {
    if (error instanceof YamlFault) return construct(composeYaml(source))
    throw error
  }
}

/** Undefined where the text is none of the plain ones; `'empty'` where it holds nothing. */
export function composeWithLibrary(source: string): YamlNode | 'empty' | undefined {
  if (unusual.test(source)) return undefined
  try {
    return new Reader(source, parseEvents(source, {})).document()
  } catch (error) {
    // The other reader says what is wrong, in libyaml's words.
    if (error instanceof YAMLException) return undefined
    throw error
  }
}

/**
 * Control characters, tabs, line ends other than a line feed; marks of directives and documents; tags, anchors, aliases and
 * explicit keys; a last line without its end.
 */
const unusual = new RegExp(
  [
    '[^\\n\\u0020-\\u007e\\u00a0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd]',
    '^ *(?:%|---|\\.\\.\\.)',
    '(?:^|[ [{,])[!&*?]',
    '(?:^|[ [{,]):',
    ':[\\]},]',
    '["\']:(?! |$)',
    '\\\\ *$',
    '[|>][-+]?\\d',
    '^ *[|>]',
    '[^\\n]$(?!\\n)',
  ].join('|'),
  'm',
)

type Scalar = Extract<Event, { type: typeof EVENT_ID.SCALAR }>

class Reader {
  readonly #text: string
  readonly #events: readonly Event[]
  #next = 1
  #last = 0

  constructor(text: string, events: readonly Event[]) {
    this.#text = text
    this.#events = events
  }

  document(): YamlNode | 'empty' | undefined {
    const [first] = this.#events
    if (first?.type !== EVENT_ID.DOCUMENT || this.#events[1]?.type === EVENT_ID.POP) return 'empty'
    const node = this.#node()
    return this.#next === this.#events.length - 1 ? node : undefined
  }

  #node(): YamlNode {
    const event = this.#events[this.#next]
    this.#next += 1
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#scalar(event)
      case EVENT_ID.SEQUENCE: {
        const node: YamlSequence = { kind: 'sequence', tag: undefined, items: [], start: event.start, isAliased: false }
        this.#untilEnd(() => node.items.push(this.#node()))
        return node
      }
      case EVENT_ID.MAPPING: {
        const node: YamlMapping = { kind: 'mapping', tag: undefined, pairs: [], start: event.start, isAliased: false }
        this.#untilEnd(() => node.pairs.push([this.#key(), this.#node()]))
        return node
      }
      default:
        throw new Error(`an event of the kind ${event?.type} does not begin a value`)
    }
  }

  /** libyaml takes no key of several lines. */
  #key(): YamlNode {
    const event = this.#events[this.#next]
    if (event?.type === EVENT_ID.SCALAR && this.#text.slice(event.valueStart, event.valueEnd).includes('\n'))
      throw new YAMLException('a key of several lines')
    return this.#node()
  }

  #scalar(event: Scalar): YamlScalar {
    this.#last = this.#startOf(event)
    return {
      kind: 'scalar',
      tag: undefined,
      plain: event.style === SCALAR_STYLE.PLAIN,
      text: getScalarValue(this.#text, event),
      start: this.#last,
    }
  }

  /** An empty value has no place of its own: that of what stands before it. */
  #startOf({ style, valueStart }: Scalar): number {
    switch (style) {
      case SCALAR_STYLE.SINGLE_QUOTED:
      case SCALAR_STYLE.DOUBLE_QUOTED:
        return valueStart - 1
      case SCALAR_STYLE.LITERAL_BLOCK:
        return this.#text.lastIndexOf('|', valueStart - 1)
      case SCALAR_STYLE.FOLDED_BLOCK:
        return this.#text.lastIndexOf('>', valueStart - 1)
      default:
        return valueStart < 0 ? this.#last : valueStart
    }
  }

  #untilEnd(takeOne: () => void): void {
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) takeOne()
    this.#next += 1
  }
}
