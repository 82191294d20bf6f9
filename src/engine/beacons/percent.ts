/** Thresholds in percent, as Salt's beacons take them: `63%` or `63`. */
import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'
import { type Schema, s } from '../../base/schema.ts'

export function percentSchema(description: string): Schema<string> {
  return { ...s.string(description), pattern: '^\\d+(\\.\\d+)?%?$' }
}

export function parsePercent(text: string): number {
  return Number(text.replace('%', ''))
}

/** The field `percent` of what a function of `ps` answers. */
export function percentIn(answer: unknown): number {
  const percent = isRecord(answer) ? answer.percent : undefined
  return percent instanceof Float ? percent.value : Number(percent)
}
