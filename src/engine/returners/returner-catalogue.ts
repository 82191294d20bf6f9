/** Returners by name. */
import { SaltError } from '../../base/errors.ts'
import { didYouMean, editDistance, nearest } from '../../base/text.ts'
import type { Delivery, ReturnerDefinition, ReturnerRegistry } from '../returner.ts'
import { insteadOfReturner } from './salt-names.ts'

/** Throws `bad-arguments` with the nearest names; `where` is the place that names it. */
export async function loadReturner(
  registry: ReturnerRegistry,
  name: string,
  where?: string,
): Promise<ReturnerDefinition> {
  const load = Object.hasOwn(registry, name) ? registry[name] : undefined
  if (load !== undefined) return await load()
  const known = Object.keys(registry)
  const list = `There are ${known.join(', ')}; one of your own comes by saltutil.sync_returners, or lies in a folder that module_dirs names.`
  const instead = insteadOfReturner(name)
  const near = instead === undefined ? didYouMean(nearest(name, known)) : ''
  throw new SaltError(
    where === undefined ? 'bad-arguments' : 'configuration',
    `there is no returner '${name}'.${near}`,
    { hint: instead === undefined ? list : `${instead} ${list}`, ...(where === undefined ? {} : { where }) },
  )
}

/** Whether it may be one of the user's own that has yet to be synced: its name is like none that this program or Salt has. */
export function mayComeLater(registry: ReturnerRegistry, name: string): boolean {
  if (Object.hasOwn(registry, name) || insteadOfReturner(name) !== undefined) return false
  const typos = Math.max(1, Math.floor(name.length / 3))
  return Object.keys(registry).every((known) => editDistance(name, known, typos) > typos)
}

const kindWords: Readonly<Record<Delivery['kind'], string>> = {
  return: 'returns of jobs',
  event: 'events',
  job: 'jobs with their targets',
}

/** Throws where the returner cannot write what it would be given. */
export function assertTakes(definition: ReturnerDefinition, kinds: readonly Delivery['kind'][], where?: string): void {
  const missing = kinds.filter((kind) => !definition.takes.includes(kind))
  if (missing.length === 0) return
  throw new SaltError(
    where === undefined ? 'bad-arguments' : 'configuration',
    `the returner ${definition.name} takes no ${missing.map((kind) => kindWords[kind]).join(' and no ')}`,
    where === undefined ? {} : { where },
  )
}

/** `a, b,,a` as a command line or a configuration has it: each name once. */
export function returnerNames(value: string | readonly string[]): readonly string[] {
  const words = typeof value === 'string' ? value.split(',') : value
  return [...new Set(words.map((word) => word.trim()).filter((word) => word !== ''))]
}
