/** Whether a top file has the form it must have, in Salt's sentences. */

import { isTrue } from '../render/values/iterate.ts'
import type { Value } from '../render/values/kinds.ts'
import { repr, str } from '../render/values/print.ts'
import { isMapping } from './high-data.ts'

/** Environment → target → names of SLS files and options. */
export type TopEnvironments = ReadonlyMap<string, ReadonlyMap<string, readonly Value[]>>

/** Told with the keys that lead to what it is about. */
type Report = (sentence: string, path: readonly Value[]) => void

export function verifyTop(top: ReadonlyMap<Value, Value>, report: Report): TopEnvironments {
  const environments = new Map<string, Map<string, readonly Value[]>>()
  for (const [saltenv, section] of top) {
    const name = str(saltenv)
    if (typeof saltenv !== 'string') report(`Environment ${name} in top file is not formed as a string`, [saltenv])
    if (saltenv === '') report('Empty saltenv statement in top file', [saltenv])
    if (section === null) report('Unable to render top file. No targets found.', [saltenv])
    else if (!isMapping(section)) {
      report(`The top file matches for saltenv ${name} are not formatted as a dict`, [saltenv])
    } else environments.set(name, readSection(saltenv, section, report))
  }
  return environments
}

function readSection(
  saltenv: Value,
  section: ReadonlyMap<Value, Value>,
  report: Report,
): Map<string, readonly Value[]> {
  const targets = new Map<string, readonly Value[]>()
  for (const [tgt, names] of section) {
    const path = [saltenv, tgt]
    if (!Array.isArray(names)) {
      report('Malformed topfile (state declarations not formed as a list)', path)
      continue
    }
    targets.set(str(tgt), names)
    for (const name of names) {
      if (isMapping(name)) {
        for (const value of name.values()) {
          if (isTrue(value)) continue
          report(`Improperly formatted top file matcher in saltenv ${repr(name)}: ${str(value)} file`, path)
        }
      } else if (name === '') report(`Environment ${str(saltenv)} contains an empty sls index`, path)
    }
  }
  return targets
}
