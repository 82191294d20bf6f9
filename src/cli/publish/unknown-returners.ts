import { didYouMean, nearest } from '../../base/text.ts'
import { returnerNames } from '../../engine/returners/returner-catalogue.ts'
import { insteadOfReturner } from '../../engine/returners/salt-names.ts'
import { returnerRegistry } from '../../plugins/registry.ts'

/** A word of warning and no more: the minions may have another version than this host. */
export async function tellUnknownReturners(names: string): Promise<void> {
  const known = Object.keys(returnerRegistry)
  for (const name of returnerNames(names)) {
    if (known.includes(name)) continue
    const instead = insteadOfReturner(name)
    const more = instead === undefined ? didYouMean(nearest(name, known)) : ` ${instead}`
    process.stderr.write(`There is no returner '${name}' in this version.${more}\n`)
  }
}
