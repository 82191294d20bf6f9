/** Which states of a run a requisite means, without going through all of them. */
import { compileGlob } from '../../base/glob.ts'
import type { LowChunk, Requisite } from './low-chunk.ts'

type Positions = number[]

/** Numbers are places in the list that the index was made for. */
export class ChunkIndex {
  readonly #chunks: readonly LowChunk[]
  /** Id or name → chunks. */
  readonly #byText = new Map<string, Positions>()
  readonly #bySls = new Map<string, Positions>()
  /** Patterns are few, and many states may have the same one. */
  readonly #found = new Map<string, readonly number[]>()

  constructor(chunks: readonly LowChunk[]) {
    this.#chunks = chunks
    for (const [position, { id, name, sls }] of chunks.entries()) {
      addTo(this.#byText, id, position)
      if (name !== id) addTo(this.#byText, name, position)
      if (sls !== undefined) addTo(this.#bySls, sls, position)
    }
  }

  /** In the order of the list. A text with wildcards also means what is called just so. */
  positions({ state, id }: Pick<Requisite, 'state' | 'id'>): readonly number[] {
    if (!/[*?[]/.test(id)) return this.#called(state, id)
    const key = `${state ?? ''}\0${id}`
    let found = this.#found.get(key)
    if (found === undefined) {
      found = this.#matching(state, id)
      this.#found.set(key, found)
    }
    return found
  }

  chunks(requisite: Pick<Requisite, 'state' | 'id'>): readonly LowChunk[] {
    return this.positions(requisite).flatMap((position) => this.#chunks[position] ?? [])
  }

  #called(state: string | undefined, text: string): readonly number[] {
    if (state === 'sls') return this.#bySls.get(text) ?? []
    const positions = this.#byText.get(text) ?? []
    return state === undefined ? positions : positions.filter((position) => this.#chunks[position]?.state === state)
  }

  #matching(state: string | undefined, pattern: string): readonly number[] {
    const glob = compileGlob(pattern)
    const matches = (text: string): boolean => text === pattern || glob.matches(text)
    return this.#chunks.flatMap((chunk, position) => (isMeant(chunk, state, matches) ? position : []))
  }
}

function isMeant(
  { state: family, id, name, sls }: LowChunk,
  state: string | undefined,
  matches: (text: string) => boolean,
): boolean {
  if (state === 'sls') return sls !== undefined && matches(sls)
  if (state !== undefined && state !== family) return false
  return matches(name) || matches(id)
}

function addTo(lists: Map<string, Positions>, key: string, position: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [position])
  else list.push(position)
}

/** Whether the text of a requisite may mean several states. */
export function isWide({ state, id }: Pick<Requisite, 'state' | 'id'>): boolean {
  return state === 'sls' || /[*?[]/.test(id)
}
