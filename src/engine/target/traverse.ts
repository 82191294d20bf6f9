/** Looking into nested grains and pillar by a path such as `a:b:0`. */
import { isRecord } from '../../base/narrow.ts'

/**
 * The value under a path, or undefined. In a list a number is an index (negative from the end), and a name looks into the first
 * mapping of the list that has it (Salt's `traverse_dict_and_list`).
 */
export function traverse(data: unknown, path: string, delimiter = ':'): unknown {
  let current = data
  for (const name of path.split(delimiter)) {
    current = Array.isArray(current) ? fromList(current, name) : fromMapping(current, name)
    if (current === undefined) return undefined
  }
  return current
}

function fromMapping(data: unknown, name: string): unknown {
  if (data instanceof Map) return data.get(name)
  return isRecord(data) && Object.hasOwn(data, name) ? data[name] : undefined
}

function fromList(list: readonly unknown[], name: string): unknown {
  if (/^\s*[-+]?\d+\s*$/.test(name)) return list.at(Number(name))
  for (const item of list) {
    const found = fromMapping(item, name)
    if (found !== undefined) return found
  }
  return undefined
}
