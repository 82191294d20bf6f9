import { toJson } from '../../base/json.ts'
import type { BusEvent } from '../../bus/event.ts'
import { sortDeep } from './entries.ts'

/** An event as `state.event` of Salt prints it: the tag, a tab, the data as JSON on one line, or sorted and indented. */
export function eventLine({ tag, data }: Pick<BusEvent, 'tag' | 'data'>, pretty: boolean): string {
  return `${tag}\t${pretty ? toJson(sortDeep(data), 4) : toJson(data)}`
}
