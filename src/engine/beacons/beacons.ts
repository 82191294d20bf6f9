/** The beacons of a minion: what is configured, and what of it is at work. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import { InTurn } from '../../base/in-turn.ts'
import type { Log } from '../../base/log.ts'
import { didYouMean, nearest } from '../../base/text.ts'
import { isMapping, type ValuePath } from '../../base/validate.ts'
import type { EventData } from '../../bus/event.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { BeaconContext, BeaconDefinition, BeaconRegistry } from '../beacon.ts'
import type { Grains } from '../plugin.ts'
import { type BeaconConfig, type BeaconProblem, moduleOf, readBeacon } from './beacon-config.ts'
import { BeaconWatch } from './beacon-watch.ts'

/** Beacons by name, and `enabled` for all of them. */
export type BeaconMapping = Readonly<Record<string, unknown>>

export interface BeaconSources {
  /** From the configuration and changes at run time. */
  readonly opts: BeaconMapping
  /** From pillar; an entry of the same name in `opts` wins. */
  readonly pillar: BeaconMapping
}

export interface FiredEvent {
  readonly tag: string
  readonly data: EventData
}

export interface BeaconsOptions {
  readonly id: string
  readonly registry: BeaconRegistry
  readonly clock: Clock
  readonly log: Log
  grains(): Grains
  context(signal: AbortSignal, wake: () => void): BeaconContext
  isApplyingStates(): boolean
  /** Takes the events of one read, tags complete. */
  deliver(events: readonly FiredEvent[]): void
  /** `file:line` of a value of the configuration. */
  where(path: ValuePath): string | undefined
}

/** The key that is no beacon. */
const globalKey = 'enabled'

type Found =
  | {
      readonly definition: BeaconDefinition
      readonly config: BeaconConfig
      readonly problems: readonly BeaconProblem[]
    }
  | { readonly problems: readonly BeaconProblem[] }

export class Beacons implements AsyncDisposable {
  readonly #options: BeaconsOptions
  readonly #inTurn = new InTurn()
  readonly #watches = new Map<string, BeaconWatch>()
  #sources: BeaconSources = { opts: {}, pillar: {} }
  #isStarted = false
  #hasEnded = false

  constructor(options: BeaconsOptions) {
    this.#options = options
  }

  get sources(): BeaconSources {
    return this.#sources
  }

