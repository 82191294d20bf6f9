/** Which jobs a search means. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import type { JobFilter } from '../../../engine/jobs/types.ts'

export const searchArguments = {
  search_metadata: s.optional(s.any('Mapping: jobs that have all of this metadata')),
  search_function: s.optional(s.any('Functions with shell-style patterns, as a list or with commas')),
  search_target: s.optional(s.any('Targets with shell-style patterns, as a list or with commas')),
  start_time: s.optional(s.any('Jobs that started at this time or later')),
  end_time: s.optional(s.any('Jobs that started at this time or earlier')),
}

export function words(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const list = Array.isArray(value) ? value.map(String) : String(value).split(',')
  return list.map((word) => word.trim()).filter((word) => word !== '')
}

/** A date in any form that Date knows, or as jobs are listed (`2026, Nov 21 02:55:04`); UTC where it has no zone. */
function timeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return value * 1000
  const text = String(value).replace(/^(\d{4}), (\w{3}) (\d{1,2})/, '$3 $2 $1')
  const hasZone = /(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$/.test(text)
  const time = Date.parse(hasZone ? text : `${text}${/^\d{4}-\d{2}-\d{2}T/.test(text) ? 'Z' : ' UTC'}`)
  if (!Number.isNaN(time)) return time
  throw new SaltError('bad-arguments', `${name} is not a date: '${value}'. Write it like 2026-11-21 02:55.`)
}

interface SearchRequest {
  readonly search_metadata?: unknown
  readonly search_function?: unknown
  readonly search_target?: unknown
  readonly start_time?: unknown
  readonly end_time?: unknown
}

export function filterOf(request: SearchRequest): JobFilter {
  const functions = words(request.search_function)
  const targets = words(request.search_target)
  const metadata = request.search_metadata
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    throw new SaltError('bad-arguments', 'search_metadata must be a mapping.')
  }
  const after = timeOf(request.start_time, 'start_time')
  const before = timeOf(request.end_time, 'end_time')
  return {
    ...(functions === undefined ? {} : { functions }),
    ...(targets === undefined ? {} : { targets }),
    ...(isRecord(metadata) ? { metadata } : {}),
    ...(after === undefined ? {} : { startedAfterMs: after }),
    ...(before === undefined ? {} : { startedBeforeMs: before }),
  }
}
