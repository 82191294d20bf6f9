import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn } from '../../client/api.ts'
import { loadUserReturners } from '../../engine/functions/user-registries.ts'
import { UserRegistry } from '../../engine/functions/user-registry.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { OutletStatus } from '../../engine/outlet/outlet-status.ts'
import type { ConfigView } from '../../engine/plugin.ts'
import type { ReturnerDefinition } from '../../engine/returner.ts'
import { returnerRegistry } from '../../plugins/registry.ts'
import { EventSinks } from '../event-sinks.ts'
import { JobReturners } from '../job-returners.ts'
import { liveView } from '../live-options.ts'
import { Outlets } from '../outlets.ts'
import type { ReturnRoute } from '../scheduled-return.ts'
import { JobCaches } from './job-caches.ts'
import { masterSurroundings } from './returner-surroundings.ts'

export interface BackendsParts {
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  /** As last read. */
  options(): MasterOptions
}

/** What a master gives to other systems: events to sinks and to `event_return`, jobs and returns to job caches. */
export class Backends implements AsyncDisposable {
  readonly outlets: Outlets
  readonly caches: JobCaches
  readonly #sinks: EventSinks
  readonly #returners: JobReturners
  readonly #registry: UserRegistry<ReturnerDefinition> = new UserRegistry(returnerRegistry)
  readonly #parts: BackendsParts

  constructor(parts: BackendsParts) {
    const { bus, clock, log, options } = parts
    this.#parts = parts
    const folder = join(options().paths.cachedir, 'outlets')
    this.outlets = new Outlets({ clock, log, bus, folder })
    const surroundings = masterSurroundings({ config: liveView(() => options().view), log, clock, bus })
    const registry = this.#registry.loaders
    const shared = { registry, outlets: this.outlets, surroundings }
    this.#sinks = new EventSinks({ bus, log, ...shared })
    this.caches = new JobCaches({ clock, options, ...shared })
    this.#returners = new JobReturners({
      ...{ registry, outlets: this.outlets, folder, clock, log },
      source: () => ({ all: options().view.all, where: options().where }),
      surroundings: () => surroundings,
      refused: (returner, _delivery, { message, hint }) => {
        log.error('a return was not given to a returner', { returner, reason: message, ...(hint && { hint }) })
        bus.fire(tagOf('salt/drop/:what', 'returner'), { count: 1, reason: message, returner })
      },
    })
  }

  /** Throws `configuration` with `file:line`. */
  async start(options: MasterOptions): Promise<void> {
    await this.loadOwn(options.view)
    await this.caches.start()
    await this.#returners.resume()
    const useSinks = await this.prepare(options)
    await useSinks()
  }

  /** Checks other options; what it answers takes them up. Throws `configuration` with `file:line`. */
  async prepare(options: MasterOptions): ReturnType<EventSinks['prepare']> {
    await this.loadOwn(options.view)
    return await this.#sinks.prepare(options)
  }

  /** Takes up returners of the user's own that have come, changed or gone. */
  async loadOwn(config: ConfigView = this.#parts.options().view): Promise<void> {
    await loadUserReturners(this.#registry, { config, log: this.#parts.log })
  }

  /** Gives a return of the master's own work to the returners that it names. */
  returned(ret: JobReturn, { returners, returnConfig, returnKwargs }: ReturnRoute): void {
    const place = { shown: 'the schedule of the master', where: undefined }
    const order = { names: returners, profile: returnConfig, kwargs: returnKwargs, origin: '', place }
    void this.#returners.put({ kind: 'return', ret }, order)
  }

  status(): readonly OutletStatus[] {
    return this.outlets.status()
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#returners.settled()
    await this.outlets.drain(timeoutMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sinks[Symbol.asyncDispose]()
    await this.#returners[Symbol.asyncDispose]()
    await this.outlets[Symbol.asyncDispose]()
  }
}
