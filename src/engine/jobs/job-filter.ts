/** Picking jobs from the cache, as `jobs.list_jobs` searches. */
import { isDeepStrictEqual } from 'node:util'
import { compileGlob } from '../target/glob.ts'
import type { JobFilter, JobRecord } from './types.ts'

/** Functions and targets are globs of which one must match; every metadata item must be equal. Times include their bounds. */
export function compileJobFilter(filter: JobFilter): (record: JobRecord) => boolean {
  const functions = filter.functions?.map(compileGlob)
  const targets = filter.targets?.map(compileGlob)
  const metadata = Object.entries(filter.metadata ?? {})
  return (record) => {
    if (filter.user !== undefined && record.user !== filter.user) return false
    if (record.startedAt < (filter.startedAfterMs ?? Number.NEGATIVE_INFINITY)) return false
    if (record.startedAt > (filter.startedBeforeMs ?? Number.POSITIVE_INFINITY)) return false
    if (functions && !asList(record.fun).some((fun) => functions.some((glob) => glob.matches(fun)))) return false
    if (targets && ![...asList(record.tgt), ...record.minions].some((id) => targets.some((glob) => glob.matches(id))))
      return false
    return metadata.every(([name, value]) => isDeepStrictEqual(record.metadata?.[name], value))
  }
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
