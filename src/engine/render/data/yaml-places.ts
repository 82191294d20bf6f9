/** Where the values of a YAML text stand in it. */
import type { YamlMapping, YamlNode } from '../../../base/yaml-nodes.ts'

/** Keys of mappings, as texts, and numbers of items in lists. */
export type ValuePath = readonly (string | number)[]

export class YamlPlaces {
  readonly #root: YamlNode | undefined
  readonly #pairs = new WeakMap<YamlMapping, ReadonlyMap<string, readonly [YamlNode, YamlNode]>>()

  constructor(root: YamlNode | undefined) {
    this.#root = root
  }

  /** Offset of the key or item that a path leads to, or of the last one on the way that is there. */
  offsetOf(path: ValuePath): number | undefined {
    let node = this.#root
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
