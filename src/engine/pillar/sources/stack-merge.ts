/** How templates of `stack` are put together: after what is there, before it, in place of it, or taken out of it. */
import { SaltError } from '../../../base/errors.ts'
import { Dict } from '../../render/values/dict.ts'
import { contains } from '../../render/values/iterate.ts'
import type { Value } from '../../render/values/kinds.ts'
import { str } from '../../render/values/print.ts'

const mark = '__'
const strategies: ReadonlySet<Value> = new Set(['overwrite', 'merge-first', 'merge-last', 'remove'])

/** Throws `execution-failed` for a strategy that is none. */
export function mergeStack(before: Dict, over: Dict): Dict {
  const strategy = checked(over.get(mark) ?? 'merge-last')
  const entries = [...over].filter(([key]) => key !== mark)
  if (strategy === 'overwrite') return new Dict(entries.map(([key, value]) => [key, cleaned(value)]))
  const result = new Dict(before)
  for (const [key, value] of entries) {
    if (strategy === 'remove') result.delete(key)
    else result.set(key, result.has(key) ? joined(result.get(key), value, strategy) : cleaned(value))
  }
  return result
}

function joined(before: Value, over: Value, strategy: Value): Value {
  const [first, second] = strategy === 'merge-first' ? [cleaned(over), before] : [before, over]
  if (first instanceof Dict && second instanceof Dict) return mergeStack(first, second)
  if (Array.isArray(first) && Array.isArray(second)) return mergeLists(first, second)
  return cleaned(second)
}

function mergeLists(before: readonly Value[], over: readonly Value[]): Value[] {
  const [first] = over
  const isMarked = first instanceof Map && first.has(mark)
  const items = isMarked ? over.slice(1) : [...over]
  switch (checked(isMarked ? first.get(mark) : 'merge-last')) {
    case 'overwrite':
      return items
    case 'remove':
      return before.filter((item) => !contains(items, item))
    case 'merge-first':
      return [...items, ...before]
    default:
      return [...before, ...items]
  }
}

function checked(strategy: Value): Value {
  if (strategies.has(strategy)) return strategy
  throw new SaltError(
    'execution-failed',
    `there is no strategy '${str(strategy)}'; use one of ${[...strategies].join(', ')}`,
  )
}

/** Without the marks, which are for merging alone. */
function cleaned(value: Value): Value {
  if (value instanceof Dict)
    return new Dict([...value].filter(([key]) => key !== mark).map(([key, item]) => [key, cleaned(item)]))
  if (!Array.isArray(value)) return value
  const [first] = value
  return first instanceof Map && first.has(mark) ? value.slice(1) : value
}
