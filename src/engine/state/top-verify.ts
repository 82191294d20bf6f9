/** Whether a top file has the form it must have, in Salt's sentences. */

import { isTrue } from '../render/values/iterate.ts'
import type { Value } from '../render/values/kinds.ts'
import { repr, str } from '../render/values/print.ts'
import { isMapping } from './high-data.ts'

/** Environment → target → names of SLS files and options. */
export type TopEnvironments = ReadonlyMap<string, ReadonlyMap<string, readonly Value[]>>

export function verifyTop(top: ReadonlyMap<Value, Value>): {
  readonly environments: TopEnvironments
  readonly errors: readonly string[]
} {
  const environments = new Map<string, Map<string, readonly Value[]>>()
  const errors: string[] = []
  for (const [saltenv, section] of top) {
    if (typeof saltenv !== 'string') errors.push(`Environment ${str(saltenv)} in top file is not formed as a string`)
    if (saltenv === '') errors.push('Empty saltenv statement in top file')
    const name = str(saltenv)
    if (section === null) errors.push('Unable to render top file. No targets found.')
    else if (!isMapping(section)) errors.push(`The top file matches for saltenv ${name} are not formatted as a dict`)
    else environments.set(name, readSection(name, section, errors))
  }
  return { environments, errors }
}

function readSection(
  saltenv: string,
  section: ReadonlyMap<Value, Value>,
  errors: string[],
): Map<string, readonly Value[]> {
  const targets = new Map<string, readonly Value[]>()
  for (const [tgt, names] of section) {
    if (!Array.isArray(names)) {
      errors.push('Malformed topfile (state declarations not formed as a list)')
      continue
    }
    targets.set(str(tgt), names)
    for (const name of names) {
      if (isMapping(name)) {
        for (const value of name.values()) {
          if (isTrue(value)) continue
          errors.push(`Improperly formatted top file matcher in saltenv ${repr(name)}: ${str(value)} file`)
        }
      } else if (name === '') errors.push(`Environment ${saltenv} contains an empty sls index`)
    }
  }
  return targets
}
