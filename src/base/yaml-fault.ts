/** What can be wrong with a YAML text, with the names and the words that PyYAML has for it. */

/** PyYAML's class of the error; the last three are Python's own, for a text that is not what its tag says. */
export type YamlFaultType =
  | 'ReaderError'
  | 'ScannerError'
  | 'ParserError'
  | 'ComposerError'
  | 'ConstructorError'
  | 'ValueError'
  | 'KeyError'
  | 'IndexError'

export interface YamlFaultDetails {
  /** What PyYAML calls the problem, where `message` says it in other words. */
  readonly problem?: string
  /** What was being read (`while parsing a block mapping`). */
  readonly context?: string
  /** Where that began. */
  readonly contextOffset?: number
}

/**
 * A fault at an offset of the source. One behind the end of the source means the start of the line after: PyYAML ends
 * the last line by itself before it says that something is missing.
 */
export class YamlFault extends Error {
  readonly type: YamlFaultType
  readonly offset: number
  readonly problem: string
  readonly context: string | undefined
  readonly contextOffset: number | undefined

  constructor(type: YamlFaultType, message: string, offset: number, details: YamlFaultDetails = {}) {
    super(message)
    this.type = type
    this.offset = offset
    this.problem = details.problem ?? message
    this.context = details.context
    this.contextOffset = details.contextOffset
  }
}

export interface YamlPosition {
  /** 1-based. */
  readonly line: number
  /** 1-based, in characters. */
  readonly column: number
  /** The text of the line. */
  readonly text: string
}

/** The place of an offset, with all the line ends that YAML 1.1 knows. */
export function yamlPosition(source: string, offset: number): YamlPosition {
  let line = 1
  let lineStart = 0
  for (const { index, 0: lineBreak } of source.matchAll(/\r\n|[\r\n\u0085\u2028\u2029]/g)) {
    if (index + lineBreak.length > offset) break
    line += 1
    lineStart = index + lineBreak.length
  }
  if (offset > source.length && lineStart < source.length) return { line: line + 1, column: 1, text: '' }
  const [text = ''] = source.slice(lineStart).split(/[\r\n\u0085\u2028\u2029]/, 1)
  return { line, column: [...source.slice(lineStart, offset)].length + 1, text }
}
