/**
 * Configuration files: one main file, the files that it includes, and where each value came from.
 *
 * The YAML parser is loaded only when there is a file to read, so that a command without configuration does not pay for it.
 */
import * as fs from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { SaltError, systemCode } from './errors.ts'
import { systemReason } from './files.ts'
import { compareText } from './text.ts'
import { isMapping, type ValuePath } from './validate.ts'
import type { YamlMarks } from './yaml.ts'

export interface ConfigSource {
  readonly file: string
  readonly values: Readonly<Record<string, unknown>>
  readonly marks: YamlMarks
}

export interface ConfigRequest {
  /** The main file; it may be absent. */
  readonly file: string
  /** Glob relative to the folder of the main file, unless the main file says otherwise (`default_include`). */
  readonly defaultInclude: string
}

export interface ConfigFiles {
  readonly values: Readonly<Record<string, unknown>>
  /** What was read, in order of precedence: a later file wins. */
  readonly sources: readonly ConfigSource[]
  /** What is odd but no fault, such as an `include` that matches nothing. */
  readonly warnings: readonly string[]
  /** `file:line` of a value; list positions may be given as text. */
  where(path: ValuePath): string | undefined
}

/**
 * Reads a configuration as Salt does: the main file, then `default_include`, then `include`; keys of an included file
 * replace those of the main file, while mappings are merged among the files of one include. Globs are relative to the
 * folder of the file that names them and read in the order of their names.
 *
 * Throws `configuration` with the file (and line) for what cannot be read, is no YAML, no mapping, or includes itself.
 */
export async function readConfigFiles(request: ConfigRequest): Promise<ConfigFiles> {
  const reader = new Reader()
  const main = await reader.read(request.file, [])
  const values: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(main?.values ?? {})) setKey(values, key, value)
  if (main !== undefined) reader.sources.push(main)
  const standard = main?.values.default_include ?? request.defaultInclude
  const named = values.include
  for (const [patterns, isExpected] of [[standard, false] as const, [named, true] as const]) {
    const included = await reader.include(request.file, patterns, { isExpected, around: [], main })
    for (const [key, value] of Object.entries(included)) setKey(values, key, value)
  }
  return { values, sources: reader.sources, warnings: reader.warnings, where: (path) => whereIn(reader.sources, path) }
}

interface IncludeContext {
  /** Whether somebody named the files, so that a lack of them is worth a word. */
  readonly isExpected: boolean
  /** Files whose includes are being read. */
  readonly around: readonly string[]
  readonly main: ConfigSource | undefined
}

class Reader {
  readonly sources: ConfigSource[] = []
  readonly warnings: string[] = []

  /** A file's mapping, or undefined where there is no such file. An empty file is an empty mapping. */
  async read(file: string, around: readonly string[]): Promise<ConfigSource | undefined> {
    if (around.includes(file)) {
      throw new SaltError('configuration', `${file} includes itself`, { where: around.at(-1) ?? file })
    }
    const text = readText(file)
    if (text === undefined) return undefined
    const { parseYamlWithMarks } = await import('./yaml.ts')
    const { value, marks } = parseYamlWithMarks(text, { file })
    if (value !== null && !isMapping(value)) {
      throw new SaltError('configuration', 'a configuration file must be a mapping of keys to values', {
        where: `${file}:1`,
        hint: 'Write lines of the form `key: value`.',
      })
    }
    return { file, values: value ?? {}, marks }
  }

  async include(from: string, patterns: unknown, context: IncludeContext): Promise<Record<string, unknown>> {
    const merged: Record<string, unknown> = {}
    for (const pattern of this.#patterns(from, patterns, context)) {
      const files = expandGlob(dirname(from), pattern)
      if (files.length === 0 && context.isExpected) this.warnings.push(`${from}: include '${pattern}' matches no file`)
      for (const file of files) {
        const around = [...context.around, from]
        const source = await this.read(file, around)
        if (source === undefined) continue
        this.sources.push(source)
        mergeInto(merged, source.values)
        mergeInto(merged, await this.include(file, source.values.include, { isExpected: true, around, main: source }))
      }
    }
    return merged
  }

  #patterns(from: string, patterns: unknown, { main }: IncludeContext): readonly string[] {
    if (patterns === undefined || patterns === null) return []
    const list: readonly unknown[] = Array.isArray(patterns) ? patterns : [patterns]
    if (list.every((pattern) => typeof pattern === 'string')) return list
    const line = main?.marks.line(['include'])
    throw new SaltError('configuration', 'include must be a path or a list of paths', {
      where: line === undefined ? from : `${from}:${line}`,
    })
  }
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new SaltError('configuration', `cannot read the configuration: ${systemReason(error)}`, {
      where: file,
      hint:
        code === 'EACCES'
          ? 'Run as the user that owns it, or give another folder with -c.'
          : 'Give another folder with -c.',
      cause: error,
    })
  }
}

/** Files that a glob matches, sorted by name. */
function expandGlob(folder: string, pattern: string): readonly string[] {
  const full = isAbsolute(pattern) ? pattern : join(folder, pattern)
  if (/[*?[\]{}]/.test(dirname(full)) || /[[\]{}]/.test(full)) return fs.globSync(full).sort(compareText)
  // The usual `master.d/*.conf`; Node's own glob takes longer to load than a short command takes to run.
  const parent = dirname(full)
  const shape = basename(full)
  if (!/[*?]/.test(shape)) return fs.existsSync(full) ? [full] : []
  const expression = new RegExp(
    `^${shape
      .replace(/[.+^$()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  )
  return namesIn(parent)
    .filter((name) => expression.test(name) && (shape.startsWith('.') || !name.startsWith('.')))
    .sort(compareText)
    .map((name) => join(parent, name))
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new SaltError('configuration', `cannot list the folder: ${systemReason(error)}`, {
      where: folder,
      cause: error,
    })
  }
}

function mergeInto(target: Record<string, unknown>, added: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(added)) {
    const existing = Object.hasOwn(target, key) ? target[key] : undefined
    let result = value
    if (isMapping(existing) && isMapping(value)) {
      const inner = { ...existing }
      mergeInto(inner, value)
      result = inner
    }
    setKey(target, key, result)
  }
}

/** Plain assignment to `__proto__` would change the object's prototype. */
function setKey(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

/** The file that has the whole path, the strongest first; else the one that has its first key. */
function whereIn(sources: readonly ConfigSource[], path: ValuePath): string | undefined {
  const [top] = path
  if (top === undefined) return undefined
  const strongestFirst = sources.toReversed()
  const source =
    strongestFirst.find(({ values }) => reaches(values, path)) ??
    strongestFirst.find(({ values }) => reaches(values, [top]))
  if (source === undefined) return undefined
  const line = source.marks.line(path.map((part, index) => asIndex(source.values, path.slice(0, index), part)))
  return line === undefined ? source.file : `${source.file}:${line}`
}

function reaches(value: unknown, path: ValuePath): boolean {
  return path.length === 0 || descend(value, path) !== undefined
}

function descend(value: unknown, path: ValuePath): unknown {
  let current = value
  for (const part of path) {
    if (Array.isArray(current)) current = current[Number(part)]
    else if (isMapping(current) && Object.hasOwn(current, String(part))) current = current[String(part)] ?? null
    else return undefined
  }
  return current
}

function asIndex(values: unknown, above: ValuePath, part: string | number): string | number {
  return Array.isArray(descend(values, above)) ? Number(part) : part
}
