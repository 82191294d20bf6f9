/** Files that include each other, directly or over others: what one of them brings, each of them brings. */

export class IncludeCircles<T> {
  /** Name of a file → the names of those that include it. */
  readonly #includedBy = new Map<string, Set<string>>()
  readonly #includes = new Map<string, Set<string>>()
  /** By the name of any file of the circle. */
  readonly #kept = new Map<string, T>()

  addInclude(from: string, to: string): void {
    add(this.#includes, from, to)
    add(this.#includedBy, to, from)
  }

  /** Keeps what was found for a file whose includes are all known. */
  keep(name: string, found: T): void {
    const below = reached(name, this.#includes)
    for (const other of reached(name, this.#includedBy)) if (below.has(other)) this.#kept.set(other, found)
  }

  /** What was found for the file or for another one of its circle. */
  together(name: string): T | undefined {
    return this.#kept.get(name)
  }
}

function add(edges: Map<string, Set<string>>, from: string, to: string): void {
  const known = edges.get(from)
  if (known === undefined) edges.set(from, new Set([to]))
  else known.add(to)
}

/** The name itself and all that edges lead to. */
function reached(name: string, edges: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> {
  const found = new Set([name])
  for (const one of found) for (const next of edges.get(one) ?? []) found.add(next)
  return found
}
