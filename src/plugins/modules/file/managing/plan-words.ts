/** Sentences and steps that the plans of files share. */
import { asSaltError, SaltError } from '../../../../base/errors.ts'
import { done, pending, type StateOutcome, type StatePlan } from '../../../../engine/state/plan.ts'
import { systemText } from '../failure.ts'
import type { FileRequest } from './file-request.ts'

/** What Salt says of a file that would change. */
export function changeComment(path: string): string {
  return `The file ${path} is set to be changed\nNote: No changes made, actual changes may\nbe different due to other states.`
}

/** The plan of a file that is as it shall be: a dry run and a run say so in different words. */
export function planRightFile(path: string): StatePlan {
  return pending({
    comment: `The file ${path} is in the correct state`,
    changes: {},
    testResult: true,
    apply: () => done(`File ${path} is in the correct state`),
  })
}

export async function finishing(request: FileRequest, work: () => Promise<StateOutcome>): Promise<StateOutcome> {
  try {
    return await work()
  } finally {
    request.cleanUp?.()
  }
}

/** In the words of Python, which people search for. */
export function faultText(error: unknown, path: string): string {
  return error instanceof SaltError ? reasonOf(error) : systemText(error, path)
}

/** What went wrong and what to do, as one sentence after the other. */
export function reasonOf(error: unknown): string {
  const { code, message: said, hint, where } = asSaltError(error)
  const message = code === 'storage' && where !== undefined && !said.includes(where) ? `${said} (${where})` : said
  if (hint === undefined) return message
  // Functions that name the fault of the system have it in parentheses.
  return hint.startsWith('(') ? `${message} ${hint}` : `${message}. ${hint}`
}
