/** Requests to running beacons, in the form of Salt's event `manage_beacons`, and what they are answered with. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import { InTurn } from '../../base/in-turn.ts'
import type { Log } from '../../base/log.ts'
import { asRecord, asString, isRecord } from '../../base/narrow.ts'
import { isMapping } from '../../base/validate.ts'
import type { BeaconAnswer, BeaconRequest } from '../../client/minion-requests.ts'
import { writeSavedOptions } from '../options/saved-options.ts'
import type { Beacons } from './beacons.ts'

export interface BeaconDeskOptions {
  readonly beacons: Beacons
  /** Where changes are kept. */
  savedPath(): string
  readonly log: Log
  /** Fires on the bus of this process. */
  fire(tag: string, data: Readonly<Record<string, unknown>>): void
}

/** The file beside others of the configuration that holds changes. */
export const savedBeaconsFile = 'beacons.conf'

/** Last part of the tag that tells the end of a request, as Salt names them; that of `save` is ours. */
const completeTags: Readonly<Record<BeaconRequest['func'], string>> = {
  list: 'beacons_list_complete',
  list_available: 'beacons_list_available_complete',
  validate_beacon: 'beacon_validation_complete',
  add: 'beacon_add_complete',
  modify: 'beacon_modify_complete',
  delete: 'beacon_delete_complete',
  enable: 'beacons_enabled_complete',
  disable: 'beacons_disabled_complete',
  enable_beacon: 'beacon_enabled_complete',
  disable_beacon: 'beacon_disabled_complete',
  reset: 'beacon_reset_complete',
  save: 'beacons_save_complete',
}

type Entries = Record<string, unknown>

/** Takes requests from wherever they come, one after the other, and tells the bus when each is done. */
export class BeaconDesk {
  readonly #options: BeaconDeskOptions
  readonly #inTurn = new InTurn()

  constructor(options: BeaconDeskOptions) {
    this.#options = options
  }

  /** Throws `bad-arguments` for what is no such request. */
  manage(given: unknown): Promise<BeaconAnswer> {
    return this.#inTurn.run(async () => {
      const request = requestOf(given)
      const answer = await this.#answer(request)
      const { available, ...told } = answer
      const data = available === undefined ? told : { ...told, beacons: available }
      this.#options.fire(`/salt/minion/minion_${completeTags[request.func]}`, data)
      return answer
    })
  }

  async #answer(request: BeaconRequest): Promise<BeaconAnswer> {
    const { beacons } = this.#options
    const { opts, pillar } = beacons.sources
    switch (request.func) {
      case 'list':
        return {
          complete: true,
          beacons: {
            ...(request.include_pillar === false ? {} : pillar),
            ...(request.include_opts === false ? {} : opts),
          },
        }
      case 'list_available':
        return { complete: true, available: await beacons.available() }
      case 'validate_beacon': {
        const faults = await beacons.faults(nameOf(request), request.beacon_data)
        const isValid = faults.length === 0
        return { complete: true, valid: isValid, vcomment: isValid ? 'Valid beacon configuration' : faults.join('\n') }
      }
      case 'save':
        return await this.#saved({ complete: true }, true)
      default:
        return await this.#change(request)
    }
  }

  async #change(request: BeaconRequest): Promise<BeaconAnswer> {
    const { beacons } = this.#options
    const opts: Entries = { ...beacons.sources.opts }
    const { name } = request
    const isOfPillar = name !== undefined && Object.hasOwn(beacons.sources.pillar, name)
    const comment = isOfPillar
      ? `Cannot ${request.func.replace('_beacon', '')} beacon item ${name}, it is configured in pillar.`
      : changed(opts, request)
    if (isOfPillar) return { complete: false, comment, beacons: opts }
    // What was given up begins anew with whatever is done to it.
    await beacons.replace({ opts }, (other) => other === name)
    return await this.#saved({ complete: true, comment, beacons: opts }, request.persist !== false)
  }

  /** That the file cannot be written is no reason to undo the change: it is told. */
  async #saved(answer: BeaconAnswer, wanted: boolean): Promise<BeaconAnswer> {
    if (!wanted) return answer
    const { savedPath, beacons, log } = this.#options
    try {
      await writeSavedOptions(savedPath(), 'beacons', beacons.sources.opts)
      return answer
    } catch (thrown) {
      const { message } = asSaltError(thrown, 'storage')
      log.error('the beacons could not be saved', { reason: message })
      return { ...answer, warning: `they could not be saved: ${message}` }
    }
  }
}

function requestOf(given: unknown): BeaconRequest {
  const request = asRecord(given, 'a request to the beacons')
  const func = asString(request.func, 'func')
  if (Object.hasOwn(completeTags, func)) return request as unknown as BeaconRequest
  throw new SaltError('bad-arguments', `the beacons know no '${func}'`, {
    hint: `They know ${Object.keys(completeTags).join(', ')}.`,
  })
}

function nameOf({ name }: BeaconRequest): string {
  return asString(name, 'name')
}

/** What a request makes of the entries, and Salt's words for it. Throws `bad-arguments`. */
function changed(entries: Entries, request: BeaconRequest): string {
  switch (request.func) {
    case 'enable':
    case 'disable':
      entries.enabled = request.func === 'enable'
      return `${request.func === 'enable' ? 'Enabled' : 'Disabled'} the beacons`
    case 'reset':
      for (const name of Object.keys(entries)) delete entries[name]
      return 'Beacon Reset'
    default:
      return changedEntry(entries, request, nameOf(request))
  }
}

function changedEntry(entries: Entries, { func, beacon_data: data }: BeaconRequest, name: string): string {
  const isKnown = Object.hasOwn(entries, name)
  if (func === 'add' || func === 'modify') {
    if (!isMapping(data) && !Array.isArray(data)) {
      throw new SaltError('bad-arguments', 'beacon_data must be a mapping, or a list of mappings')
    }
    entries[name] = data
    return isKnown ? `Updating settings for beacon item: ${name}` : `Added new beacon item ${name}`
  }
  if (!isKnown) return `Beacon item ${name} not found.`
  if (func === 'delete') {
    delete entries[name]
    return `Deleting beacon item ${name}`
  }
  const enabled = func === 'enable_beacon'
  entries[name] = withEnabled(entries[name], enabled)
  return `${enabled ? 'Enabling' : 'Disabling'} beacon item ${name}`
}

/** In the form that the entry has. */
function withEnabled(raw: unknown, enabled: boolean): unknown {
  if (!Array.isArray(raw)) return { ...(isRecord(raw) ? raw : {}), enabled }
  const has = (item: unknown): item is Entries => isRecord(item) && Object.hasOwn(item, 'enabled')
  return raw.some(has) ? raw.map((item) => (has(item) ? { ...item, enabled } : item)) : [...raw, { enabled }]
}
