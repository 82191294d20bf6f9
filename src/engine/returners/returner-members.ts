import { SaltError } from '../../base/errors.ts'
import type { ReturnerRegistry } from '../returner.ts'
import { loadReturner, returnerNames } from './returner-catalogue.ts'
import { type OptionSource, type ReturnerRequest, returnerOptions } from './returner-options.ts'

/**
 * The returner itself, or those that it stands for, each once. Throws `bad-arguments` and `configuration`; also for one that
 * stands for itself.
 */
export async function expandReturner(
  registry: ReturnerRegistry,
  request: ReturnerRequest,
  source: OptionSource,
): Promise<readonly ReturnerRequest[]> {
  const found = await expand(registry, request, source, [])
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index)
}

async function expand(
  registry: ReturnerRegistry,
  request: ReturnerRequest,
  source: OptionSource,
  around: readonly string[],
): Promise<readonly ReturnerRequest[]> {
  const { name, profile } = request
  const definition = await loadReturner(registry, name)
  if (definition.members === undefined) return [request]
  if (around.includes(name)) throw new SaltError('configuration', `the returner ${name} stands for itself`)
  const options = returnerOptions(definition, request, source)
  const members = returnerNames(definition.members(options as never))
  const more = profile === undefined ? {} : { profile }
  const all = members.map((member) => expand(registry, { name: member, ...more }, source, [...around, name]))
  return (await Promise.all(all)).flat()
}
