import type { Clock } from '../../base/clock.ts'
import { GarbageTurns } from '../../base/collect-garbage.ts'
import type { Log } from '../../base/log.ts'
import type { SecretTexts } from '../../base/secret-texts.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import { callFunction } from '../../engine/functions/call.ts'
import type { ContextInputs } from '../../engine/functions/context.ts'
import { GrainsSource } from '../../engine/functions/grains.ts'
import { loadUserGrains, loadUserPlugins } from '../../engine/functions/user-plugins.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import { showsStates } from '../../engine/pillar/pillar-presence.ts'
import type { ConfigView, FunctionServices, Grains } from '../../engine/plugin.ts'
import { type Catalogues, createCatalogues } from '../../plugins/catalogues.ts'
import { grainsRegistry } from '../../plugins/registry.ts'
import { tellFault } from './fault-event.ts'
import { jobContext } from './job-context.ts'
import type { FunctionOutcome } from './job-runner.ts'
import type { JobEntry, JobTable } from './job-table.ts'
import { liveHost } from './live-host.ts'
import { modulesRefreshed } from './local-orders.ts'
import type { MasterEvents } from './master-events.ts'
import type { MinionBeacons } from './minion-beacons.ts'
import { type MinionPillar, needsPillar } from './minion-pillar.ts'
import type { MinionSchedule } from './minion-schedule.ts'

export interface MinionFunctionsParts {
  readonly id: string
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  /** As last read. */
  readonly config: ConfigView
  readonly secrets: SecretTexts
  readonly table: JobTable
  readonly events: MasterEvents
  options(): MinionOptions
  /** Made later than this: they call functions themselves. */
  pillar(): MinionPillar
  schedule(): MinionSchedule
  beacons(): MinionBeacons
  /** First the one at this address. */
  masters(address: string): readonly MasterCalls[]
  /** To all who go by them, pillar aside. */
  announce(grains: Grains): void
}

/** Runs functions: the plugins of a minion, built in and the user's own, and what these see of it. */
export class MinionFunctions {
  readonly catalogues: Catalogues
  readonly #parts: MinionFunctionsParts
  readonly #grains: GrainsSource
  /** Templates and states leave much behind. */
  readonly #garbage = new GarbageTurns(100)

  constructor(parts: MinionFunctionsParts) {
    this.#parts = parts
    const { config, log } = parts
    this.#grains = new GrainsSource({ registry: grainsRegistry, config, log })
    this.catalogues = createCatalogues(liveHost(parts.options, () => this.grains))
  }

  get grains(): Grains {
    return this.#grains.read()
  }

  /** Runs the functions of a job of the master at this address, or (empty) of the minion's own. */
  async run(load: JobLoad, entry: JobEntry, master: string): Promise<FunctionOutcome> {
    const { pillar, bus, secrets } = this.#parts
    if (needsPillar(load.fun)) await pillar().settled()
    const outcome = await callFunction({
      name: load.fun,
      arg: load.arg,
      context: {
        ...this.inputs(entry.controller.signal, master),
        job: jobContext(load),
        processGroups: entry.processes,
      },
    })
    tellFault(bus, load, outcome.failure)
    if (!showsStates(load.fun)) return outcome
    this.#garbage.count()
    // Whoever follows a run until its return has been told of all its states by then.
    await this.#parts.events.taken(master, 1000)
    return secrets.hideIn(outcome)
  }

  /** For a function that is called without a job. */
  inputs(signal: AbortSignal, master = ''): ContextInputs {
    const { id, pillar, config, log, bus, secrets, clock } = this.#parts
    return {
      id,
      grains: () => this.grains,
      pillar: pillar().current,
      config,
      log,
      signal,
      ...this.catalogues,
      services: this.#services(master),
      emit: (tag, data) => {
        bus.fire(tag, secrets.hideIn(data))
        return Promise.resolve(true)
      },
      clock,
    }
  }

  /** Computes the grains anew and announces them; pillar, which may depend on them, follows unless it is kept. */
  async refreshGrains({ keepsPillar = false }: { readonly keepsPillar?: boolean } = {}): Promise<Grains> {
    const { config, log, pillar, announce } = this.#parts
    this.#grains.setUserPlugins(await loadUserGrains(config, log))
    const grains = await this.#grains.refresh()
    announce(grains)
    // Jobs that come after this one wait for it.
    if (!keepsPillar) void pillar().refresh({ isTold: true })
    return grains
  }

  /** Loads the user's own plugins anew. */
  async refreshModules(): Promise<void> {
    const { config, log, bus, beacons } = this.#parts
    await loadUserPlugins(this.catalogues, config, log)
    await beacons().loadOwn()
    bus.fire(modulesRefreshed, { complete: true })
  }

  #services(master: string): FunctionServices {
    const { table, events, schedule, beacons, pillar } = this.#parts
    const masters = (): readonly MasterCalls[] => this.#parts.masters(master)
    return {
      jobs: {
        list: () => Promise.resolve(table.list()),
        signal: (jid, signal) => Promise.resolve(table.signal(jid, signal)),
      },
      get masters() {
        return masters()
      },
      fireMaster: (load) => Promise.resolve(events.fire(load)),
      schedule: schedule(),
      beacons: beacons(),
      pillar: pillar().serviceFor(masters),
      refreshGrains: (options) => this.refreshGrains(options),
      refreshModules: () => this.refreshModules(),
    }
  }
}
