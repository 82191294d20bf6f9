/** Answers about one name or several: one value for one name, a mapping for more, as all package modules give them. */
import { s } from '../../../base/schema.ts'
import { matchGlob } from '../../target/glob.ts'
import { type PackageTable, versionText } from './package-table.ts'

export const oneOrMore = s.union([s.string(), s.record(s.any())], 'For one name a text, for several a mapping')

export function answerFor<T>(
  names: readonly string[],
  answers: ReadonlyMap<string, T>,
  missing: T,
): T | string | Record<string, T> {
  if (names.length === 0) return ''
  const [first = ''] = names
  if (names.length === 1) return answers.get(first) ?? missing
  return Object.fromEntries(names.map((name) => [name, answers.get(name) ?? missing]))
}

/** Installed versions of the names; a name may be a shell-style pattern, which then gives a mapping. */
export function installedVersions(table: PackageTable, names: readonly string[]): string | Record<string, string> {
  const globs = names.filter((name) => /[*?[]/.test(name))
  if (globs.length === 0) {
    return answerFor(names, new Map(names.map((name) => [name, versionText(table, name)])), '')
  }
  const found: Record<string, string> = {}
  for (const name of names) {
    if (!globs.includes(name)) found[name] = versionText(table, name)
    for (const known of table.keys()) if (matchGlob(name, known)) found[known] = versionText(table, known)
  }
  return found
}

/** The installed names that one of the patterns fits. */
export function matchingNames(table: PackageTable, patterns: readonly string[]): string[] {
  return [...table.keys()].filter((name) => patterns.some((pattern) => matchGlob(pattern, name)))
}

/** Words of a call as texts. */
export function texts(rest: readonly unknown[]): string[] {
  return rest.map(String)
}

/** Accepts an argument of Salt's that has no effect here, with all the others that a caller may pass along. */
export const otherArguments = s.any('Further arguments of other package managers, without effect here')
