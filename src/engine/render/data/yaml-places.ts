/** Where the values of a YAML text stand in it. */
import type { YamlMapping, YamlNode } from '../../../base/yaml-nodes.ts'
import type { ReadYaml } from '../../../base/yaml-read.ts'

/** Keys of mappings, as texts, and numbers of items in lists. */
export type ValuePath = readonly (string | number)[]

export class YamlPlaces {
  readonly #read: ReadYaml
  readonly #pairs = new WeakMap<YamlMapping, ReadonlyMap<string, readonly [YamlNode, YamlNode]>>()

  constructor(read: ReadYaml) {
    this.#read = read
  }

  /** Offset of the key or item that a path leads to, or of the last one on the way that is there. */
  offsetOf(path: ValuePath): number | undefined {
    const [first] = path
    const known = path.length === 1 && typeof first === 'string' ? this.#read.startOf(first) : undefined
    if (known !== undefined) return known
    let node = this.#read.node()
    let offset = node?.start
    for (const step of path) {
      if (node === undefined) break
      if (node.kind === 'sequence' && typeof step === 'number') {
        node = node.items[step]
        offset = node?.start ?? offset
      } else if (node.kind === 'mapping') {
        const pair: readonly [YamlNode, YamlNode] | undefined = this.#pairsOf(node).get(String(step))
        offset = pair?.[0].start ?? offset
        node = pair?.[1]
      } else break
    }
    return offset
  }

  #pairsOf(mapping: YamlMapping): ReadonlyMap<string, readonly [YamlNode, YamlNode]> {
    let pairs = this.#pairs.get(mapping)
    if (pairs === undefined) {
      pairs = new Map(mapping.pairs.map((pair) => [pair[0].kind === 'scalar' ? pair[0].text : '', pair]))
      this.#pairs.set(mapping, pairs)
    }
    return pairs
  }
}
