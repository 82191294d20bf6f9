import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../../base/narrow.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import { pluginName } from '../../engine/functions/plugin-files.ts'
import { returnerNames } from '../../engine/returners/returner-catalogue.ts'
import { insteadOfReturner } from '../../engine/returners/salt-names.ts'
import { returnerRegistry } from '../../plugins/registry.ts'

/** A word of warning and no more: the minions may have another version than this host, or returners of their own. */
export async function tellUnknownReturners(names: string, fileRoots: unknown): Promise<void> {
  const known = Object.keys(returnerRegistry)
  const unknown = returnerNames(names).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  const own = await servedReturners(fileRoots)
  for (const name of unknown.filter((one) => !own.includes(one))) {
    const instead = insteadOfReturner(name)
    const more = instead === undefined ? didYouMean(nearest(name, known)) : ` ${instead}`
    process.stderr.write(`There is no returner '${name}' in this version.${more}\n`)
  }
}

/** Those that the file roots have for minions, by the names of their files. */
async function servedReturners(fileRoots: unknown): Promise<readonly string[]> {
  const folders = Object.values(isRecord(fileRoots) ? fileRoots : {})
    .flat()
    .map((root) => join(String(root), '_returners'))
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))
  return files.flat().map(pluginName)
}
