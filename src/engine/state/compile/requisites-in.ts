/** What states say of others: `require_in` and its likes, turned around, and `use`, which copies arguments. */
import type { Dict } from '../../render/values/dict.ts'
import type { Value } from '../../render/values/kinds.ts'
import { briefRepr } from './brief-repr.ts'
import { extendArguments, notThere } from './extend.ts'
import {
  argument,
  argumentName,
  bodiesOf,
  firstEntry,
  type HighBody,
  isMapping,
  type StateKey,
  slsOf,
  statesOf,
} from './high-data.ts'
import { NameIndex } from './name-index.ts'
import { consumedWords, requisiteWords, reversedWords } from './requisite-words.ts'

export interface ReversedRequisites {
  readonly high: Dict
  /** `disabled_requisites` */
  readonly disabled: ReadonlySet<string>
  /** A sentence of Salt's, with the body that it is about. */
  report(sentence: string, body: HighBody): void
  /** The same, where a state means another one that is not there. */
  reportMissing(sentence: string, body: HighBody): void
  warn(sentence: string, body: HighBody): void
}

/** A state that says something of others. */
interface Speaker extends StateKey {
  readonly body: HighBody
  readonly args: readonly Value[]
}

/** Arguments that a state gets from others: nothing is changed before all of them are known. */
type Additions = { readonly target: StateKey; readonly args: readonly Value[]; readonly from: Speaker }[]

/** Changes the high data. */
export function turnRequisitesAround(request: ReversedRequisites): void {
  const { high, disabled } = request
  const additions: Additions = []
  let made: NameIndex | undefined
  for (const [id, body] of bodiesOf(high)) {
    for (const [state, args] of statesOf(body)) {
      const speaker: Speaker = { id, state, body, args }
      for (const arg of args) {
        const [word, items] = isMapping(arg) ? (firstEntry(arg) ?? []) : []
        if (typeof word !== 'string' || !consumedWords.has(word) || disabled.has(word)) continue
        made ??= new NameIndex(high)
        const index = made
        if (word === 'use' || word === 'use_in') additions.push(...copies(request, index, speaker, word, items))
        const reversed = reversedWords.get(word)
        if (reversed === undefined) continue
        for (const target of targetsOf(request, index, speaker, word, items)) {
          additions.push({ target, args: [argument(reversed, [argument(state, id)])], from: speaker })
        }
      }
    }
  }
  if (made !== undefined) for (const addition of additions) add(request, made, addition)
}

function add(
  { high, reportMissing }: ReversedRequisites,
  index: NameIndex,
  { target, args, from }: Additions[number],
): void {
  const found = high.get(target.id)
  if (isMapping(found)) {
    const known = found.get(target.state)
    if (Array.isArray(known)) {
      extendArguments(known, args)
      return
    }
  }
  const [only, ...others] = index.find(target)
  const body = only === undefined || others.length > 0 ? undefined : high.get(only.id)
  const known = isMapping(body) ? body.get(target.state) : undefined
  if (Array.isArray(known)) extendArguments(known, args)
  else reportMissing(notThere(target.id, from.body), from.body)
}

/** The states that the items of a word mean. */
function targetsOf(
  request: ReversedRequisites,
  index: NameIndex,
  speaker: Speaker,
  word: string,
  items: Value,
): StateKey[] {
  const listed: readonly Value[] = Array.isArray(items) ? items : isMapping(items) ? singles(items) : [items]
  return listed.flatMap((item) => {
    if (typeof item === 'string') return index.findAny(item) ?? unknownTarget(request, speaker, word, item)
    const [state, id] = isMapping(item) ? (firstEntry(item) ?? []) : []
    if (typeof state !== 'string' || typeof id !== 'string') {
      const sentence = `Requisite declaration ${briefRepr(item)} in SLS ${slsOf(speaker.body)} is not formed as a single key dictionary`
      request.report(sentence, speaker.body)
      return []
    }
    if (state === 'sls') return [...index.inSls(id)]
    if (state === 'id') return index.findAny(id) ?? unknownTarget(request, speaker, word, id)
    if (!state.includes('.')) return [{ state, id }]
    request.report(withoutDots(word, { state, id }, speaker), speaker.body)
    return []
  })
}

function singles(items: ReadonlyMap<Value, Value>): Value[] {
  return Array.from(items, ([state, id]) => new Map([[state, id]]))
}

/** Salt passes over it without a word, so that trees may have it. */
function unknownTarget({ warn }: ReversedRequisites, { id, body }: Speaker, word: string, name: string): StateKey[] {
  warn(`The ${word} of ID '${id}' in SLS '${slsOf(body)}' names '${name}', which no state is called`, body)
  return []
}

function withoutDots(word: string, { state, id }: StateKey, { body }: Speaker): string {
  const [kind] = word.split('_')
  const [family] = state.split('.')
  return `Invalid requisite in ${kind}: ${state} for ${id}, in SLS '${slsOf(body)}'. Requisites must not contain dots, did you mean '${family}'?`
}

/** What `use` brings to this state, and `use_in` to others: arguments that are not set there, and neither names nor requisites. */
function copies(
  request: ReversedRequisites,
  index: NameIndex,
  speaker: Speaker,
  word: 'use' | 'use_in',
  items: Value,
): Additions {
  const { high } = request
  const others = targetsOf(request, index, speaker, word, items).flatMap((target) => index.find(target))
  return others.flatMap((other) => {
    const body = high.get(other.id)
    const args = isMapping(body) ? body.get(other.state) : undefined
    if (!Array.isArray(args)) return []
    const [from, to] = word === 'use' ? [args, speaker.args] : [speaker.args, args]
    const known = new Set(to.map(argumentName))
    const copied = from.filter((arg) => {
      const name = argumentName(arg)
      return name !== undefined && !known.has(name) && !isOwn(name)
    })
    return copied.length === 0 ? [] : [{ target: word === 'use' ? speaker : other, args: copied, from: speaker }]
  })
}

function isOwn(name: string): boolean {
  return name === 'name' || name === 'names' || name === 'use_in' || requisiteWords.has(name) || reversedWords.has(name)
}
