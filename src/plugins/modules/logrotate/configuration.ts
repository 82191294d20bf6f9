/** The configuration of logrotate, logrotate.conf(5). */
import { posix } from 'node:path'
import { wordsOf } from '../../../engine/functions/host-programs.ts'
import { listSystemFolder, readSystemFile, requireSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

/** A setting is true where it has no value. */
export type Value = string | number | true
export type Stanza = Record<string, Value>

/** A directive, or the lines of a block for some log files. Lines are counted from 0. */
export interface Item {
  readonly line: number
  readonly setting?: { readonly name: string; readonly value: Value }
  readonly block?: Block
}

export interface Block {
  readonly names: readonly string[]
  readonly settings: ReadonlyMap<string, { readonly value: Value; readonly line: number }>
  /** Line of the closing brace. */
  readonly end: number
}

/** What stands between these and `endscript` is for the shell. */
export const scripts: readonly string[] = ['postrotate', 'prerotate', 'firstaction', 'lastaction', 'preremove']

export function parseItems(text: string): Item[] {
  const items: Item[] = []
  const lines = text.split('\n')
  let names: string[] = []
  for (let line = 0; line < lines.length; line++) {
    const content = withoutComment(lines[line] ?? '')
    if (content === '') continue
    const brace = content.indexOf('{')
    if (brace >= 0) {
      const block = parseBlock(lines, line, [...names, ...namesIn(content.slice(0, brace))])
      items.push({ line, block })
      names = []
      line = block.end
    } else if (/^["'/]/.test(content)) names.push(...namesIn(content))
    else items.push({ line, setting: settingOf(content) })
  }
  return items
}

function withoutComment(line: string): string {
  return line.trim().startsWith('#') ? '' : line.trim()
}

/** Paths and patterns; those with blanks are quoted. */
function namesIn(text: string): string[] {
  return Array.from(
    text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

function parseBlock(lines: readonly string[], start: number, names: readonly string[]): Block {
  const settings = new Map<string, { readonly value: Value; readonly line: number }>()
  const first = (lines[start] ?? '').slice((lines[start] ?? '').indexOf('{') + 1)
  let script: { readonly name: string; readonly line: number; readonly body: string[] } | undefined
  for (let line = start; line < lines.length; line++) {
    const content = line === start ? first.trim() : withoutComment(lines[line] ?? '')
    if (script !== undefined) {
      if (content === 'endscript') {
        settings.set(script.name, { value: script.body.join('\n') || true, line: script.line })
        script = undefined
      } else script.body.push(content)
      continue
    }
    const end = content.startsWith('}') || (line === start && content.endsWith('}'))
    for (const part of end ? [content.replace('}', '').trim()] : [content]) {
      if (part === '') continue
      const { name, value } = settingOf(part)
      if (scripts.includes(name)) script = { name, line, body: [] }
      else settings.set(name, { value, line })
    }
    if (end) return { names, settings, end: line }
  }
  return { names, settings, end: lines.length - 1 }
}

function settingOf(content: string): { readonly name: string; readonly value: Value } {
  const [name = '', ...rest] = content.includes('=') && !/^\S+\s/.test(content) ? content.split('=') : wordsOf(content)
  return { name, value: rest.length === 0 ? true : numberOrText(rest.join(' ')) }
}

export function numberOrText(text: string): string | number {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text
}

export interface Configuration {
  /** As `show_conf` tells it: settings, stanzas by name, and `include files`. */
  readonly shown: Record<string, Value | Stanza | Record<string, string[]>>
  /** The file that each stanza stands in. */
  readonly files: ReadonlyMap<string, string>
}

export function readConfiguration(ctx: FunctionContext, path: string): Configuration {
  const shown: Record<string, Value | Stanza | Record<string, string[]>> = {}
  const files = new Map<string, string>()
  const included: Record<string, string[]> = {}
  for (const { setting, block } of parseItems(requireSystemFile(ctx, path))) {
    for (const name of block?.names ?? []) {
      shown[name] = stanzaOf(block)
      files.set(name, path)
    }
    if (setting === undefined) continue
    shown[setting.name] = setting.value
    if (setting.name !== 'include') continue
    for (const [file, stanzas] of readIncluded(ctx, String(setting.value))) {
      included[posix.basename(file)] = Object.keys(stanzas)
      Object.assign(shown, stanzas)
      for (const name of Object.keys(stanzas)) files.set(name, file)
    }
  }
  if (Object.hasOwn(shown, 'include')) shown['include files'] = included
  return { shown, files }
}

function stanzaOf(block: Block | undefined): Stanza {
  return Object.fromEntries(Array.from(block?.settings ?? [], ([name, { value }]) => [name, value]))
}

/** What the files of an included folder, or an included file, hold. */
function readIncluded(ctx: FunctionContext, path: string): [string, Record<string, Value | Stanza>][] {
  const names = listSystemFolder(ctx, path)
  const files = names.length === 0 ? [path] : names.map((name) => posix.join(path, name))
  return files.flatMap((file) => {
    const text = textOf(ctx, file)
    if (text === undefined) return []
    const entries = parseItems(text).flatMap(({ setting, block }): [string, Value | Stanza][] =>
      setting === undefined
        ? (block?.names ?? []).map((name) => [name, stanzaOf(block)])
        : [[setting.name, setting.value]],
    )
    return [[file, Object.fromEntries(entries)] as [string, Record<string, Value | Stanza>]]
  })
}

function textOf(ctx: FunctionContext, path: string): string | undefined {
  try {
    return readSystemFile(ctx, path)
  } catch {
    return undefined
  }
}
