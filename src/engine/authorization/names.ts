/** Names of users, and of functions that are forbidden, as Salt's lists mean them: a glob, or a regular expression for the whole. */
import { SaltError } from '../../base/errors.ts'
import { compileGlob } from '../target/glob.ts'
import { compileRegex, type Regex } from '../target/regex.ts'
import type { PolicyPath } from './policy-path.ts'

export interface NamePattern {
  readonly pattern: string
  /** False when only one name can match. */
  readonly isPattern: boolean
  matches(name: string): boolean
}

/** `web*` is a glob and no expression that a user means, `.*` an expression; what is neither is a fault at its place. */
export function compileName(pattern: string, path: PolicyPath): NamePattern {
  const glob = compileGlob(pattern)
  const regex = regexOf(pattern)
  if (regex instanceof SaltError && !glob.hasWildcard) throw path.fault(regex.message)
  const expression = regex instanceof SaltError ? undefined : regex
  return {
    pattern,
    isPattern: glob.hasWildcard || !/^[\w@$-]*$/.test(pattern),
    matches: (name) => glob.matches(name) || expression?.matches(name) === true,
  }
}

function regexOf(pattern: string): Regex | SaltError {
  try {
    return compileRegex(pattern, { anchor: 'full' })
  } catch (thrown) {
    if (thrown instanceof SaltError) return thrown
    throw thrown
  }
}
