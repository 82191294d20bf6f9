/** `beacons.add`, `modify`, `delete`, `save`, `reset`, and switching. */
import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../../base/narrow.ts'
import { moduleOf, rawOption } from '../../../engine/beacons/beacon-config.ts'
import { savedBeaconsFile } from '../../../engine/beacons/beacon-requests.ts'
import { isTest, type Result, told } from '../../../engine/functions/keeper-functions.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { savedOptionsPath } from '../../../engine/options/saved-options.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { isOn } from '../../../engine/schedule/truth.ts'
import { ask, type Entries, entriesOf } from './listing.ts'

interface Change {
  readonly name: string
  readonly data: unknown
  readonly given: Entries
}

export async function addBeacon(ctx: FunctionContext, { name, data, given }: Change): Promise<Result> {
  const failed = (comment: string): Result => ({ result: false, comment, changes: {} })
  if (Object.hasOwn(await entriesOf(ctx), name)) return failed(`Beacon ${name} is already configured.`)
  const { available = [] } = await ask(ctx, { func: 'list_available' })
  const module = moduleOf(name, data)
  if (!available.includes(module)) return failed(`Beacon "${module}" is not available.`)
  const refused = await refusal(ctx, name, data)
  if (refused !== undefined) return failed(`Beacon ${name} configuration invalid, not adding.\n${refused}`)
  if (isTest(ctx, given)) return { result: true, comment: `Beacon: ${name} would be added.`, changes: {} }
  const answer = await ask(ctx, { func: 'add', name, beacon_data: data, persist: persists(given) })
  if (!answer.complete || !isDeepStrictEqual(answer.beacons?.[name], data)) {
    return failed(answer.comment ?? `Failed to add beacon ${name}.`)
  }
  return { result: true, comment: told(`Added beacon: ${name}.`, answer), changes: { [name]: 'added' } }
}

export async function modifyBeacon(ctx: FunctionContext, { name, data, given }: Change): Promise<Result> {
  const failed = (comment: string): Result => ({ result: false, comment, changes: {} })
  const current = await entriesOf(ctx)
  if (!Object.hasOwn(current, name)) return failed(`Beacon ${name} is not configured.`)
  const refused = await refusal(ctx, name, data)
  if (refused !== undefined) return failed(`Beacon ${name} configuration invalid, not modifying.\n${refused}`)
  if (isDeepStrictEqual(current[name], data)) {
    return { result: true, comment: `Job ${name} in correct state`, changes: {} }
  }
  const changes = { diff: unifiedDiff(linesOf(current[name]), linesOf(data)) }
  if (isTest(ctx, given)) return { result: true, comment: `Beacon: ${name} would be modified.`, changes }
  const answer = await ask(ctx, { func: 'modify', name, beacon_data: data, persist: persists(given) })
  if (!answer.complete || !isDeepStrictEqual(answer.beacons?.[name], data)) {
    return failed(answer.comment ?? `Failed to modify beacon ${name}.`)
  }
  return { result: true, comment: told(`Modified beacon: ${name}.`, answer), changes }
}

export async function deleteBeacon(ctx: FunctionContext, name: string, given: Entries): Promise<Result> {
  if (isTest(ctx, given)) return { result: true, comment: `Beacon: ${name} would be deleted.`, changes: {} }
  const wasThere = Object.hasOwn(await entriesOf(ctx), name)
  const answer = await ask(ctx, { func: 'delete', name, persist: persists(given) })
  if (!answer.complete) return { result: false, comment: answer.comment ?? '', changes: {} }
  const changes = wasThere ? { [name]: 'removed' } : {}
  return { result: true, comment: told(`Deleted beacon: ${name}.`, answer), changes }
}

/** `enable` and `disable`. */
export async function switchAll(ctx: FunctionContext, on: boolean, given: Entries): Promise<Result> {
  const word = on ? 'Enabled' : 'Disabled'
  if (isTest(ctx, given)) return { result: true, comment: `Beacons would be ${word.toLowerCase()}.`, changes: {} }
  const answer = await ask(ctx, { func: on ? 'enable' : 'disable', persist: persists(given) })
  return {
    result: true,
    comment: told(`${word} beacons on minion.`, answer),
    changes: { beacons: word.toLowerCase() },
  }
}

/** `enable_beacon` and `disable_beacon`. */
export async function switchBeacon(ctx: FunctionContext, name: string, on: boolean, given: Entries): Promise<Result> {
  const failed = (comment: string): Result => ({ result: false, comment, changes: {} })
  const word = on ? 'Enabled' : 'Disabled'
  if (name === '') return failed('Beacon name is required.')
  if (isTest(ctx, given)) {
    return { result: true, comment: `Beacon ${name} would be ${word.toLowerCase()}.`, changes: {} }
  }
  if (!Object.hasOwn(await entriesOf(ctx), name)) return failed(`Beacon ${name} is not currently configured.`)
  const answer = await ask(ctx, { func: on ? 'enable_beacon' : 'disable_beacon', name, persist: persists(given) })
  const isSwitched = rawOption(answer.beacons?.[name], 'enabled') === on
  if (!answer.complete || !isSwitched) {
    return failed(
      answer.complete ? `Failed to ${on ? 'enable' : 'disable'} beacon ${name} on minion.` : (answer.comment ?? ''),
    )
  }
  return {
    result: true,
    comment: told(`${word} beacon ${name} on minion.`, answer),
    changes: { [name]: word.toLowerCase() },
  }
}

export async function saveBeacons(ctx: FunctionContext, given: Entries): Promise<Result> {
  const path = savedOptionsPath(ctx.config, savedBeaconsFile)
  if (isTest(ctx, given)) return { result: true, comment: `Beacons would be saved to ${path}.` }
  const { warning } = await ask(ctx, { func: 'save' })
  return warning === undefined
    ? { result: true, comment: `Beacons saved to ${path}.` }
    : { result: false, comment: `Unable to write to beacons file at ${path}: ${warning}` }
}

export async function resetBeacons(ctx: FunctionContext, given: Entries): Promise<Result> {
  if (isTest(ctx, given)) return { result: true, comment: 'Beacons would be reset.' }
  const answer = await ask(ctx, { func: 'reset', persist: persists(given) })
  return { result: true, comment: told('Beacon configuration reset.', answer) }
}

function persists(given: Entries): boolean {
  return isOn(given.persist, true)
}

/** What is wrong with an entry, or undefined. */
async function refusal(ctx: FunctionContext, name: string, data: unknown): Promise<string | undefined> {
  const { valid, vcomment } = await ask(ctx, { func: 'validate_beacon', name, beacon_data: data })
  return valid === false ? (vcomment ?? '') : undefined
}

/** An entry as lines of its options, for a difference. */
function linesOf(raw: unknown): string[] {
  return [raw].flat().flatMap((item) => {
    const options = isRecord(item) ? Object.entries(item) : []
    return options.map(([key, value]) => `${key}:${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
  })
}
