/**
 * Grain and pillar expressions, `a:b:pattern`, as Salt's `subdict_match`: every way to split the expression into a path and a
 * pattern is tried, the longest path first; lists match when a member does; case does not count.
 */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { compileGlob } from './glob.ts'
import { compileRegex } from './regex.ts'
import { traverse } from './traverse.ts'

export type DataMatchKind = 'glob' | 'pcre' | 'exact'
export type DataMatch = (data: unknown) => boolean

interface Level {
  readonly path: string
  readonly pattern: string
  readonly matchesValue: (value: unknown) => boolean
}

/** Data has no more levels than that, and each could be a place to split at. */
const maximumParts = 64

/** Throws `bad-target` for an invalid regular expression or one of too many levels. An expression without delimiter never matches. */
export function compileDataMatch(expression: string, kind: DataMatchKind, delimiter = ':'): DataMatch {
  const compiled = new CompiledExpressions(kind, delimiter)
  compiled.levels(expression)
  return (data) => new Search(compiled).matches(expression, data)
}

/** The expression and its ends, each of them compiled once. */
class CompiledExpressions {
  readonly delimiter: string
  readonly #kind: DataMatchKind
  readonly #levels = new Map<string, readonly Level[]>()
  readonly #values = new Map<string, Level['matchesValue']>()

  constructor(kind: DataMatchKind, delimiter: string) {
    this.#kind = kind
    this.delimiter = delimiter
  }

  levels(expression: string): readonly Level[] {
    const known = this.#levels.get(expression)
    if (known !== undefined) return known
    const levels = this.#split(expression)
    this.#levels.set(expression, levels)
    return levels
  }

  value(pattern: string): Level['matchesValue'] {
    const known = this.#values.get(pattern)
    if (known !== undefined) return known
    const value = compileValueMatch(pattern, this.#kind)
    this.#values.set(pattern, value)
    return value
  }

  #split(expression: string): readonly Level[] {
    const { delimiter } = this
    const parts = expression.split(delimiter)
    if (parts.length > maximumParts)
      throw new SaltError('bad-target', `an expression for grains or pillar has more than ${maximumParts} levels`)
    const levels: Level[] = []
    let fault: unknown
    for (let count = parts.length - 1; count > 0; count--) {
      const path = parts.slice(0, count).join(delimiter)
      const pattern = path === '*' ? expression : parts.slice(count).join(delimiter)
      try {
        levels.push({ path, pattern, matchesValue: this.value(pattern) })
      } catch (thrown) {
        // A split inside `(?:a|b)` leaves halves that are no expressions; another split may be right.
        fault = thrown
      }
    }
    if (levels.length === 0 && fault !== undefined) throw fault
    return levels
  }
}

/**
 * One look into one minion's data. The same end of an expression comes to the same mapping on many ways, whose number doubles
 * with each level: it is tried once.
 */
class Search {
  readonly #compiled: CompiledExpressions
  readonly #failed = new Map<string, Set<unknown>>()

  constructor(compiled: CompiledExpressions) {
    this.#compiled = compiled
  }

  matches(expression: string, data: unknown): boolean {
    const failed = this.#failed.get(expression) ?? new Set()
    if (failed.has(data)) return false
    if (this.#compiled.levels(expression).some((level) => this.#matchesLevel(data, level))) return true
    this.#failed.set(expression, failed.add(data))
    return false
  }

  #matchesLevel(data: unknown, level: Level): boolean {
    const found = level.path === '*' ? data : traverse(data, level.path, this.#compiled.delimiter)
    if (found === undefined) return false
    if (Array.isArray(found)) {
      return found.some(
        (member) => (isRecord(member) && this.#matchesMapping(member, level)) || level.matchesValue(member),
      )
    }
    return isRecord(found) ? this.#matchesMapping(found, level) : level.matchesValue(found)
  }

  /** In a mapping the pattern is a key, a deeper expression, or with `*:` in front something anywhere below. */
  #matchesMapping(target: Record<string, unknown>, level: Level): boolean {
    const { delimiter } = this.#compiled
    const anyKey = level.pattern.startsWith(`*${delimiter}`)
    const pattern = anyKey ? level.pattern.slice(1 + delimiter.length) : level.pattern
    if (Object.keys(target).length === 0) return false
    if (pattern === '*' || Object.hasOwn(target, pattern)) return true
    if (pattern.includes(delimiter) && this.matches(pattern, target)) return true
    if (!anyKey) return false
    const below: Level = { path: '', pattern, matchesValue: this.#compiled.value(pattern) }
    return Object.values(target).some((value) => {
      if (isRecord(value)) return this.#matchesMapping(value, below)
      return Array.isArray(value) ? value.some(below.matchesValue) : below.matchesValue(value)
    })
  }
}

function compileValueMatch(pattern: string, kind: DataMatchKind): (value: unknown) => boolean {
  if (kind === 'pcre') {
    const regex = compileRegex(pattern, { ignoreCase: true })
    return (value) => regex.matches(pythonString(value))
  }
  const wanted = pattern.toLowerCase()
  if (kind === 'exact') return (value) => pythonString(value).toLowerCase() === wanted
  const glob = compileGlob(wanted)
  return (value) => glob.matches(pythonString(value).toLowerCase())
}
