/** Chunks as test cases write them, and a run of them. */

import { createFunctionContext } from '../../src/engine/functions/context.ts'
import type { FunctionContext } from '../../src/engine/plugin.ts'
import { type LowChunk, type Requisite, type RequisiteKind, requisiteKinds } from '../../src/engine/state/low-chunk.ts'
import { fakeStates } from './fake-states.ts'
import { FunctionHost, type HostOptions } from './function-host.ts'

/** `{"fake.change": "id", "name": …, "sls": …, "require": ["fake: other", "another"], …arguments}` */
export type WrittenChunk = Readonly<Record<string, unknown>>

export function lowChunk(written: WrittenChunk, order: number): LowChunk {
  const [full = '', id] = Object.entries(written).find(([key]) => key.includes('.')) ?? []
  const [state = '', fun = ''] = full.split('.')
  const kinds: readonly string[] = requisiteKinds
  const rest = Object.entries(written).filter(([key]) => key !== full && !kinds.includes(key))
  const { name = id, sls = 'web', ...args } = Object.fromEntries(rest)
  return {
    state,
    fun,
    id: String(id),
    name: String(name),
    sls: sls === null ? undefined : String(sls),
    env: 'base',
    order,
    requisites: requisiteKinds.flatMap((kind) => requisitesOf(kind, written[kind])),
    args,
  }
}

function requisitesOf(kind: RequisiteKind, written: unknown): Requisite[] {
  const list: readonly unknown[] = written === undefined ? [] : [written].flat()
  return list.map((item) => {
    const [first = '', second] = String(item).split(': ')
    return second === undefined ? { kind, state: undefined, id: first } : { kind, state: first, id: second }
  })
}

export interface RunHost {
  readonly host: FunctionHost
  readonly context: FunctionContext
  readonly retcode: () => number
  /** What fake states did, in this order. */
  readonly applied: readonly string[]
}

export function runHost(options: HostOptions = {}): RunHost {
  const host = new FunctionHost(options)
  const applied: string[] = []
  host.catalogues.states.setUserModules([fakeStates(applied)])
  return { host, applied, ...createFunctionContext(host.inputs) }
}
