/**
 * Grain and pillar expressions, `a:b:pattern`, as Salt's `subdict_match`: every way to split the expression into a path and a
 * pattern is tried, the longest path first; lists match when a member does; case does not count.
 */
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

/** Throws `bad-target` for an invalid regular expression. An expression without delimiter never matches. */
export function compileDataMatch(expression: string, kind: DataMatchKind, delimiter = ':'): DataMatch {
  const levels = splitLevels(expression, kind, delimiter)
  return (data) => levels.some((level) => matchesLevel(data, level, kind, delimiter))
}

function splitLevels(expression: string, kind: DataMatchKind, delimiter: string): Level[] {
  const parts = expression.split(delimiter)
  const levels: Level[] = []
  let fault: unknown
  for (let count = parts.length - 1; count > 0; count--) {
    const path = parts.slice(0, count).join(delimiter)
    const pattern = path === '*' ? expression : parts.slice(count).join(delimiter)
    try {
      levels.push({ path, pattern, matchesValue: compileValueMatch(pattern, kind) })
    } catch (thrown) {
      // A split inside `(?:a|b)` leaves halves that are no expressions; another split may be right.
      fault = thrown
    }
  }
  if (levels.length === 0 && fault !== undefined) throw fault
  return levels
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

function matchesLevel(data: unknown, level: Level, kind: DataMatchKind, delimiter: string): boolean {
  const found = level.path === '*' ? data : traverse(data, level.path, delimiter)
  if (found === undefined) return false
  if (Array.isArray(found)) {
    return found.some(
      (member) => (isRecord(member) && matchesMapping(member, level, kind, delimiter)) || level.matchesValue(member),
    )
  }
  return isRecord(found) ? matchesMapping(found, level, kind, delimiter) : level.matchesValue(found)
}

/** In a mapping the pattern is a key, a deeper expression, or with `*:` in front something anywhere below. */
function matchesMapping(
  target: Record<string, unknown>,
  level: Level,
  kind: DataMatchKind,
  delimiter: string,
): boolean {
  const anyKey = level.pattern.startsWith(`*${delimiter}`)
  const pattern = anyKey ? level.pattern.slice(1 + delimiter.length) : level.pattern
  if (Object.keys(target).length === 0) return false
  if (pattern === '*' || Object.hasOwn(target, pattern)) return true
  if (pattern.includes(delimiter) && compileDataMatch(pattern, kind, delimiter)(target)) return true
  if (!anyKey) return false
  const below: Level = { path: '', pattern, matchesValue: compileValueMatch(pattern, kind) }
  return Object.values(target).some((value) => {
    if (isRecord(value)) return matchesMapping(value, below, kind, delimiter)
    return Array.isArray(value) ? value.some(below.matchesValue) : below.matchesValue(value)
  })
}
