import type { Clock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ValuePath } from '../../base/validate.ts'
import type { SubscribeItem } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { BeaconAnswer, BeaconRequest } from '../../client/minion-requests.ts'
import type { BeaconContext, BeaconDefinition } from '../../engine/beacon.ts'
import { BeaconDesk, savedBeaconsFile } from '../../engine/beacons/beacon-requests.ts'
import { Beacons, type FiredEvent, mappingOf } from '../../engine/beacons/beacons.ts'
import { bundled } from '../../engine/beacons/event-bundles.ts'
import { type ContextInputs, createFunctionContext } from '../../engine/functions/context.ts'
import { loadUserBeacons } from '../../engine/functions/user-registries.ts'
import { UserRegistry } from '../../engine/functions/user-registry.ts'
import { savedOptionsPath } from '../../engine/options/saved-options.ts'
import type { ConfigView, Grains } from '../../engine/plugin.ts'
import { beaconRegistry } from '../../plugins/registry.ts'
import type { JobTable } from './job-table.ts'

export interface MinionBeaconsOptions {
  readonly id: string
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly table: JobTable
  readonly config: ConfigView
  grains(): Grains
  pillar(): Readonly<Record<string, unknown>>
  /** What functions that a beacon calls run with. */
  inputs(signal: AbortSignal): ContextInputs
  /** `file:line` of a value of the configuration. */
  where(path: ValuePath): string | undefined
  /** Brings events to the bus of every master. */
  fireMaster(load: { readonly events: readonly FiredEvent[] }): unknown
}

/** Who fires this on the bus of the minion changes its beacons, as in Salt. */
const requestTag = 'manage_beacons'
const longestShown = 200

/** The beacons of a minion: what they tell goes to its own bus and to those of its masters. */
export class MinionBeacons implements AsyncDisposable {
  readonly #options: MinionBeaconsOptions
  readonly #registry: UserRegistry<BeaconDefinition> = new UserRegistry(beaconRegistry)
  readonly #beacons: Beacons
  readonly #desk: BeaconDesk
  readonly #subscription: { unsubscribe(): void }

  constructor(options: MinionBeaconsOptions) {
    const { id, clock, log, bus, table, config } = options
    this.#options = options
    this.#beacons = new Beacons({
      id,
      registry: this.#registry.loaders,
      clock,
      log,
      grains: () => options.grains(),
      context: (signal, wake) => this.#context(signal, wake),
      isApplyingStates: () => table.list().some(({ fun }) => [fun].flat().some((name) => name.startsWith('state.'))),
      deliver: (events) => this.#deliver(events),
      where: (path) => options.where(path),
    })
    this.#desk = new BeaconDesk({
      beacons: this.#beacons,
      savedPath: () => savedOptionsPath(config, savedBeaconsFile),
      log,
      fire: (tag, data) => bus.fire(tag, data),
    })
    this.#subscription = bus.subscribe(
      (tag) => tag === requestTag,
      (item) => this.#asked(item),
    )
    void this.configure()
  }

  /** From now on they are at work; calling it again changes nothing. */
  start(): void {
    void this.#beacons.start()
  }

  /** Takes up what the configuration says now. */
  configure(): Promise<void> {
    const { config, pillar } = this.#options
    const opts = mappingOf(config.get('beacons'))
    return this.#beacons.replace({ opts, pillar: mappingOf(pillar().beacons) }, () => true)
  }

  /** Takes up beacons of the user's own that have come, changed or gone. Those go on whose files are as they were. */
  async loadOwn(): Promise<void> {
    const { id, config, log } = this.#options
    if (await loadUserBeacons(this.#registry, { id, config, log })) await this.#beacons.replace({})
  }

  /** Takes up all anew: the user's own, and what the configuration says now. */
  async refresh(): Promise<void> {
    await this.loadOwn()
    await this.configure()
  }

  /** Throws `bad-arguments`. */
  manage(request: BeaconRequest): Promise<BeaconAnswer> {
    return this.#desk.manage(request)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription.unsubscribe()
    await this.#beacons[Symbol.asyncDispose]()
  }

  #asked(item: SubscribeItem): boolean {
    for (const { data } of 'events' in item ? item.events : []) {
      this.#desk.manage(data).catch((error: unknown) => {
        this.#options.log.error('a request to the beacons was refused', { reason: asSaltError(error).message })
      })
    }
    return true
  }

  #deliver(events: readonly FiredEvent[]): void {
    const taken = events.filter((event) => this.#fire(event))
    // What is too large as a whole is refused as a whole.
    const largest = Number(this.#options.config.get('max_event_size')) / 2
    for (const bundle of bundled(taken, largest)) this.#options.fireMaster({ events: bundle })
  }

  /** A path makes a tag that is too long, or one with a control character in it: that is no fault of the beacon. */
  #fire({ tag, data }: FiredEvent): boolean {
    const { bus, log, id } = this.#options
    try {
      bus.fire(tag, data)
      return true
    } catch (error) {
      const reason = asSaltError(error).message
      log.error('an event of a beacon cannot be told', { tag: tag.slice(0, longestShown), reason })
      bus.fire(tagOf('salt/drop/:what', 'beacon'), { count: 1, reason, id })
      return false
    }
  }

  #context(signal: AbortSignal, wake: () => void): BeaconContext {
    const { id, clock, log, config, grains, inputs } = this.#options
    // A context keeps the grains that it has seen, and a beacon lives long.
    const fresh = () => createFunctionContext(inputs(signal)).context
    return {
      id,
      get grains() {
        return grains()
      },
      config,
      log,
      clock,
      signal,
      exec: (argv, options) => fresh().exec(argv, options),
      salt: (fun, args, kwargs) => fresh().salt(fun, args, kwargs),
      at: (path) => fresh().at(path),
      wake,
    }
  }
}
