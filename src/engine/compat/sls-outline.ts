/**
 * The states of an SLS file as they stand in its text, without rendering it: that would need the minion, its pillar and its functions, and would
 * see only one branch of each condition.
 */

import { isRecord } from '../../base/narrow.ts'
import { parseYaml } from '../../base/yaml.ts'

/** Stands for what a template will put there. */
export const dynamic = '◆'

export interface OutlineArgument {
  readonly name: string
  /** Text behind the colon, without quotes; empty for what follows on other lines. */
  readonly value: string
  readonly line: number
}

export interface OutlineState {
  /** `file` */
  readonly module: string
  /** `managed`; undefined where no line says it. */
  readonly fun: string | undefined
  readonly line: number
  readonly args: readonly OutlineArgument[]
}

interface Row {
  readonly indent: number
  /** Without its dashes. */
  readonly text: string
  readonly isItem: boolean
  readonly line: number
}

const moduleName = /^[a-zA-Z_][\w-]*$/
const functionName = /^[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)+$/
const sections: ReadonlySet<string> = new Set(['include', 'exclude'])

/** Ids, and within each the states with their arguments. */
export function outlineStates(text: string): readonly OutlineState[] {
  const states: OutlineState[] = []
  const rows = rowsOf(withoutTemplate(text))
  for (const [head, body] of blocksOf(rows)) {
    const id = keyOf(head.text)
    if (id === undefined || sections.has(id.name)) continue
    if (id.name === 'extend') for (const [inner, within] of blocksOf(body)) states.push(...statesOfId(inner, within))
    else states.push(...statesOfId(head, body))
  }
  return states
}

/** The text with blanks for statements and comments of the template, and a mark for each value that it puts in. */
function withoutTemplate(text: string): string {
  const blank = (found: string): string => found.replace(/[^\n]/g, ' ')
  return text
    .replace(/\{#[\s\S]*?#\}/g, blank)
    .replace(/\{%[-+]?\s*raw\s*[-+]?%\}[\s\S]*?\{%[-+]?\s*endraw\s*[-+]?%\}/g, blank)
    .replace(/\{%[\s\S]*?%\}/g, blank)
    .replace(/\{\{[\s\S]*?\}\}/g, (found) => dynamic + '\n'.repeat(found.split('\n').length - 1))
}

function statesOfId(head: Row, body: readonly Row[]): OutlineState[] {
  const inline = inlineOf(keyOf(head.text)?.value)
  if (isRecord(inline)) return Object.entries(inline).flatMap(([name, args]) => inlineState(name, args, head))
  const short = /^.*?:\s+(['"]?)([\w.]+)\1$/.exec(head.text)?.[2]
  if (short !== undefined && functionName.test(short)) return [stateOf(short, head, [])]
  return blocksOf(body).flatMap(([row, within]) => {
    const key = keyOf(row.text)
    if (row.isItem || key === undefined) return functionName.test(row.text) ? [stateOf(row.text, row, [])] : []
    if (key.value.startsWith('[')) return inlineState(key.name, inlineOf(key.value), row)
    if (functionName.test(key.name)) return [stateOf(key.name, row, within)]
    return moduleName.test(key.name) && within.some(({ isItem }) => isItem) ? [stateOf(key.name, row, within)] : []
  })
}

function stateOf(name: string, { line }: Row, body: readonly Row[]): OutlineState {
  const at = name.lastIndexOf('.')
  const items = blocksOf(body).map(([row]) => row)
  const args = items.flatMap((row) => {
    const key = row.isItem ? keyOf(row.text) : undefined
    return key === undefined ? [] : [{ name: key.name, value: unquoted(key.value), line: row.line }]
  })
  const bare = items.find(({ isItem, text }) => isItem && moduleName.test(text))
  return {
    module: at < 0 ? name : name.slice(0, at),
    fun: at < 0 ? bare?.text : name.slice(at + 1),
    line,
    args,
  }
}

/** What stands on one line in braces or brackets; undefined for what is no whole YAML. */
function inlineOf(value: string | undefined): unknown {
  if (value === undefined || !/^[[{]/.test(value)) return undefined
  try {
    return parseYaml(value, { file: '' })
  } catch {
    return undefined
  }
}

function inlineState(name: string, given: unknown, { line }: Row): OutlineState[] {
  const items: readonly unknown[] = Array.isArray(given) ? given : []
  const args = items.filter(isRecord).flatMap((item) => Object.entries(item))
  const named = args.map(([key, value]) => ({ name: key, value: typeof value === 'string' ? value : '', line }))
  const at = name.lastIndexOf('.')
  if (functionName.test(name)) return [{ module: name.slice(0, at), fun: name.slice(at + 1), line, args: named }]
  const fun = items.find((item) => typeof item === 'string' && moduleName.test(item))
  return moduleName.test(name) && typeof fun === 'string' ? [{ module: name, fun, line, args: named }] : []
}

/** Each row of the least indent with those that are deeper, or are items at its own depth. */
function blocksOf(rows: readonly Row[]): (readonly [Row, readonly Row[]])[] {
  const least = Math.min(...rows.map(({ indent }) => indent))
  const blocks: [Row, Row[]][] = []
  for (const row of rows) {
    const last = blocks.at(-1)
    const isHead = row.indent <= least && (!row.isItem || last === undefined || last[0].isItem)
    if (isHead) blocks.push([row, []])
    else last?.[1].push(row)
  }
  return blocks
}

function rowsOf(text: string): readonly Row[] {
  const rows: Row[] = []
  /** Deeper lines than this belong to a block of text. */
  let textIndent: number | undefined
  for (const [index, source] of text.split('\n').entries()) {
    const bare = source
      .replace(/\r$/, '')
      .replace(/(^|\s)#.*$/, '')
      .trimEnd()
    const indent = source.length - source.trimStart().length
    if (source.trim() === '') continue
    if (textIndent !== undefined && indent > textIndent) continue
    textIndent = undefined
    if (bare.trim() === '' || bare.startsWith('---')) continue
    const [, dashes = ''] = /^((?:-\s+)*)/.exec(bare.trim()) ?? []
    const item = bare.trim()
    rows.push({ indent, text: item.slice(dashes.length), isItem: dashes !== '', line: index + 1 })
    if (/(?:^|[:\s])[|>][-+\d]*$/.test(bare)) textIndent = indent
  }
  return rows
}

function keyOf(text: string): { readonly name: string; readonly value: string } | undefined {
  const found = /^(?:'([^']*)'|"([^"]*)"|([^\s'"[{][^:]*(?::(?!\s|$)[^:]*)*)):(?:\s+(.*))?$/.exec(text)
  if (found === null) return undefined
  const [, single, double, plain, value = ''] = found
  return { name: single ?? double ?? plain ?? '', value }
}

function unquoted(value: string): string {
  return /^(['"])(.*)\1$/.exec(value)?.[2] ?? value
}
