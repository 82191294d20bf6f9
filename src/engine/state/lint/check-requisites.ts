/** Requisites of one file against all states that are applied with it. */
import type { ValuePath } from '../../render/data/yaml-places.ts'
import type { Value } from '../../render/values/kinds.ts'
import type { ChunkIndex } from '../compile/chunk-index.ts'
import type { DeclaredFile } from '../compile/gather.ts'
import { bodiesOf, firstEntry, isMapping, statesOf } from '../compile/high-data.ts'
import { reversedWords } from '../compile/requisite-words.ts'
import { statePath } from './state-path.ts'

export interface NamedState {
  /** `require`, `use_in` … */
  readonly word: string
  /** Undefined where only the id was given. */
  readonly state: string | undefined
  readonly id: string
  readonly path: ValuePath
}

const words: ReadonlySet<string> = new Set([
  ...['require', 'require_any', 'watch', 'watch_any', 'prereq', 'onchanges', 'onchanges_any'],
  ...['onfail', 'onfail_any', 'onfail_all', 'listen', 'use', 'use_in'],
  ...reversedWords.keys(),
])

/** All that states of a file name in their requisites. */
function* namedStates(file: DeclaredFile): Iterable<NamedState> {
  for (const [id, body] of bodiesOf(file.declarations.high)) {
    for (const [state, args] of statesOf(body)) {
      const fun = args.find((arg) => typeof arg === 'string')
      const path = statePath(file, id, state, typeof fun === 'string' ? fun : '')
      for (const [index, arg] of args.entries()) {
        if (!isMapping(arg)) continue
        const [word, items] = firstEntry(arg) ?? []
        if (typeof word === 'string' && words.has(word)) yield* itemsOf(word, items, [...path, index, word])
      }
    }
  }
}

function* itemsOf(word: string, items: Value, path: ValuePath): Iterable<NamedState> {
  const listed: readonly Value[] = Array.isArray(items) ? items : [items]
  for (const [index, item] of listed.entries()) {
    const [state, id] = isMapping(item) ? (firstEntry(item) ?? []) : ['id', item]
    if (typeof state !== 'string' || typeof id !== 'string') continue
    yield { word, state: state === 'id' ? undefined : state, id, path: [...path, index] }
  }
}

/** Those that no state of the index is meant by. */
export function missingStates(file: DeclaredFile, index: ChunkIndex): NamedState[] {
  return [...namedStates(file)].filter((named) => index.positions(named).length === 0)
}
