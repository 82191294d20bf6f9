/** Whether a function or state is here, and what to write where it is not. */
import { compareText, nearest } from '../../base/text.ts'
import type { FunctionDoc } from '../catalogue.ts'
import type { FindingKind } from './finding.ts'
import { substituteOf } from './left-out-modules.ts'
import { anyInstead } from './substitutes.ts'

export interface Missing {
  readonly what: string
  readonly instead: string
}

type NamedKind = Extract<FindingKind, 'state' | 'function' | 'runner' | 'wheel'>

const rewrite = 'write the plugin in TypeScript, or put a description (NAME.json) beside it and make it a program'

const nouns: Readonly<Record<NamedKind, string>> = {
  state: 'state',
  function: 'function',
  runner: 'runner',
  wheel: 'wheel function',
}

/**
 * Undefined where it is here.
 *
 * @param own modules that the tree brings itself in a form that can be loaded
 * @param python those that it brings in Python
 */
export function missingName(
  kind: NamedKind,
  name: string,
  known: ReadonlyMap<string, FunctionDoc>,
  own: ReadonlySet<string>,
  python: ReadonlySet<string> = new Set(),
): Missing | undefined {
  const [module = ''] = name.split('.')
  if (known.has(name) || own.has(module)) return undefined
  const noun = nouns[kind]
  const ofModule = [...known.keys()].filter((other) => other.startsWith(`${module}.`))
  if (python.has(module) && ofModule.length === 0) {
    return { what: `the ${noun} ${name} is one of a Python plugin of this tree`, instead: rewrite }
  }
  const what = `the ${noun} ${name} is not here`
  if (ofModule.length > 0) {
    const [best] = nearest(name, ofModule)
    const names = ofModule.map((other) => other.slice(module.length + 1)).sort(compareText)
    return { what, instead: best ?? `one of ${module}: ${names.join(', ')}` }
  }
  const substitute = substituteOf(module)
  if (substitute !== undefined) return { what, instead: substitute.instead }
  const [best] = nearest(name, [...known.keys()])
  return {
    what,
    instead: best === undefined ? anyInstead[kind] : `did you mean ${best}? Otherwise ${anyInstead[kind]}`,
  }
}
