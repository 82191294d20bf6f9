/** `include_pat` and `exclude_pat`: globs for whole paths, or `E@` and an expression for something in them. */
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { matchGlob } from '../../../engine/target/glob.ts'

export type PathTest = (path: string) => boolean

/** Whether a path, relative to its folder, is among those that are meant. */
export function pathTest(include: unknown, exclude: unknown): PathTest {
  const included = matchers(include)
  const excluded = matchers(exclude)
  return (path) =>
    (included.length === 0 || included.some((matches) => matches(path))) && !excluded.some((matches) => matches(path))
}

function matchers(given: unknown): PathTest[] {
  const patterns = [given ?? []].flat().map(String)
  return patterns
    .filter((pattern) => pattern !== '')
    .map((pattern) => {
      if (!pattern.startsWith('E@')) return (path) => matchGlob(pattern, path)
      const expression = new PythonRegex(pattern.slice(2))
      return (path) => expression.search(path)
    })
}