  /** Beacons that can be used on this host, sorted. */
  async available(): Promise<readonly string[]> {
    const names: string[] = []
    for (const name of Object.keys(this.#options.registry)) {
      const definition = await this.#load(name)
      if (definition !== undefined && this.#refusal(definition) === undefined) names.push(name)
    }
    return names.sort()
  }

  /** What is wrong with an entry, in sentences without a full stop; empty when nothing is. */
  async faults(name: string, raw: unknown): Promise<readonly string[]> {
    return (await this.#find(name, raw)).problems.map(({ message }) => message)
  }

  /** Takes other sources. Beacons whose entry stays the same go on, or stay given up where they are not to begin `anew`. */
  replace(sources: Partial<BeaconSources>, anew?: (name: string) => boolean): Promise<void> {
    this.#sources = { ...this.#sources, ...sources }
    return this.#inTurn.run(() => this.#apply(anew))
  }

  start(): Promise<void> {
    if (this.#isStarted) return Promise.resolve()
    this.#isStarted = true
    return this.#inTurn.run(() => this.#apply())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true
    await this.#inTurn.run(() => Promise.all([...this.#watches.values()].map((watch) => watch[Symbol.asyncDispose]())))
  }

  async #apply(anew?: (name: string) => boolean): Promise<void> {
    if (!this.#isStarted || this.#hasEnded) return
    const wanted = await this.#wanted()
    const ended = [...this.#watches].filter(([name, watch]) => {
      const next = wanted.get(name)
      const isSame = next?.definition === watch.definition && isDeepStrictEqual(next.config, watch.config)
      return !isSame || (watch.isGivenUp && anew?.(name) === true)
    })
    for (const [name] of ended) this.#watches.delete(name)
    await Promise.all(ended.map(([, watch]) => watch[Symbol.asyncDispose]()))
    for (const [name, found] of wanted) if (!this.#watches.has(name)) this.#begin(name, found)
  }

  /** The entries that are to be at work. What is wrong is logged, and hinders nothing else. */
  async #wanted(): Promise<ReadonlyMap<string, { definition: BeaconDefinition; config: BeaconConfig }>> {
    const entries = { ...this.#sources.pillar, ...this.#sources.opts }
    const wanted = new Map<string, { definition: BeaconDefinition; config: BeaconConfig }>()
    if (entries[globalKey] === false) return wanted
    for (const [name, raw] of Object.entries(entries)) {
      if (name === globalKey) continue
      const found = await this.#find(name, raw)
      if (found.problems.length > 0) this.#tellProblems(name, found.problems)
      else if ('config' in found && found.config.isEnabled) wanted.set(name, found)
    }
    return wanted
  }

  async #find(name: string, raw: unknown): Promise<Found> {
    const { registry } = this.#options
    const module = moduleOf(name, raw)
    const problem = (message: string): Found => ({
      problems: [{ path: [name], message: `beacons.${name} ${message}` }],
    })
    if (!Object.hasOwn(registry, module)) {
      return problem(
        `is no beacon of this program, nor one of your own that is here.${didYouMean(nearest(module, Object.keys(registry)))}`,
      )
    }
    const definition = await this.#load(module)
    if (definition === undefined) return problem('cannot be loaded')
    const refusal = this.#refusal(definition)
    if (refusal !== undefined) return problem(`cannot be used here: ${refusal}`)
    const { config, problems } = readBeacon(name, raw, definition)
    // What does not even fit its schemas need not be looked at twice; nor what is not used.
    const more = problems.length === 0 && config.isEnabled ? await this.#check(definition, config) : []
    return { definition, config, problems: [...problems, ...more] }
  }

  async #check(
    definition: BeaconDefinition,
    { name, options, extra }: BeaconConfig,
  ): Promise<readonly BeaconProblem[]> {
    // Both were just checked against the schemas that their types come from.
    const faults = (await definition.check?.(options as never, extra as never)) ?? []
    return faults.map((fault) => ({ path: [name], message: `beacons.${name}: ${fault}` }))
  }

  async #load(module: string): Promise<BeaconDefinition | undefined> {
    try {
      return await this.#options.registry[module]?.()
    } catch (error) {
      this.#options.log.error('a beacon cannot be loaded', { beacon: module, reason: asSaltError(error).message })
      return undefined
    }
  }

  #refusal(definition: BeaconDefinition): string | undefined {
    const verdict = definition.available?.({ grains: this.#options.grains() }) ?? true
    return verdict === true ? undefined : verdict
  }

  #tellProblems(name: string, problems: readonly BeaconProblem[]): void {
    for (const { path, message } of problems) {
      const where = this.#options.where(['beacons', ...path])
      this.#options.log.error('a beacon is wrong, and is not used', {
        beacon: name,
        reason: message,
        ...(where === undefined ? {} : { where }),
      })
    }
  }

  #begin(name: string, { definition, config }: { definition: BeaconDefinition; config: BeaconConfig }): void {
    const { id, clock, log, context, isApplyingStates, deliver } = this.#options
    const watch = new BeaconWatch({
      config,
      definition,
      clock,
      log,
      context,
      isApplyingStates,
      tell: (events) => {
        deliver(
          events.map(({ tag = '', data }) => ({ tag: `salt/beacon/${id}/${name}/${tag}`, data: { ...data, id } })),
        )
      },
      onGivenUp: (failures, reason) => this.#givenUp(name, failures, reason),
    })
    this.#watches.set(name, watch)
    watch.start()
  }

  #givenUp(name: string, failures: number, reason: string): void {
    const { id, log, deliver } = this.#options
    const hint = `Enable it again with: salt '${id}' beacons.enable_beacon ${name}`
    log.error('a beacon was disabled: it failed too often', { beacon: name, failures, reason, hint })
    const data = { id, beacon: name, failures, reason, hint }
    deliver([{ tag: tagOf('salt/beacon/:id/:beacon/disabled', id, name), data }])
  }
}

export function mappingOf(value: unknown): BeaconMapping {
  return isMapping(value) ? value : {}
}
