/** From the name of a returner in the configuration to one that can be opened. */
import { asSaltError, SaltError } from '../base/errors.ts'
import type { Delivery, OpenReturner, ReturnerContext, ReturnerRegistry } from '../engine/returner.ts'
import { assertTakes, loadReturner } from '../engine/returners/returner-catalogue.ts'
import { expandReturner } from '../engine/returners/returner-members.ts'
import { type OptionSource, type ReturnerRequest, returnerOptions } from '../engine/returners/returner-options.ts'

/** What a returner may use, but for the signal that belongs to its outlet. */
export type ReturnerSurroundings = Omit<ReturnerContext, 'signal'>

export interface ReturnerPlace {
  /** `file:line` of the configuration that names it. */
  readonly where: string | undefined
  /** The place in words: `event_sinks → "audit"`. */
  readonly shown: string
}

export interface PreparedReturner {
  readonly name: string
  /** With secrets wrapped. */
  readonly options: Readonly<Record<string, unknown>>
  open(surroundings: ReturnerSurroundings, signal: AbortSignal): Promise<OpenReturner>
}

/**
 * Loads it and reads its options, opens nothing. Throws `configuration` with the place for a name that is unknown, a returner that
 * does not take these kinds, and options that are wrong.
 */
export async function prepareReturner(
  registry: ReturnerRegistry,
  request: ReturnerRequest,
  kinds: readonly Delivery['kind'][],
  source: OptionSource,
  place: ReturnerPlace,
): Promise<PreparedReturner> {
  const { name, ...more } = request
  try {
    const definition = await loadReturner(registry, name)
    if (definition.members !== undefined) {
      throw new SaltError('configuration', `${name} stands for others and has no place here`, {
        hint: 'Name those others instead.',
      })
    }
    assertTakes(definition, kinds)
    const options = returnerOptions(definition, more, source)
    return {
      name,
      options,
      open: (surroundings, signal) => definition.open({ ...surroundings, signal }, options as never),
    }
  } catch (error) {
    throw atPlace(error, place)
  }
}

/** The same for each that it stands for, where it stands for others. */
export async function prepareReturners(
  registry: ReturnerRegistry,
  request: ReturnerRequest,
  kinds: readonly Delivery['kind'][],
  source: OptionSource,
  place: ReturnerPlace,
): Promise<readonly PreparedReturner[]> {
  const members = await expandReturner(registry, request, source).catch((error) => {
    throw atPlace(error, place)
  })
  return await Promise.all(members.map((member) => prepareReturner(registry, member, kinds, source, place)))
}

/** A fault that knows its line keeps it: it may lie in the returner's own part of the configuration. */
function atPlace(error: unknown, { where, shown }: ReturnerPlace): SaltError {
  const { code, message, hint, where: own } = asSaltError(error)
  if (code === 'internal') return asSaltError(error)
  const line = own ?? where
  return new SaltError('configuration', `${shown}: ${message}`, {
    ...(line === undefined ? {} : { where: line }),
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  })
}
