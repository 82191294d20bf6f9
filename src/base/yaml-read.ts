/** From a YAML text to what its nodes are made into. */
import { YamlFault } from './yaml-fault.ts'
import { composeYaml, type YamlNode } from './yaml-nodes.ts'
import { composePlainYaml } from './yaml-quick.ts'

/**
 * What `construct` makes of the node of the only document, or of undefined for an empty text. Throws `YamlFault`.
 *
 * A fault is told by the reader that follows libyaml, which reads the text again: `construct` may be called twice.
 */
export function readYaml<Result>(source: string, construct: (node: YamlNode | undefined) => Result): Result {
  const quick = composePlainYaml(source)
  if (quick === undefined) return construct(composeYaml(source))
  try {
    return construct(quick === 'empty' ? undefined : quick)
  } catch (error) {
    if (error instanceof YamlFault) return construct(composeYaml(source))
    throw error
  }
}
