import type { ValuePath } from '../../render/data/yaml-places.ts'
import type { DeclaredFile } from '../gather.ts'
import { isMapping } from '../high-data.ts'

/** The keys that lead to a state as it was written: `file.managed`, or `file` with the function in its list. */
export function statePath({ rendered }: DeclaredFile, id: string, state: string, fun: string): ValuePath {
  const body = isMapping(rendered.value) ? rendered.value.get(id) : undefined
  const joined = `${state}.${fun}`
  return [id, isMapping(body) && body.has(joined) ? joined : state]
}
