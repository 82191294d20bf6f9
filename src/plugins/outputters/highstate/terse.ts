/** One state on one line. */
import { pythonString } from '../../../base/python-repr.ts'
import { type FieldAccess, formatBraces } from '../../../engine/render/values/brace-format.ts'
import { fromPlain } from '../../../engine/render/values/plain.ts'
import { PyError } from '../../../engine/render/values/py-error.ts'
import type { StateOutputOptions } from '../../../engine/state/output-options.ts'
import type { Palette } from '../colors.ts'
import { isTrue, type StateResult } from './result.ts'

interface TerseOptions {
  /** Color of the line. */
  readonly color: string
  readonly colors: Palette
  readonly output: StateOutputOptions
  /** Cleans what came from a minion. */
  clean(text: string): string
}

const access: FieldAccess = {
  attribute: (_value, name) => {
    throw new PyError('AttributeError', `there is no attribute '${name}'`)
  },
  item: (value, key) => {
    const item = value instanceof Map ? value.get(key) : undefined
    if (item === undefined) throw new PyError('KeyError', String(key))
    return item
  },
}

/** @param name what stands for its name. */
export function terseLine(state: StateResult, name: string, options: TerseOptions): string {
  const { color, colors, output, clean } = options
  if (typeof output.tabular === 'string') return ownFormat(output.tabular, state, name, options)
  const warnings = state.warnings.length === 0 ? '' : `Warnings:\n${clean(state.warnings.join('\n'))}`
  const warned = warnings === '' ? '' : `${colors.lightRed}${warnings}${colors.reset}`
  const hasProfile = output.hasProfile && state.startTime !== undefined
  const [start, duration] = [state.startTime, state.duration].map((value) => clean(pythonString(value ?? '')))
  const outcome = outcomeOf(state)
  if (output.tabular) {
    const profile = hasProfile ? `${start} [${duration?.padStart(7)} ms] ` : ''
    const fun = `${clean(state.state).padStart(10)}.${clean(state.fun).padEnd(10)}`
    const text = `${profile}${fun} ${outcome.padEnd(7)}   Name: ${clean(name)}`
    return `${warned === '' ? '' : `${warned}\n`}${color}${text}${colors.reset}`
  }
  const profile = hasProfile ? ` - Started: ${start} - Duration: ${duration} ms` : ''
  const fun = `${clean(state.state)}.${clean(state.fun)}`
  return `${warned} ${color} Name: ${clean(name)} - Function: ${fun} - Result: ${outcome}${profile}${colors.reset}`
}

function outcomeOf({ result, changes }: StateResult): string {
  if (result === false) return 'Failed'
  if (result === null) return 'Differs'
  return isTrue(changes) ? 'Changed' : 'Clean'
}

/** Fields: color, name, state, function, outcome, end of the color, and the result itself. */
function ownFormat(format: string, state: StateResult, name: string, { color, colors, clean }: TerseOptions): string {
  const texts = [name, state.state, state.fun].map(clean)
  try {
    const args = [color, ...texts, outcomeOf(state), colors.reset, fromPlain(state.all)]
    return formatBraces(format, args, new Map(), access)
  } catch (error) {
    if (error instanceof PyError) return `${color}state_tabular is no such format: ${error.message}${colors.reset}`
    throw error
  }
}
