/** One short line about a state that has ended, for whoever looks on. */
import { stringWidth } from '../base/string-width.ts'
import type { RunStep } from '../client/api.ts'

/** With less of it nobody knows an id. */
const fewestColumns = 8

/** What is known of a state from its result alone. */
export interface EndedState extends RunStep {
  readonly result: unknown
  readonly hasChanges: boolean
}

/** `12/40 nginx is running: changed`, without a part of the id where it is wider than so many columns. */
export function progressText({ id, result, hasChanges, number, total }: EndedState, columns = Infinity): string {
  // A listener or a second attempt takes a number of its own.
  const start = `${Math.min(number, total)}/${total} `
  const end = `: ${outcomeWord(result, hasChanges)}`
  const left = columns - start.length - end.length
  const shown = left < fewestColumns ? plain(id) : clipped(plain(id), left)
  return clipped(start + shown + end, columns)
}

/** `2/3 deploy web` */
export function stepText({ id, number, total }: RunStep, columns = Infinity): string {
  return clipped(`${Math.min(number, total)}/${total} ${plain(id)}`, columns)
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
  if (columns < 1) return ''
  let shown = ''
  let width = 0
  for (const character of text) {
    width += stringWidth(character)
    if (width > columns - 1) break
    shown += character
  }
  return `${shown}…`
}
