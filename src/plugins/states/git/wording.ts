/** Sentences that the states of git have in common. */
import { asSaltError, SaltError } from '../../../base/errors.ts'

/** `One. Two.`; a single sentence has no period. */
export function sentences(parts: readonly string[]): string {
  return parts.length > 1 ? `${parts.join('. ')}.` : parts.join('')
}

/** What a program complained about, without the command line that it was given. */
export function reasonOf(error: unknown): string {
  return asSaltError(error).message.replace(/^Command '.+?' failed: /s, '')
}

/** The first seven digits of an id. */
export function short(id: string | undefined): string {
  return id === undefined ? 'None' : id.slice(0, 7)
}

/** A comment that fails, with what was done before. */
export function stopped(comment: string, before: readonly string[]): string {
  return before.length === 0 ? comment : `${comment}\n\nChanges already made: ${sentences(before)}`
}

/** What a planner throws: the state has failed with this comment. */
export function failure(comment: string): SaltError {
  return new SaltError('execution-failed', comment)
}
