/** What states put their comments together from. */
import { asSaltError, SaltError } from '../../base/errors.ts'

/** `One. Two.`; a single sentence has no period. */
export function sentences(parts: readonly string[]): string {
  return parts.length > 1 ? `${parts.join('. ')}.` : parts.join('')
}

/** What a program complained about, without the command line that it was given. */
export function reasonOf(error: unknown): string {
  return asSaltError(error).message.replace(/^Command '.+?' failed: /s, '')
}

/** A comment that fails, with what was done before. */
export function stopped(comment: string, before: readonly string[]): string {
  return before.length === 0 ? comment : `${comment}\n\nChanges already made: ${sentences(before)}`
}

/** What a planner throws: the state has failed with this comment. */
export function failure(comment: string): SaltError {
  return new SaltError('execution-failed', comment)
}
