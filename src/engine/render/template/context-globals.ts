/** Salt's globals that look at the render itself: `show_full_context` and `ifelse`. */
import type { FunctionSource } from '../functions/salt-functions.ts'
import { Dict } from '../values/dict.ts'
import { isTrue } from '../values/iterate.ts'
import { type Eventual, isText, NativeFunction, noKwargs, Tuple, type Value } from '../values/kinds.ts'
import { repr } from '../values/print.ts'

export function contextGlobals(
  variables: ReadonlyMap<string, Value>,
  functions: FunctionSource,
): ReadonlyMap<string, Value> {
  return new Map([
    ['show_full_context', new NativeFunction('show_full_context', () => fullContext(variables), 'function')],
    ['ifelse', new NativeFunction('ifelse', (args) => ifElse(functions, args), 'function')],
  ])
}

/** All variables; what is no plain data stands as it prints. */
function fullContext(variables: ReadonlyMap<string, Value>): Dict {
  return new Dict(Array.from(variables, ([name, value]) => [name, simple(value)]))
}

function simple(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Map) return new Dict(Array.from(value, ([key, item]) => [simple(key), simple(item)]))
  if (Array.isArray(value)) return value.map(simple)
  return value instanceof Tuple ? value.items.map(simple) : repr(value)
}

/** The value behind the first target that this minion is one of; a value at the end without a target is for all others. */
async function ifElse(functions: FunctionSource, args: readonly Value[]): Promise<Value> {
  for (let index = 0; index + 1 < args.length; index += 2) {
    if (isTrue(await condition(functions, args[index]))) return args[index + 1]
  }
  return args.length % 2 === 1 ? args.at(-1) : null
}

function condition(functions: FunctionSource, target: Value): Eventual {
  return isText(target) && functions.has('match.compound')
    ? functions.call('match.compound', [target], noKwargs)
    : target
}
