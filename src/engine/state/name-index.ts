/** Ids of high data by what requisites and `extend` may call them. */
import type { Dict } from '../render/values/dict.ts'
import type { Value } from '../render/values/kinds.ts'
import { argumentName, bodiesOf, isMapping, type StateKey, slsOf, statesOf } from './high-data.ts'

export class NameIndex {
  readonly #high: Dict
  /** State → any text that stands as the value of an argument → ids. */
  readonly #values = new Map<string, Map<string, string[]>>()
  readonly #sls = new Map<string, StateKey[]>()

  /** Made for high data that does not change as long as the index is used. */
  constructor(high: Dict) {
    this.#high = high
    for (const [id, body] of bodiesOf(high)) {
      for (const [state, args] of statesOf(body)) {
        listIn(this.#sls, slsOf(body)).push({ id, state })
        for (const arg of args) this.#addValue(state, id, arg)
      }
    }
  }

  /** What `- state: name` means. An id that has no such state counts as one that gets it. */
  find({ state, id: name }: StateKey): readonly StateKey[] {
    if (isMapping(this.#high.get(name))) return [{ id: name, state }]
    if (state === 'sls') return this.#sls.get(name) ?? []
    return (this.#values.get(state)?.get(name) ?? []).map((id) => ({ id, state }))
  }

  /** All states of a file. */
  inSls(sls: string): readonly StateKey[] {
    return this.#sls.get(sls) ?? []
  }

  /** What a name without a state means: the first state of the id, or the one that has it as its `name`. */
  findAny(name: string): StateKey | undefined {
    const body = this.#high.get(name)
    if (isMapping(body)) {
      for (const [state] of statesOf(body)) return { id: name, state }
      return undefined
    }
    for (const [state, values] of this.#values) {
      const id = values.get(name)?.find((one) => this.#hasName({ id: one, state }, name))
      if (id !== undefined) return { id, state }
    }
    return undefined
  }

  #addValue(state: string, id: string, arg: Value): void {
    const name = argumentName(arg)
    const value = name === undefined || !isMapping(arg) ? undefined : arg.get(name)
    if (typeof value !== 'string') return
    let values = this.#values.get(state)
    if (values === undefined) {
      values = new Map()
      this.#values.set(state, values)
    }
    listIn(values, value).push(id)
  }

  #hasName({ id, state }: StateKey, name: string): boolean {
    const body = this.#high.get(id)
    const args = isMapping(body) ? body.get(state) : undefined
    return Array.isArray(args) && args.some((arg) => isMapping(arg) && arg.get('name') === name)
  }
}

function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  let list = lists.get(key)
  if (list === undefined) {
    list = []
    lists.set(key, list)
  }
  return list
}
