/** The result of one state, as it came from a minion: nothing about it is certain. */
import { asFloat, Float } from '../../../base/float.ts'
import { type Entry, entriesOf } from '../entries.ts'

export interface StateResult {
  /** `file_|-ID_|-NAME_|-managed` */
  readonly tag: string
  readonly state: string
  readonly id: string
  readonly name: string
  readonly fun: string
  /** True, false or null; anything else that a minion says. */
  readonly result: unknown
  readonly changes: unknown
  readonly comment: unknown
  /** What Salt appends to the comment. */
  readonly data: unknown
  readonly warnings: readonly string[]
  readonly startTime: unknown
  /** As it is shown. */
  readonly duration: unknown
  /** Milliseconds; 0 where there is no number. */
  readonly durationMs: number
  readonly isParallel: boolean
  readonly order: number
  /** For how many states it stands, where those of one id are put together. */
  readonly count: number
  readonly all: ReadonlyMap<string, unknown>
}

/** Undefined for what is no result of a state. */
export function stateResult(tag: string, value: unknown, count = 1): StateResult | undefined {
  const entries = entriesOf(value)
  if (entries === undefined) return undefined
  const all = new Map<string, unknown>(entries)
  if (!all.has('result')) return undefined
  const parts = tag.split('_|-')
  return {
    tag,
    state: parts[0] ?? '',
    id: parts[1] ?? '',
    name: parts[2] ?? '',
    fun: parts.at(-1) ?? '',
    result: all.get('result'),
    changes: all.get('changes'),
    comment: all.get('comment'),
    data: all.get('data'),
    warnings: texts(all.get('warnings')),
    startTime: all.get('start_time'),
    duration: inMilliseconds(all.get('duration')),
    durationMs: milliseconds(all.get('duration')),
    isParallel: all.has('__parallel__'),
    order: Number(all.get('__run_num__') ?? 0) || 0,
    count,
    all,
  }
}

/** Whether something is there for Python: no empty text, list or mapping. */
export function isTrue(value: unknown): boolean {
  if (value instanceof Float) return value.value !== 0
  if (Array.isArray(value)) return value.length > 0
  const entries: readonly Entry[] | undefined = entriesOf(value)
  return entries === undefined ? Boolean(value) : entries.length > 0
}

/** A number that came as JSON has lost its `.0`. */
function inMilliseconds(value: unknown): unknown {
  return typeof value === 'number' ? asFloat(value) : value
}

function milliseconds(value: unknown): number {
  const number = value instanceof Float ? value.value : Number.parseFloat(String(value ?? 0))
  return Number.isFinite(number) ? number : 0
}

function texts(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}
