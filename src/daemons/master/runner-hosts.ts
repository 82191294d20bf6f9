import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { RunnerResult } from '../../client/api.ts'
import { DataBanks } from '../../engine/cache/data-banks.ts'
import type { FileServerDesk } from '../../engine/files/file-server.ts'
import { PluginCatalogue } from '../../engine/functions/catalogue.ts'
import { hasUserRunners } from '../../engine/functions/extension-folders.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import type { JobStore } from '../../engine/jobs/types.ts'
import { type KeyMoved, KeyRing } from '../../engine/keys/key-ring.ts'
import type { KeyStore } from '../../engine/keys/key-store.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { FunctionContext, MasterRun, ReactorControl, RunnerFunctionDefinition } from '../../engine/plugin.ts'
import { moduleRegistry, runnerRegistry, wheelRegistry } from '../../plugins/registry.ts'
import { liveView } from '../live-options.ts'
import type { Backends } from './backends.ts'
import { FleetJobs } from './fleet-jobs.ts'
import { type LocalCall, type LocalContextOptions, LocalFunctions } from './local-functions.ts'
import { MasterPillar } from './master-pillar.ts'
import type { MinionCache } from './minion-cache.ts'
import type { MinionSessions } from './minion-sessions.ts'
import type { Publisher } from './publisher.ts'
import { type RunnerCall, RunnerHost, type RunOfCaller } from './runner-host.ts'

export interface RunnerHostsParts {
  /** As last read. */
  options(): MasterOptions
  readonly clock: Clock
  readonly log: Log
  readonly bus: EventBus
  readonly jids: JidClock
  readonly store: JobStore
  readonly keys: KeyStore
  readonly sessions: MinionSessions
  readonly cache: MinionCache
  readonly publisher: Publisher
  readonly reactor: ReactorControl
  readonly backends: Pick<Backends, 'outlets' | 'caches' | 'loadOwn'>
  files(): FileServerDesk
  keyMoved(...[change, id, user]: [...Parameters<KeyMoved>, user: string]): void
}

/** What runs inside the master on request: runners, and the wheel functions that manage the master itself. */
export class RunnerHosts implements Disposable {
  readonly runners: RunnerHost
  readonly wheels: RunnerHost
  readonly banks: DataBanks
  readonly pillar: MasterPillar
  readonly #local: LocalFunctions
  readonly #parts: RunnerHostsParts
  #hadUserRunners = false
  readonly catalogues: {
    readonly runners: PluginCatalogue<RunnerFunctionDefinition>
    readonly wheels: PluginCatalogue<RunnerFunctionDefinition>
  }

  constructor(parts: RunnerHostsParts) {
    this.#parts = parts
    const { clock, log, bus, jids, store, keys, sessions, cache, publisher } = parts
    const { paths, values, configFile } = parts.options()
    this.banks = new DataBanks(join(paths.cachedir, 'cache.db'), { clock, log })
    const config = liveView(() => parts.options().view)
    const runners = new PluginCatalogue(runnerRegistry, { grains: {} })
    const wheels = new PluginCatalogue(wheelRegistry, { grains: {} })
    this.catalogues = { runners, wheels }
    this.#local = new LocalFunctions({ config, log, bus, runner: (fun, arg) => this.#runForTemplate(fun, arg) })
    const { options } = parts
    this.pillar = new MasterPillar({ options, config, clock, log, local: this.#local, banks: this.banks })
    const shared = {
      surroundings: {
        config,
        configFile,
        log,
        jobs: store,
        archive: parts.backends.caches,
        minions: {
          accepted: () => keys.ids('accepted'),
          connected: () => sessions.ids(),
          grains: (id: string) => cache.grains(id),
          forgetGrains: (id: string) => cache.keepOnly(id, undefined),
          match: (tgt: string | readonly string[], tgtType: string) => publisher.resolve({ tgt, tgt_type: tgtType }),
        },
        banks: this.banks,
        reactor: parts.reactor,
        pillar: this.pillar,
        get files() {
          return parts.files()
        },
        outlets: () => parts.backends.outlets.status(),
        functions: new PluginCatalogue(moduleRegistry, { grains: {} }),
        runners,
        wheels,
        reloadPlugins: () => this.#reloadPlugins(),
      },
      running: new Map<string, MasterRun>(),
      publisher,
      fleetJobs: new FleetJobs({ publisher, sessions }),
      bus,
      jids,
      defaultTimeoutSeconds: values.timeout,
      keysFor: (user: string) => new KeyRing(keys, (change, id) => parts.keyMoved(change, id, user)),
      callLocally: (call: LocalCall) => this.callLocally(call),
      hostContext: (options: LocalContextOptions) => this.#local.context(options),
      callMaster: (kind: 'runner' | 'wheel', call: RunnerCall, { item, signal }: RunOfCaller) =>
        this.#callMaster(kind, call, { item, signal }),
    }
    this.runners = new RunnerHost({ kind: 'runner', ...shared })
    this.wheels = new RunnerHost({ kind: 'wheel', ...shared })
  }

  async #callMaster(kind: 'runner' | 'wheel', call: RunnerCall, { item, signal }: RunOfCaller): Promise<RunnerResult> {
    const host = kind === 'runner' ? this.runners : this.wheels
    if (call.detach === true) return { jid: host.detach(call), return: null, success: true, retcode: 0 }
    return await host.run(call, item, signal)
  }

  /** Throws `execution-failed` where the runner fails. */
  async #runForTemplate(fun: string, arg: readonly unknown[]): Promise<unknown> {
    const call = { fun, arg, user: userInfo().username }
    const { success, return: value } = await this.runners.run(call, () => {}, new AbortController().signal)
    if (success) return value
    throw new SaltError('execution-failed', String(value))
  }

  /** Calls an execution function on the host of the master. */
  callLocally(call: LocalCall): Promise<unknown> {
    return this.#local.call(call)
  }

  /** What templates and functions on the host of the master see. */
  localContext(signal: AbortSignal): Promise<FunctionContext> {
    return this.#local.context({ signal })
  }

  async #reloadPlugins(): Promise<void> {
    await this.loadUserPlugins()
    await this.#parts.backends.loadOwn()
  }

  /** Runners and wheel functions of the user's own. */
  async loadUserPlugins(): Promise<void> {
    this.#local.reload()
    const { options, log } = this.#parts
    const { view } = options()
    // Most masters have none, and need not load what runs them.
    if (!this.#hadUserRunners && !hasUserRunners(view)) return
    this.#hadUserRunners = true
    const { loadUserRunners } = await import('../../engine/functions/user-runners.ts')
    await loadUserRunners(this.catalogues, view, log)
  }

  [Symbol.dispose](): void {
    this.banks[Symbol.dispose]()
  }
}
