/** The state files that stand as examples in the docs of states, as data. */
import { Float } from '../../src/base/float.ts'
import { isRecord } from '../../src/base/narrow.ts'
import { loadYaml } from '../../src/engine/render/data/yaml-load.ts'
import { toPlain } from '../../src/engine/render/values/plain.ts'
import { globalOptions, requisiteKinds } from '../../src/engine/state/low-chunk.ts'

/** A state that an example uses. */
export interface StateUse {
  /** Its id in the example. */
  readonly id: string
  /** `test.nop` */
  readonly name: string
  /** With its name, and without requisites and options that every state has. */
  readonly args: Readonly<Record<string, unknown>>
  /** All that is written. */
  readonly written: Readonly<Record<string, unknown>>
}

/** `watch_in`, `use` … stand at states, and are no arguments of theirs. */
const bonds = new Set<string>(
  [...requisiteKinds, 'use', 'order', 'names', 'prereq_any'].flatMap((kind) => [kind, `${kind}_in`]),
)
const options = new Set<string>(globalOptions)

/** The states of an example without templates, in their order. Throws for what is none. */
export function stateUses(example: string): readonly StateUse[] {
  const data = toPlain(loadYaml(example))
  if (!isRecord(data)) throw new Error('it must be a mapping from ids to states')
  return Object.entries(data).flatMap(([id, body]) => {
    if (id === 'include' || id === 'exclude') return []
    if (id === 'extend' && isRecord(body)) return Object.entries(body).flatMap(([one, states]) => usesOf(one, states))
    return usesOf(id, body)
  })
}

function usesOf(id: string, body: unknown): StateUse[] {
  if (typeof body === 'string') return [useOf(id, body, [])]
  if (!isRecord(body)) throw new Error(`${id} must be a mapping from states to lists`)
  return Object.entries(body).map(([state, items]) => {
    if (items !== null && !Array.isArray(items)) throw new Error(`the arguments of ${state} must be a list`)
    return useOf(id, state, items ?? [])
  })
}

/** `pkg.installed`, or `pkg` with the name of the function among the arguments. */
function useOf(id: string, state: string, items: readonly unknown[]): StateUse {
  const short = items.find((item) => typeof item === 'string')
  const name = state.includes('.') ? state : `${state}.${String(short)}`
  const pairs = items.flatMap((item) => (isRecord(item) ? Object.entries(item) : []))
  const written: Record<string, unknown> = { name: id, ...Object.fromEntries(pairs) }
  const own = Object.entries(written).filter(([key]) => !bonds.has(key) && (key === 'name' || !options.has(key)))
  return { id, name, written, args: Object.fromEntries(own.map(([key, value]) => [key, unboxed(value)])) }
}

function unboxed(value: unknown): unknown {
  return value instanceof Float ? value.value : value
}
