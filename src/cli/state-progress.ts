/** One short line about a state that has ended, for whoever looks on. */
import { stringWidth } from '../base/string-width.ts'

/** What is known of a state from its result alone. */
export interface EndedState {
  readonly id: string
  readonly result: unknown
  readonly hasChanges: boolean
  /** From 1 on. */
  readonly number: number
  readonly total: number
}

/** `12/40 nginx is running: changed` */
export function progressText({ id, result, hasChanges, number, total }: EndedState): string {
  // A listener or a second attempt takes a number of its own.
  return `${Math.min(number, total)}/${total} ${plain(id)}: ${outcomeWord(result, hasChanges)}`
}

function outcomeWord(result: unknown, hasChanges: boolean): string {
  if (result === false) return 'failed'
  if (result === null) return 'would change'
  return hasChanges ? 'changed' : 'right'
}

/** Whether a job runs states, so that there is something to look on at. */
export function runsStates(fun: string | readonly string[]): boolean {
  return [fun].flat().some((name) => /^state\.(?!show_)/.test(name))
}

/** An id may hold whatever somebody wrote; the line is one line. */
function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** As much of it as fits into so many columns. */
export function clipped(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text
  let shown = ''
  let width = 0
  for (const character of text) {
    width += stringWidth(character)
    if (width > columns - 1) break
    shown += character
  }
  return `${shown}…`
}
