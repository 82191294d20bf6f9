/** Calls as Salt's flat dictionaries, in which arguments stand beside what the compiler keeps of its own. */
import { isRecord } from '../../base/narrow.ts'
import { fromPlain } from '../render/values/plain.ts'
import type { LowChunk, Requisite } from './low-chunk.ts'
import { isKind, requisitesOf } from './low-data.ts'
import { consumedWords } from './requisite-words.ts'

/** Keys that are neither arguments nor requisites. */
const ownKeys: ReadonlySet<string> = new Set(['state', 'fun', 'name', 'order', '__id__', '__sls__', '__env__'])

/** With the keys in Salt's order. */
export function lowRecord(chunk: LowChunk): Record<string, unknown> {
  const { state, name, sls, env, id, args, requisites, order, fun } = chunk
  return {
    state,
    name,
    ...(sls === undefined ? {} : { __sls__: sls, __env__: env }),
    __id__: id,
    ...args,
    ...requisiteRecord(requisites),
    order,
    fun,
  }
}

/**
 * The other way round. `test.nop` for `state` gives the function, too; the name stands for an id that is missing.
 * Undefined where state, function or name are missing: `lowFaults` tells which.
 */
export function readLow(record: Readonly<Record<string, unknown>>): LowChunk | undefined {
  if (lowFaults(record).length > 0) return undefined
  const [state = '', given] = String(record.state).split('.')
  const { name, order, __sls__: sls, __env__: env } = record
  const requisites: Requisite[] = []
  const args: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(record)) {
    if (isKind(key)) requisites.push(...requisitesOf(key, fromPlain(value)))
    else if (!ownKeys.has(key) && !consumedWords.has(key)) args[key] = value
  }
  return {
    state,
    fun: typeof record.fun === 'string' ? record.fun : (given ?? ''),
    id: String(record.__id__ ?? name),
    name: String(name),
    sls: typeof sls === 'string' ? sls : undefined,
    env: typeof env === 'string' ? env : 'base',
    order: typeof order === 'number' ? order : 1,
    requisites,
    args,
  }
}

/** Salt's sentences about a dictionary that is no call. */
export function lowFaults(record: unknown): string[] {
  if (!isRecord(record)) return ['Low data is not a dictionary and is invalid']
  const { state, fun, name } = record
  const faults: string[] = []
  if (typeof state !== 'string') faults.push('Missing "state" data')
  if (typeof fun !== 'string' && !String(state).includes('.')) faults.push('Missing "fun" data')
  if (name === undefined || name === null) faults.push('Missing "name" data')
  else if (typeof name !== 'string') {
    const type = typeof name === 'number' ? 'int' : typeof name
    faults.push(`ID '${String(name)}' is not formed as a string, but is a ${type}`)
  }
  return faults
}

function requisiteRecord(requisites: readonly Requisite[]): Record<string, unknown[]> {
  const record: Record<string, unknown[]> = {}
  for (const { kind, state, id } of requisites) {
    record[kind] ??= []
    record[kind].push(state === undefined ? id : { [state]: id })
  }
  return record
}
