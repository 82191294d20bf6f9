/** Tokens of a template, and how messages name them. */

/**
 * `data` is text outside of tags; the begins and ends are those of tags (a line statement has those of a block). Operators
 * have themselves as their kind: `+`, `(`, `==`.
 */
export type TokenKind = string

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Offset in the source with `\n` for every line break. */
  readonly offset: number
  /** 1-based. */
  readonly line: number
}

const descriptions: Readonly<Record<string, string>> = {
  data: 'template data / text',
  'block-begin': 'begin of statement block',
  'block-end': 'end of statement block',
  'variable-begin': 'begin of print statement',
  'variable-end': 'end of print statement',
  end: 'end of template',
}

export function describeKind(kind: TokenKind): string {
  return descriptions[kind] ?? kind
}

export function describeToken(token: Token): string {
  return token.kind === 'name' ? token.text : describeKind(token.kind)
}
