/** Named groups of minions from the master's `nodegroups`. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { didYouMean, nearest, quoted } from '../../base/text.ts'

const operators = new Set(['and', 'or', 'not', '(', ')'])
const atomWithEngine = /^[A-Z]@/
const regexCharacter = /[([{\\?}\])]/

/**
 * The compound words that a group stands for. A group of plain names is a list of ids (`a b` is not "a and b"); names with
 * characters of a regular expression are one. Throws `bad-target` for an unknown or malformed group.
 */
export function nodegroupWords(name: string, nodegroups: unknown): string[] {
  const groups = isRecord(nodegroups) ? nodegroups : {}
  const definition = Object.hasOwn(groups, name) ? groups[name] : undefined
  if (definition === undefined) {
    const near = didYouMean(nearest(name, Object.keys(groups)))
    throw new SaltError('bad-target', `there is no nodegroup ${quoted(name)}`, {
      hint: `${near} Groups are named under nodegroups: in the configuration of the master.`.trimStart(),
    })
  }
  const words = definitionWords(name, definition)
  const plain = words.every((word) => !operators.has(word) && !atomWithEngine.test(word) && !word.includes('*'))
  if (!plain || words.length === 0) return words
  return [`${words.some((word) => regexCharacter.test(word)) ? 'E' : 'L'}@${words.join(',')}`]
}

function definitionWords(name: string, definition: unknown): string[] {
  if (typeof definition === 'string') return definition.split(/\s+/).filter((word) => word !== '')
  if (Array.isArray(definition)) return definition.map(String)
  throw new SaltError('bad-target', `the nodegroup ${quoted(name)} is neither text nor a list`)
}
