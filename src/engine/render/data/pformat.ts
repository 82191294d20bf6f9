/** Values as Python's `pprint.pformat` lays them out: keys sorted, lines of at most 80 columns where that can be. */
import { compare } from '../values/compare.ts'
import { OrderedDict, PySet } from '../values/dict.ts'
import { NamedTuple, Tuple, type Value } from '../values/kinds.ts'
import { splitLines } from '../values/methods/text-split.ts'
import { repr } from '../values/print.ts'
import { PyError } from '../values/py-error.ts'
import { codePointLength } from '../values/text.ts'
import { typeName } from '../values/type-name.ts'

const width = 80
const deepest = 200

export function pformat(value: Value): string {
  return format(value, { indent: 0, allowance: 0, level: 0 })
}

/** Where a value begins, and how much has to follow it on its last line. */
interface Place {
  readonly indent: number
  readonly allowance: number
  readonly level: number
}

function format(value: Value, place: Place): string {
  if (place.level > deepest) throw new PyError('RecursionError', 'maximum recursion depth exceeded')
  const line = sortedRepr(value, 0)
  if (codePointLength(line) <= width - place.indent - place.allowance) return line
  const { indent, allowance } = place
  const level = place.level + 1
  if (typeof value === 'string') return longText(value, { indent, allowance, level })
  if (value instanceof OrderedDict && value.size > 0) {
    const name = 'OrderedDict('
    const items = Array.from(value, (pair) => new Tuple(pair))
    return `${name}${format(items, { indent: indent + name.length, allowance: allowance + 1, level })})`
  }
  if (value instanceof OrderedDict) return line
  if (value instanceof Map) return `{${pairLines(value, { indent: indent + 1, allowance: allowance + 1, level })}}`
  if (Array.isArray(value)) return `[${itemLines(value, { indent: indent + 1, allowance: allowance + 1, level })}]`
  if (value instanceof PySet && value.size > 0)
    return `{${itemLines(inOrder([...value]), { indent: indent + 1, allowance: allowance + 1, level })}}`
  if (value instanceof Tuple && !(value instanceof NamedTuple)) {
    const end = value.items.length === 1 ? ',)' : ')'
    return `(${itemLines(value.items, { indent: indent + 1, allowance: allowance + end.length, level })}${end}`
  }
  return line
}

function itemLines(items: readonly Value[], { indent, allowance, level }: Place): string {
  const last = items.length - 1
  return items
    .map((item, index) => format(item, { indent, allowance: index === last ? allowance : 1, level }))
    .join(`,\n${' '.repeat(indent)}`)
}

function pairLines(dict: ReadonlyMap<Value, Value>, { indent, allowance, level }: Place): string {
  const keys = inOrder([...dict.keys()])
  const last = keys.length - 1
  return keys
    .map((key, index) => {
      const name = `${sortedRepr(key, 0)}: `
      const inner = { indent: indent + codePointLength(name), allowance: index === last ? allowance : 1, level }
      return name + format(dict.get(key), inner)
    })
    .join(`,\n${' '.repeat(indent)}`)
}

/** By Python's order where there is one, else by the names of the types. */
function inOrder(keys: readonly Value[]): Value[] {
  return keys.toSorted((left, right) => {
    try {
      return compare(left, right)
    } catch (error) {
      if (!(error instanceof PyError && error.type === 'TypeError')) throw error
      const [one, other] = [typeName(left), typeName(right)]
      return one < other ? -1 : one > other ? 1 : 0
    }
  })
}

/** As `repr`, with the keys of plain dictionaries in order. */
function sortedRepr(value: Value, depth: number): string {
  if (depth > deepest) throw new PyError('RecursionError', 'maximum recursion depth exceeded')
  const inner = (item: Value): string => sortedRepr(item, depth + 1)
  if (value instanceof OrderedDict) return repr(value)
  if (value instanceof Map) {
    return `{${inOrder([...value.keys()])
      .map((key) => `${inner(key)}: ${inner(value.get(key))}`)
      .join(', ')}}`
  }
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`
  if (value instanceof Tuple && !(value instanceof NamedTuple))
    return value.items.length === 1 ? `(${inner(value.items[0])},)` : `(${value.items.map(inner).join(', ')})`
  return repr(value)
}

/** A text over several lines, each piece a text of its own. */
function longText(text: string, place: Place): string {
  const isTop = place.level === 1
  const indent = place.indent + (isTop ? 1 : 0)
  const allowance = place.allowance + (isTop ? 1 : 0)
  const kept = splitLines(text, true)
  const chunks = kept.flatMap((line, index) => {
    const isLast = index === kept.length - 1
    const room = width - indent
    const whole = repr(line)
    return codePointLength(whole) <= room - (isLast ? allowance : 0)
      ? [whole]
      : wordChunks(line, room, isLast ? allowance : 0)
  })
  if (chunks.length <= 1) return chunks[0] ?? repr(text)
  const joined = chunks.join(`\n${' '.repeat(indent)}`)
  return isTop ? `(${joined})` : joined
}

function wordChunks(line: string, room: number, allowance: number): string[] {
  const words = line.match(/\S*\s*/g)?.filter((word) => word !== '') ?? []
  const chunks: string[] = []
  let current = ''
  for (const [index, word] of words.entries()) {
    const limit = index === words.length - 1 ? room - allowance : room
    if (current !== '' && codePointLength(repr(current + word)) > limit) {
      chunks.push(repr(current))
      current = word
    } else current += word
  }
  return current === '' ? chunks : [...chunks, repr(current)]
}
