/** How a template is written: delimiters and white space, as Salt's `jinja_env` and `jinja_sls_env` set them. */

export interface SyntaxOptions {
  readonly blockStart: string
  readonly blockEnd: string
  readonly variableStart: string
  readonly variableEnd: string
  readonly commentStart: string
  readonly commentEnd: string
  /** Such as `%%`: the rest of a line that starts with it is a statement. Undefined: there are none. */
  readonly lineStatementPrefix: string | undefined
  readonly lineCommentPrefix: string | undefined
  /** Drop the line break behind a statement. */
  readonly trimBlocks: boolean
  /** Drop the white space in front of a statement that starts a line. */
  readonly lstripBlocks: boolean
  readonly keepTrailingNewline: boolean
}

export const defaultSyntax: SyntaxOptions = {
  blockStart: '{%',
  blockEnd: '%}',
  variableStart: '{{',
  variableEnd: '}}',
  commentStart: '{#',
  commentEnd: '#}',
  lineStatementPrefix: undefined,
  lineCommentPrefix: undefined,
  trimBlocks: false,
  lstripBlocks: false,
  keepTrailingNewline: false,
}

/** The options of a configuration's mapping under Jinja's names (`trim_blocks`, `block_start_string`); others are ignored. */
export function readSyntaxOptions(configured: ReadonlyMap<unknown, unknown> | undefined): SyntaxOptions {
  if (configured === undefined || configured.size === 0) return defaultSyntax
  const named = new Map(Array.from(configured, ([key, value]) => [String(key).toLowerCase(), value]))
  const text = (name: string, fallback: string): string => {
    const value = named.get(name)
    return typeof value === 'string' && value !== '' ? value : fallback
  }
  const prefix = (name: string): string | undefined => text(name, '') || undefined
  return {
    blockStart: text('block_start_string', defaultSyntax.blockStart),
    blockEnd: text('block_end_string', defaultSyntax.blockEnd),
    variableStart: text('variable_start_string', defaultSyntax.variableStart),
    variableEnd: text('variable_end_string', defaultSyntax.variableEnd),
    commentStart: text('comment_start_string', defaultSyntax.commentStart),
    commentEnd: text('comment_end_string', defaultSyntax.commentEnd),
    lineStatementPrefix: prefix('line_statement_prefix'),
    lineCommentPrefix: prefix('line_comment_prefix'),
    trimBlocks: named.get('trim_blocks') === true,
    lstripBlocks: named.get('lstrip_blocks') === true,
    keepTrailingNewline: named.get('keep_trailing_newline') === true,
  }
}
