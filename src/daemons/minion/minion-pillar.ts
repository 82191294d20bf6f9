/** The pillar of a minion: asked of its master, or made here where it has none; in memory alone unless it is to be cached. */
import { isDeepStrictEqual } from 'node:util'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { SecretTexts } from '../../base/secret-texts.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { ContextInputs } from '../../engine/functions/context.ts'
import { askPillar } from '../../engine/pillar/ask-master.ts'
import { mayHavePillar } from '../../engine/pillar/pillar-presence.ts'
import type { ConfigView, Grains, PillarQuestion, PillarService } from '../../engine/plugin.ts'

/** Event that says that pillar was made anew; the slash in front is Salt's. */
const refreshed = '/salt/minion/minion_pillar_refresh_complete'

export type Pillar = Readonly<Record<string, unknown>>

export interface MinionPillarOptions {
  readonly id: string
  readonly log: Log
  readonly bus: EventBus
  readonly config: ConfigView
  readonly secrets: SecretTexts
  grains(): Grains
  /** The masters, connected ones first; none for a minion that works alone. */
  masters(): readonly MasterCalls[]
  isConnected(): boolean
  inputs(signal: AbortSignal): ContextInputs
  /** It is another one than before. */
  changed(): void
}

interface Refresh {
  /** The master has the grains. */
  readonly isTold?: boolean
  /** What the master keeps does not count. */
  readonly cleansCache?: boolean
}

export class MinionPillar {
  readonly #options: MinionPillarOptions
  #current: Pillar = {}
  /** The refresh at work, and the one that was asked for meanwhile. */
  #work: Promise<boolean> | undefined
  #next: Promise<boolean> | undefined
  #isKnown = false
  /** Somebody has asked for that since the last question to a master. */
  #cleansCache = false

  constructor(options: MinionPillarOptions) {
    this.#options = options
  }

  get current(): Pillar {
    return this.#current
  }

  /** Resolves when what was asked for so far is there, or cannot be had. */
  async settled(): Promise<void> {
    await (this.#next ?? this.#work)
  }

  /** What a former process has kept, until the master is there. */
  async restore(): Promise<void> {
    if (this.#options.config.get('minion_pillar_cache') !== true) return
    const { readKeptPillar } = await import('../../engine/pillar/kept-pillar.ts')
    const { pillar, secrets } = readKeptPillar(this.#options)
    this.#options.secrets.add(secrets)
    this.#take(pillar)
  }

  /** A master was reached: the first time, it is asked. */
  connected(): void {
    if (!this.#isKnown) void this.refresh({ isTold: true })
  }

  /** Many that ask at a time share one answer, which is not older than their question. */
  refresh({ isTold = false, cleansCache = false }: Refresh = {}): Promise<boolean> {
    this.#cleansCache ||= cleansCache
    if (this.#work === undefined) {
      this.#work = this.#refresh(isTold).finally(() => {
        this.#work = undefined
      })
      return this.#work
    }
    const before = this.#work
    this.#next ??= before.then(() => {
      this.#next = undefined
      return this.refresh({ isTold })
    })
    return this.#next
  }

  /** What functions may ask, for a job of the master at this address. Masters come in the order in which they are asked. */
  serviceFor(masters: () => readonly MasterCalls[]): PillarService {
    return {
      compile: (question) => this.#compile(question ?? {}, masters()),
      refresh: (options) => this.refresh(options),
      hide: (value) => this.#options.secrets.hideIn(value),
    }
  }

  async #refresh(isTold: boolean): Promise<boolean> {
    const { log, bus, masters, isConnected } = this.#options
    const isAlone = masters().length === 0
    if (!isAlone && !isConnected()) return false
    const isFirst = !this.#isKnown
    const cleansCache = this.#cleansCache
    this.#cleansCache = false
    try {
      const pillar = await this.#compile({}, masters(), { isTold, cleansCache })
      this.#isKnown = true
      this.#take(pillar)
      await this.#keep(pillar)
      // Nobody has asked for the first one.
      if (!isFirst) bus.fire(refreshed, { complete: true })
      return true
    } catch (error) {
      log.error('the pillar of this minion is not known; what it was before stays', {
        reason: asSaltError(error).message,
      })
      return false
    }
  }

  async #compile(
    question: PillarQuestion,
    masters: readonly MasterCalls[],
    { isTold = false, cleansCache = false }: Refresh = {},
  ): Promise<Pillar> {
    const { secrets, config, grains } = this.#options
    const [master] = masters
    const compiled =
      master === undefined
        ? await this.#compileHere(question)
        : await askPillar(master, { config, grains: isTold ? undefined : grains(), question, cleansCache })
    secrets.add(compiled.secrets)
    return compiled.pillar
  }

  async #compileHere(question: PillarQuestion): ReturnType<typeof askPillar> {
    const { config, inputs } = this.#options
    const isEmpty = question.override === undefined && question.ext === undefined && !mayHavePillar(config)
    if (isEmpty) return { pillar: {}, secrets: [] }
    const { compileHere } = await import('../../engine/pillar/compile-here.ts')
    return await compileHere(inputs(new AbortController().signal), question)
  }

  #take(pillar: Pillar): void {
    if (isDeepStrictEqual(pillar, this.#current)) return
    const { _errors: errors } = pillar
    // What was made here is in the log already.
    const isOfMaster = this.#options.masters().length > 0
    for (const error of isOfMaster && Array.isArray(errors) ? errors : [])
      this.#options.log.error('the pillar of this minion has an error', { error: String(error) })
    this.#current = pillar
    this.#options.changed()
  }

  async #keep(pillar: Pillar): Promise<void> {
    const { config, id, log, secrets } = this.#options
    if (config.get('minion_pillar_cache') !== true) return
    const { keepPillar } = await import('../../engine/pillar/kept-pillar.ts')
    await keepPillar({ config, id, log }, { pillar, secrets: secrets.all })
  }
}

/** Modules whose functions never look at pillar: they do not wait for it. */
const withoutPillar: ReadonlySet<string> = new Set(['test', 'saltutil', 'sys'])

/** Whether a job is to wait for a pillar that is on its way. */
export function needsPillar(fun: string | readonly string[]): boolean {
  return [fun].flat().some((name) => !withoutPillar.has(name.slice(0, name.indexOf('.'))))
}
