/** High data: id → state → arguments, as SLS files have it and Salt's compiler goes through it. */
import { Dict } from '../render/values/dict.ts'
import type { Value } from '../render/values/kinds.ts'
import { str } from '../render/values/print.ts'

/** What stands below an id: state → list of arguments, besides `__sls__` and `__env__`. */
export type HighBody = Map<Value, Value>

/** Id and state, as requisites name what they mean. */
export interface StateKey {
  readonly id: string
  readonly state: string
}

export function isMapping(value: Value): value is Map<Value, Value> {
  return value instanceof Map
}

/** Declared ids with their bodies, but for what is the compiler's own (`__extend__`) or has no body. */
export function* bodiesOf(high: ReadonlyMap<Value, Value>): Iterable<readonly [string, HighBody]> {
  for (const [id, body] of high) {
    if (typeof id === 'string' && !id.startsWith('__') && isMapping(body)) yield [id, body]
  }
}

/** States of a body with their lists of arguments. */
export function* statesOf(body: HighBody): Iterable<readonly [string, Value[]]> {
  for (const [state, args] of body) {
    if (typeof state === 'string' && !state.startsWith('__') && Array.isArray(args)) yield [state, args]
  }
}

export function slsOf(body: ReadonlyMap<Value, Value>): string {
  return str(body.get('__sls__') ?? null)
}

export function envOf(body: ReadonlyMap<Value, Value>): string {
  return str(body.get('__env__') ?? 'base')
}

/** The first key of a mapping with its value. */
export function firstEntry(mapping: ReadonlyMap<Value, Value>): readonly [Value, Value] | undefined {
  for (const entry of mapping) return entry
  return undefined
}

/** The name of an argument that stands alone in its mapping, as arguments should. */
export function argumentName(arg: Value): string | undefined {
  if (!isMapping(arg) || arg.size !== 1) return undefined
  const [name] = firstEntry(arg) ?? []
  return typeof name === 'string' ? name : undefined
}

/** `- name: value`. */
export function argument(name: string, value: Value): Dict {
  return new Dict([[name, value]])
}
