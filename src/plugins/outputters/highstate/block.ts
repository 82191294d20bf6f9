/** One state in full. */
import { pythonString } from '../../../base/python-repr.ts'
import { wrapText } from '../../../engine/render/filters/text-wrap.ts'
import type { StateOutputOptions } from '../../../engine/state/output-options.ts'
import type { Palette } from '../colors.ts'
import { entriesOf } from '../entries.ts'
import type { StateResult } from './result.ts'

const commentIndent = ' '.repeat(14)
const warningWidth = 80

export interface BlockOptions {
  readonly color: string
  readonly colors: Palette
  readonly output: StateOutputOptions
  /** What stands behind `Changes:`. */
  readonly changes: string
  clean(text: string): string
}

/** @param name what stands for its name. */
export function stateBlock(state: StateResult, name: string, options: BlockOptions): string[] {
  const { color, colors, output, changes, clean } = options
  const line = (text: string): string => `    ${color}${text}${colors.reset}`
  const profile = output.hasProfile && state.startTime !== undefined
  const duration = state.duration === undefined ? '' : `${clean(pythonString(state.duration))} ms`
  return [
    `${color}----------${colors.reset}`,
    line(`      ID: ${clean(state.id)}`),
    line(`Function: ${clean(state.state)}.${clean(state.fun)}`),
    ...(state.id === name ? [] : [line(`    Name: ${clean(name)}`)]),
    line(`  Result: ${clean(pythonString(state.result))}`),
    line(` Comment: ${clean(commentOf(state))}`),
    ...(profile ? [line(` Started: ${clean(pythonString(state.startTime))}`), line(`Duration: ${duration}`)] : []),
    `${color}     Changes:   ${changes}${colors.reset}`,
    ...(state.warnings.length === 0 ? [] : [warningLine(state.warnings, options)]),
  ]
}

function commentOf({ comment, data }: StateResult): string {
  const text = Array.isArray(comment) ? comment.map(pythonString).join('\n') : pythonString(comment ?? '')
  const indented = text.trim().replaceAll('\n', `\n${commentIndent}`)
  if (data === undefined) return indented
  if (Array.isArray(data)) return [indented, ...data.map(pythonString)].join(' ')
  const entries = entriesOf(data)
  if (entries === undefined) return `${indented} ${pythonString(data)}`
  return [indented, ...entries.map(([key, value]) => `\t\t${key}: ${pythonString(value)}`)].join('\n')
}

function warningLine(warnings: readonly string[], { colors, clean }: BlockOptions): string {
  // As Python wraps: every kind of white space is a space, and a tab as many as the next column of eight needs.
  const text = expandTabs(clean(warnings.join('\n'))).replace(/[\n\r\v\f]/g, ' ')
  const lines = wrapText(text, { width: warningWidth - commentIndent.length, breakWords: true, breakHyphens: true })
  return `   ${colors.lightRed} Warnings: ${lines.join(`\n${commentIndent}`)}${colors.reset}`
}

function expandTabs(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      let out = ''
      for (const part of line.split(/(\t)/)) out += part === '\t' ? ' '.repeat(8 - (out.length % 8)) : part
      return out
    })
    .join('\n')
}
