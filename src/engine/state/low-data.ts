/** High data to calls: one for each name of each state, with requisites and arguments apart. */
import type { RenderedPlace } from '../render/render-sls.ts'
import type { Value } from '../render/values/kinds.ts'
import { toPlain } from '../render/values/plain.ts'
import { bodiesOf, firstEntry, type HighBody, isMapping, statesOf } from './high-data.ts'
import { type LowChunk, type Requisite, type RequisiteKind, requisiteKinds } from './low-chunk.ts'
import { orderNumbers } from './order-numbers.ts'
import { consumedWords } from './requisite-words.ts'
import type { BodyPlaces } from './state-fault.ts'

const kinds: ReadonlySet<string> = new Set(requisiteKinds)

/** What is written about a state, by name; of a name that is there twice the last counts. */
type Written = Map<string, Value>

/** A call that has no number yet. */
interface Draft {
  readonly id: string
  readonly state: string
  readonly fun: string
  readonly written: Written
  readonly body: HighBody
  /** From 1 on, where there are several names. */
  readonly nameNumber: number | undefined
}

/** Sorted by their `order`, as states without requisites are run. */
export function lowChunks(high: ReadonlyMap<Value, Value>, places: BodyPlaces): LowChunk[] {
  const drafts = [...bodiesOf(high)].flatMap(([id, body]) =>
    [...statesOf(body)].flatMap(([state, args]) => draftsOf({ id, state, body }, args)),
  )
  const numbers = orderNumbers(drafts.map(({ written, nameNumber }) => ({ order: written.get('order'), nameNumber })))
  const chunks = drafts.map((draft, index) => chunkOf(draft, numbers[index] ?? 0, places.get(draft.body)))
  return inOrder(chunks)
}

function inOrder(chunks: readonly LowChunk[]): LowChunk[] {
  const keyed = chunks.map((chunk) => ({ chunk, text: `${chunk.state}${chunk.name}${chunk.fun}` }))
  keyed.sort((a, b) => a.chunk.order - b.chunk.order || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
  return keyed.map(({ chunk }) => chunk)
}

function draftsOf({ id, state, body }: { id: string; state: string; body: HighBody }, args: readonly Value[]): Draft[] {
  const written: Written = new Map()
  const names: Value[] = []
  let fun: string | undefined
  for (const arg of args) {
    if (typeof arg === 'string') fun = arg
    if (!isMapping(arg)) continue
    for (const [key, value] of arg) {
      if (key === 'names') {
        for (const name of Array.isArray(value) ? value : []) if (!names.includes(name)) names.push(name)
      } else if (key !== 'state' && typeof key === 'string') written.set(key, value)
    }
  }
  if (fun === undefined) return []
  if (names.length === 0) return [{ id, state, fun, written, body, nameNumber: undefined }]
  return names.map((name, index) => ({
    ...{ id, state, body, fun: fun ?? '' },
    written: withName(written, name),
    nameNumber: index + 1,
  }))
}

/** An entry of `names`: a name, or one with arguments of its own. */
function withName(shared: Written, entry: Value): Written {
  const written: Written = new Map(shared)
  if (!isMapping(entry)) return written.set('name', entry)
  const [name, own] = firstEntry(entry) ?? []
  written.set('name', name)
  for (const more of Array.isArray(own) ? own : [own]) {
    for (const [key, value] of isMapping(more) ? more : []) if (typeof key === 'string') written.set(key, value)
  }
  return written
}

function chunkOf(draft: Draft, order: number, place: RenderedPlace | undefined): LowChunk {
  const { id, state, fun, written, body } = draft
  const name = written.get('name')
  const sls = body.get('__sls__')
  const env = body.get('__env__')
  const requisites: Requisite[] = []
  const args: Record<string, unknown> = {}
  for (const [key, value] of written) {
    if (key === 'name' || key === 'order' || key === 'fun' || consumedWords.has(key)) continue
    if (isKind(key)) requisites.push(...requisitesOf(key, value))
    else args[key] = toPlain(value)
  }
  return {
    ...{ state, fun, id, name: typeof name === 'string' ? name : id },
    sls: typeof sls === 'string' ? sls : undefined,
    env: typeof env === 'string' ? env : 'base',
    ...{ order, requisites, args },
    ...(place === undefined ? {} : { place: { file: place.file, line: place.line } }),
  }
}

export function isKind(key: string): key is RequisiteKind {
  return kinds.has(key)
}

/** `- pkg: x` and `- x`; what has another form was refused before. */
export function requisitesOf(kind: RequisiteKind, items: Value): Requisite[] {
  const listed: readonly Value[] = Array.isArray(items) ? items : [items]
  return listed.flatMap((item) => {
    const [state, id] = isMapping(item) ? (firstEntry(item) ?? []) : ['id', item]
    if (typeof state !== 'string' || typeof id !== 'string') return []
    return [{ kind, state: state === 'id' ? undefined : state, id }]
  })
}
