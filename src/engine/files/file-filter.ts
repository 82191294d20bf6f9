/** `file_ignore_regex` and `file_ignore_glob`: files that are there, and for minions are not. */
import type { ConfigView } from '../config-view.ts'
import { matchGlob } from '../target/glob.ts'
import { compileRegex, type Regex } from '../target/regex.ts'

/** What a file server lists of folders. */
export interface FileFilter {
  ignores(path: string): boolean
  /** Walk into folders that links lead to, where those lie in the same root. */
  readonly followsLinks: boolean
  readonly listsLinks: boolean
}

export const everyFile: FileFilter = { ignores: () => false, followsLinks: true, listsLinks: true }

/** A test of paths below the roots. An expression that is none is left out: `refuseExpressions` has told of it. */
export function ignoring(config: ConfigView): (path: string) => boolean {
  const globs = textsOf(config.get('file_ignore_glob'))
  const expressions = textsOf(config.get('file_ignore_regex')).flatMap(compiled)
  if (globs.length === 0 && expressions.length === 0) return () => false
  return (path) =>
    globs.some((glob) => matchGlob(glob, path)) || expressions.some((expression) => expression.matches(path))
}

/** Why a list of expressions cannot be used. */
export function refuseExpressions(value: string | readonly string[]): { reason: string; hint: string } | undefined {
  const wrong = textsOf(value).find((text) => compiled(text).length === 0)
  return wrong === undefined
    ? undefined
    : {
        reason: `has '${wrong}', which is no regular expression`,
        hint: 'Put a backslash before ( ) [ ] * + ? and . that stand for themselves.',
      }
}

function compiled(text: string): readonly Regex[] {
  try {
    return [compileRegex(text, { anchor: 'none' })]
  } catch {
    return []
  }
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string' && item !== '')
}
