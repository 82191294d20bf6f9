/** The `attribute` of filters such as `map` and `sort`: `name`, `a.b`, `0.name`, or an index. */
import { textOf } from '../values/arguments.ts'
import { Undefined, type Value } from '../values/kinds.ts'
import { getItem } from '../values/lookup.ts'

export type Getter = (item: Value) => Value

/** Follows a path from item to item. What is missing on the way is undefined, or the fallback. */
export function attributeGetter(attribute: Value, fallback: Value = null): Getter {
  const parts = pathParts(attribute)
  return (item) => {
    let value = item
    for (const part of parts) {
      value = getItem(value, part)
      if (fallback !== null && value instanceof Undefined) value = fallback
    }
    return value
  }
}

function pathParts(attribute: Value): readonly Value[] {
  if (attribute === null) return []
  const path = textOf(attribute)
  if (path === undefined) return [attribute]
  return path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

/** A key for sorting by several paths with commas between them: lists of what they lead to. */
export function sortKey(attributes: Value, caseSensitive: boolean): Getter {
  const path = textOf(attributes)
  const getters = (path === undefined ? [attributes] : path.split(',')).map((one) => attributeGetter(one))
  return (item) => getters.map((get) => (caseSensitive ? get(item) : withoutCase(get(item))))
}

/** Texts in small letters, other values as they are. */
export function withoutCase(value: Value): Value {
  return textOf(value)?.toLowerCase() ?? value
}
