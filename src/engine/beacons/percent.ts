/** Thresholds in percent, as Salt's beacons take them: `63%` or `63`. */
import { Float } from '../../base/float.ts'
import { isRecord } from '../../base/narrow.ts'
import { type Schema, s } from '../../base/schema.ts'
import { type BeaconContext, looking, type OpenBeacon } from '../beacon.ts'

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

/** A beacon that tells what `fun` says as long as it is at the threshold or above. */
export function openUsage(context: BeaconContext, fun: string, field: string, threshold: string): OpenBeacon {
  return looking(async () => {
    const percent = percentIn(await context.salt(fun))
    return percent < parsePercent(threshold) ? [] : [{ data: { [field]: percent }, state: 'above' }]
  })
}
