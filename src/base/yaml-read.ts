/** From a YAML text to values, by the quickest way that there is for it. */
import { constructYaml, type YamlModel } from './yaml-construct.ts'
import { composeYaml, type YamlNode } from './yaml-nodes.ts'
import { readPlainYaml } from './yaml-quick.ts'

export interface ReadYaml {
  /** Null for an empty text. */
  readonly value: unknown
  /** The nodes of the values, which know where they stand; undefined for an empty text. They may have to be read first. */
  node(): YamlNode | undefined
  /** Offset of a key of the outermost mapping, where that is known without nodes. */
  startOf(key: string): number | undefined
}

/** Of the only document of a text. Throws `YamlFault`. */
export function readYaml<M extends object, S extends object>(source: string, model: YamlModel<M, S>): ReadYaml {
  const quick = readPlainYaml(source, model)
  if (quick !== undefined) {
    let node: YamlNode | undefined
    return {
      value: quick.value,
      node: () => {
        node ??= composeYaml(source)
        return node
      },
      startOf: (key) => quick.starts.get(key),
    }
  }
  const node = composeYaml(source)
  return {
    value: node === undefined ? null : constructYaml(node, model),
    node: () => node,
    startOf: () => undefined,
  }
}
