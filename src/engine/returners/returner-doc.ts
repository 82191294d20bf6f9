/** Returners as `sys` tells of them: with the names of Salt's functions for what each takes. */
import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import type { FunctionDoc } from '../plugin.ts'
import type { Delivery, ReturnerDefinition, ReturnerRegistry } from '../returner.ts'

const functionNames: Readonly<Record<Delivery['kind'], string>> = {
  return: 'returner',
  event: 'event_return',
  job: 'save_load',
}

/** Full names, as `redis.returner`. */
export function returnerFunctions({ name, takes }: ReturnerDefinition): readonly string[] {
  return takes.map((kind) => `${name}.${functionNames[kind]}`).sort(compareText)
}

/** All of a registry in the order of their names. */
export async function allReturners(registry: ReturnerRegistry): Promise<readonly ReturnerDefinition[]> {
  const names = Object.keys(registry).sort(compareText)
  const definitions = await Promise.all(names.map((name) => registry[name]?.()))
  return definitions.filter((definition) => definition !== undefined)
}

/** Its options in place of arguments. */
export function returnerDoc({ doc, options, extra, examples }: ReturnerDefinition): FunctionDoc {
  return { doc, args: options, ...(extra === undefined ? {} : { extra }), returns: s.null(), examples }
}
