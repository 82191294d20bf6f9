/** Execution functions together with those that work on the values of templates. */

import type { Kwargs } from '../values/kinds.ts'
import { type DataFunction, dataFunctions, type FunctionData } from './data-functions.ts'
import type { FunctionSource } from './salt-functions.ts'

const modules = new Set(Array.from(dataFunctions.keys(), (name) => name.slice(0, name.indexOf('.'))))

/** @param others Asked for what is no function of data; `overriding` names of theirs come first. */
export function withDataFunctions(
  others: FunctionSource,
  data: FunctionData,
  overriding?: ReadonlySet<string>,
): FunctionSource {
  const own = (name: string): DataFunction | undefined =>
    overriding?.has(name) === true ? undefined : dataFunctions.get(name)
  return {
    has: (name) => dataFunctions.has(name) || others.has(name),
    hasModule: (name) => modules.has(name) || others.hasModule(name),
    names: () => new Set([...others.names(), ...dataFunctions.keys()]),
    call(name, args, kwargs) {
      const body = namesEnvironment(kwargs) ? undefined : own(name)
      return body === undefined ? others.call(name, args, kwargs) : body(data, args, kwargs)
    },
  }
}

/** Pillar of another environment is not among the data: a function has to ask for it. */
function namesEnvironment(kwargs: Kwargs): boolean {
  return ['pillarenv', 'saltenv'].some((name) => kwargs.has(name) && kwargs.get(name) !== null)
}
