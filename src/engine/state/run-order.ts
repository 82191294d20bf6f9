/** The order in which states are run: by their numbers, but each behind all that it depends on. */
import { pythonRepr } from '../../base/python-repr.ts'
import { ChunkIndex, isWide } from './chunk-index.ts'
import type { LowChunk, RequisiteKind } from './low-chunk.ts'

export interface RunOrder {
  readonly chunks: readonly LowChunk[]
  /** States that wait for each other. */
  readonly cycles: readonly RequisiteCycle[]
}

export interface RequisiteCycle {
  /** Salt's */
  readonly sentence: string
  /** Each depends on the next one, the last on the first. */
  readonly chunks: readonly LowChunk[]
}

/** In the order in which Salt goes through the requisites of a state. `listen` says nothing about the order. */
const orderingKinds: readonly RequisiteKind[] = [
  ...(['require', 'require_any', 'watch', 'watch_any', 'onfail', 'onfail_any', 'onfail_all'] as const),
  ...(['onchanges', 'onchanges_any'] as const),
]

/** @param chunks Sorted by their numbers. */
export function runOrder(chunks: readonly LowChunk[]): RunOrder {
  const dependencies = new Dependencies(chunks)
  const ideal = walk(chunks.length, (position) => dependencies.ofForeseeing(position))
  // What a state foresees of the one that it precedes is only better known by then: it must not make a circle.
  const { order, circles } = ideal.circles.length === 0 ? ideal : walk(chunks.length, (at) => dependencies.of(at))
  const chunksAt = (positions: readonly number[]): LowChunk[] => positions.flatMap((at) => chunks[at] ?? [])
  return {
    chunks: chunksAt(order),
    cycles: circles.map((circle) => {
      const members = chunksAt(circle)
      return { chunks: members, sentence: sentenceOf(members) }
    }),
  }
}

class Dependencies {
  readonly #chunks: readonly LowChunk[]
  readonly #index: ChunkIndex
  /** State that others precede (`prereq`) → those. */
  readonly #preceding = new Map<number, number[]>()

  constructor(chunks: readonly LowChunk[]) {
    this.#chunks = chunks
    this.#index = new ChunkIndex(chunks)
    for (const position of chunks.keys()) {
      for (const target of this.#targets(position, 'prereq')) {
        const preceding = this.#preceding.get(target)
        if (preceding === undefined) this.#preceding.set(target, [position])
        else preceding.push(position)
      }
    }
  }

  of(position: number): readonly number[] {
    const preceding = this.#preceding.get(position)
    const required = this.#required(position)
    return preceding === undefined ? required : [...required, ...preceding]
  }

  /** Besides, what the states depend on that it precedes: they are planned before it. */
  ofForeseeing(position: number): readonly number[] {
    const targets = this.#targets(position, 'prereq')
    if (targets.length === 0) return this.of(position)
    const foreseen = targets.flatMap((target) => this.#required(target))
    return [...this.#required(position), ...foreseen, ...(this.#preceding.get(position) ?? [])]
  }

  #required(position: number): readonly number[] {
    const requisites = this.#chunks[position]?.requisites ?? []
    return requisites.length === 0 ? [] : orderingKinds.flatMap((kind) => this.#targets(position, kind))
  }

  #targets(position: number, kind: RequisiteKind): readonly number[] {
    return (this.#chunks[position]?.requisites ?? []).flatMap((requisite) => {
      if (requisite.kind !== kind) return []
      const targets = this.#index.positions(requisite)
      return isWide(requisite) ? targets.filter((target) => target !== position) : targets
    })
  }
}

interface Walk {
  readonly order: readonly number[]
  readonly circles: readonly (readonly number[])[]
}

/** Depth first, without recursion: chains of requisites may be as long as one likes. */
function walk(count: number, dependenciesOf: (position: number) => readonly number[]): Walk {
  const order: number[] = []
  const circles: number[][] = []
  const states = new Uint8Array(count)
  const [waiting, finished] = [1, 2]
  for (let start = 0; start < count; start++) {
    if (states[start] !== 0) continue
    states[start] = waiting
    const path = [{ position: start, dependencies: dependenciesOf(start), next: 0 }]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const dependency = top.dependencies[top.next++]
      if (dependency === undefined) {
        states[top.position] = finished
        order.push(top.position)
        path.pop()
      } else if (states[dependency] === waiting) {
        const from = path.findIndex(({ position }) => position === dependency)
        circles.push(path.slice(from).map(({ position }) => position))
      } else if (states[dependency] === 0) {
        states[dependency] = waiting
        path.push({ position: dependency, dependencies: dependenciesOf(dependency), next: 0 })
      }
    }
  }
  return { order, circles }
}

function sentenceOf(members: readonly LowChunk[]): string {
  const [first] = members
  const last = members.at(-1)
  if (first === undefined || last === undefined) return ''
  if (members.length > 1) {
    return `A recursive requisite was found, SLS "${last.sls ?? ''}" ID "${last.id}" ID "${first.id}"`
  }
  const itself = first.requisites.find(
    ({ state, id }) => (state === undefined || state === first.state) && (id === first.id || id === first.name),
  )
  const shown =
    itself === undefined ? '' : pythonRepr(itself.state === undefined ? itself.id : { [itself.state]: itself.id })
  return `Recursive require detected in SLS ${first.sls ?? ''} for require ${shown} in ID ${first.id}`
}
