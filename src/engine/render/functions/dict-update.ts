/** Merging dictionaries of templates, in Salt's strategies. */
import { expectText } from '../values/arguments.ts'
import { Dict } from '../values/dict.ts'
import { contains } from '../values/iterate.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { deepCopy } from '../values/plain.ts'
import { PyError, typeError } from '../values/py-error.ts'

/** Puts `update` into `target`, level by level, and gives `target`. Throws TypeError for what is no dictionary. */
export function updateDict(target: Value, update: Value, isRecursive = true, joinsLists = false): Map<Value, Value> {
  for (const value of [target, update]) if (value instanceof Undefined) value.fail()
  if (!(target instanceof Map) || !(update instanceof Map)) {
    throw typeError('Cannot update using non-dict types in dictupdate.update()')
  }
  for (const [key, value] of [...update]) {
    target.set(key, isRecursive ? merged(target.get(key), value, joinsLists) : value)
  }
  return target
}

function merged(current: Value, value: Value, joinsLists: boolean): Value {
  if (current instanceof Map && value instanceof Map) return updateDict(current, value, true, joinsLists)
  if (joinsLists && Array.isArray(current) && Array.isArray(value)) return joinLists(current, value)
  return value
}

/** The first list with what it lacks of the second. */
export function joinLists(first: readonly Value[], second: readonly Value[]): Value[] {
  return [...first.map(deepCopy), ...second.filter((item) => !contains(first, item))]
}

/** `strategy`: smart, recurse, aggregate, list, overwrite or none. */
export function mergeDicts(left: Value, right: Value, strategy: Value, joinsLists: boolean): Value {
  switch (expectText(strategy)) {
    case 'list':
      return mergeAsLists(left, right)
    case 'overwrite':
      return mergeOverwriting(left, right, joinsLists)
    case 'aggregate':
      return aggregate(left, right)
    case 'smart':
    case 'recurse':
      return updateDict(deepCopy(left), right, true, joinsLists)
    default:
      return updateDict(deepCopy(left), right)
  }
}

function asDict(value: Value): Map<Value, Value> {
  if (value instanceof Undefined) return value.fail()
  if (value instanceof Map) return value
  throw new PyError('AttributeError', 'only dictionaries can be merged')
}

function mergeAsLists(left: Value, right: Value): Dict {
  const second = asDict(right)
  return new Dict(Array.from(asDict(left), ([key, value]) => [key, second.has(key) ? [value, second.get(key)] : value]))
}

function mergeOverwriting(left: Value, right: Value, joinsLists: boolean): Value {
  const first = asDict(left)
  for (const [key, value] of asDict(right)) if (first.has(key)) first.set(key, value)
  return updateDict(deepCopy(first), right, true, joinsLists)
}

/** Salt joins only what is marked with `!aggregate`, which nothing is that came through YAML, and the outermost level. */
function aggregate(left: Value, right: Value): Value {
  if (left instanceof Map || right instanceof Map) {
    return left instanceof Map && right instanceof Map ? new Dict([...left, ...right]) : right
  }
  const [first, second] = [left, right].map((value): Value[] => (Array.isArray(value) ? value : [value]))
  return joinLists(first ?? [], second ?? [])
}
