/** Which states of a run a requisite means. */
import { compileGlob } from '../../../base/glob.ts'
import { type LowChunk, type Requisite, type RequisiteKind, requisiteKinds, type SourcePlace } from '../low-chunk.ts'

/** `prerequired`: this state is the target of the other one's `prereq`, which therefore comes first. */
export type BondKind = RequisiteKind | 'prerequired'

export interface Bond {
  readonly kind: BondKind
  readonly chunk: LowChunk
}

export interface Bonds {
  /** In the order in which Salt looks at the kinds; `listen` is not among them: it waits for the end of the run. */
  readonly needed: readonly Bond[]
  /** Requisites that mean no state of the run. */
  readonly missing: readonly Requisite[]
}

export class RequisiteIndex {
  readonly #chunks: readonly LowChunk[]
  readonly #byName = new Map<string, LowChunk[]>()
  readonly #bySls = new Map<string, LowChunk[]>()
  /** Answers to requisites, of which a file often has many that are alike. */
  readonly #found = new Map<string, readonly LowChunk[]>()
  /** Target of a `prereq` → those that have it. */
  readonly #prerequired = new Map<LowChunk, LowChunk[]>()

  constructor(chunks: readonly LowChunk[]) {
    this.#chunks = chunks
    for (const chunk of chunks) {
      add(this.#byName, chunk.id, chunk)
      if (chunk.name !== chunk.id) add(this.#byName, chunk.name, chunk)
      if (chunk.sls !== undefined) add(this.#bySls, chunk.sls, chunk)
    }
    for (const chunk of chunks) {
      for (const requisite of chunk.requisites) {
        if (requisite.kind !== 'prereq') continue
        for (const target of this.find(requisite)) add(this.#prerequired, target, chunk)
      }
    }
  }

  /** In the order of the run. */
  find({ state, id }: Pick<Requisite, 'state' | 'id'>): readonly LowChunk[] {
    const key = `${state ?? ''}\0${id}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const found = state === 'sls' ? this.#ofSls(id) : this.#named(state, id)
    this.#found.set(key, found)
    return found
  }

  bondsOf(chunk: LowChunk): Bonds {
    const { requisites } = chunk
    const isTarget = this.#prerequired.size > 0 && this.#prerequired.has(chunk)
    if (requisites.length === 0 && !isTarget) return noBonds
    const needed: Bond[] = []
    const missing: Requisite[] = []
    for (const kind of requisiteKinds) {
      if (kind === 'listen') continue
      for (const requisite of requisites) {
        if (requisite.kind !== kind) continue
        const found = this.find(requisite)
        if (found.length === 0) missing.push(requisite)
        for (const other of found) needed.push({ kind, chunk: other })
      }
    }
    for (const other of this.#prerequired.get(chunk) ?? []) needed.push({ kind: 'prerequired', chunk: other })
    return { needed, missing }
  }

  #ofSls(pattern: string): readonly LowChunk[] {
    const glob = compileGlob(pattern)
    if (!glob.hasWildcard) return this.#bySls.get(pattern) ?? []
    return this.#chunks.filter(({ sls }) => sls !== undefined && glob.matches(sls))
  }

  #named(state: string | undefined, pattern: string): readonly LowChunk[] {
    const glob = compileGlob(pattern)
    const named = glob.hasWildcard
      ? this.#chunks.filter(({ id, name }) => glob.matches(id) || glob.matches(name))
      : (this.#byName.get(pattern) ?? [])
    return state === undefined || state === 'id' ? named : named.filter((chunk) => chunk.state === state)
  }
}

const noBonds: Bonds = { needed: [], missing: [] }

function add<Key>(map: Map<Key, LowChunk[]>, key: Key, chunk: LowChunk): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [chunk])
  else if (!known.includes(chunk)) known.push(chunk)
}

/** Salt's text, with its indentation, for requisites that mean nothing. */
export function missingComment(missing: readonly Requisite[], place?: SourcePlace): string {
  let text = 'The following requisites were not found:\n'
  for (const kind of requisiteKinds) {
    const ofKind = missing.filter((requisite) => requisite.kind === kind)
    if (ofKind.length === 0) continue
    text += `${' '.repeat(19)}${kind}:\n`
    for (const { state = 'id', id } of ofKind) text += `${' '.repeat(23)}${state}: ${id}\n`
  }
  return place === undefined ? text : `${text}  at ${place.file}:${place.line}\n`
}
