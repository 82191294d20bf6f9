/** Pillar of minions, made by their master: for themselves, for runners, and as what targets look at. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import { Turns } from '../../base/turns.ts'
import type { DataBanks } from '../../engine/cache/data-banks.ts'
import type { MasterOptions } from '../../engine/options/master-options.ts'
import type { CompiledPillar, PillarHost, PillarRequest } from '../../engine/pillar/compile-pillar.ts'
import { mayHavePillar } from '../../engine/pillar/pillar-presence.ts'
import type { ConfigView, PillarDesk } from '../../engine/plugin.ts'
import type { LocalFunctions } from './local-functions.ts'

/** Each may start programs of its sources, and 1,000 minions come at a time when a master was started. */
const mostAtATime = 16
const mostWaiting = 20_000

export interface MasterPillarParts {
  /** As last read. */
  options(): MasterOptions
  readonly config: ConfigView
  readonly clock: Clock
  readonly log: Log
  readonly local: LocalFunctions
  readonly banks: DataBanks
}

type Pillar = Readonly<Record<string, unknown>>

interface Kept {
  readonly compiled: CompiledPillar
  /** Monotonic milliseconds. */
  readonly at: number
}

export class MasterPillar implements PillarDesk {
  readonly #parts: MasterPillarParts
  readonly #turns = new Turns(mostAtATime)
  /** What was made last, for targets; undefined: the bank was asked, and has nothing. */
  readonly #known = new Map<string, Pillar | undefined>()
  /** `pillar_cache`: by minion, then by environment. */
  readonly #kept = new Map<string, Map<string, Kept>>()
  #host: Promise<PillarHost> | undefined

  constructor(parts: MasterPillarParts) {
    this.#parts = parts
  }

  /** False where no minion has any. */
  get mayHave(): boolean {
    return mayHavePillar(this.#parts.config)
  }

  /** For a minion that asks; what it gets is kept for targets and for the runner `cache.pillar`. */
  async give(
    request: PillarRequest,
    { isAside, cleansCache }: { readonly isAside: boolean; readonly cleansCache: boolean },
  ): Promise<CompiledPillar> {
    if (cleansCache) this.#kept.delete(request.id)
    const isPlain = request.override === undefined && request.ext === undefined
    const compiled = isPlain ? await this.#throughCache(request) : await this.#compile(request)
    if (isPlain && !isAside) this.#note(request.id, compiled.pillar)
    return compiled
  }

  async compile(request: PillarRequest): Promise<Pillar> {
    return (await this.#compile(request)).pillar
  }

  async top(request: PillarRequest): ReturnType<PillarDesk['top']> {
    const { compileTop } = await import('../../engine/pillar/compile-pillar.ts')
    const { shownTop } = await import('../../engine/pillar/shown-top.ts')
    const { top, errors } = await compileTop(await this.#hostOf(), request)
    return { top: shownTop(top), errors }
  }

  /** As last made for the minion itself; undefined where nothing is known. */
  of(id: string): Pillar | undefined {
    if (this.#known.has(id)) return this.#known.get(id)
    const { banks } = this.#parts
    const stored = banks.isThere ? banks.fetch(bankOf(id), 'pillar') : undefined
    const pillar = isRecord(stored) ? stored : undefined
    this.#known.set(id, pillar)
    return pillar
  }

  /** The minion is another one now, or is to be forgotten. */
  forget(id: string): void {
    this.#known.delete(id)
    this.#kept.delete(id)
  }

  clearCache(ids: readonly string[]): Readonly<Record<string, Readonly<Record<string, Pillar>>>> | undefined {
    if (this.#parts.options().values.pillar_cache !== true) return undefined
    const cleared: Record<string, Record<string, Pillar>> = {}
    for (const id of ids) {
      const kept = this.#kept.get(id)
      if (kept === undefined) continue
      cleared[id] = Object.fromEntries(
        Array.from(kept, ([environment, { compiled }]) => [environment, compiled.pillar]),
      )
      this.#kept.delete(id)
    }
    return cleared
  }

  cached(id: string): Readonly<Record<string, Pillar>> {
    const kept = this.#kept.get(id) ?? new Map<string, Kept>()
    return Object.fromEntries(Array.from(kept, ([environment, { compiled }]) => [environment, compiled.pillar]))
  }

  /** The configuration was read again. */
  reload(): void {
    this.#kept.clear()
    this.#host = undefined
  }

  async #throughCache(request: PillarRequest): Promise<CompiledPillar> {
    const { pillar_cache: isOn, pillar_cache_ttl: ttlSeconds } = this.#parts.options().values
    if (isOn !== true) return await this.#compile(request)
    const environments = this.#kept.get(request.id) ?? new Map<string, Kept>()
    const environment = `${request.pillarenv ?? ''}`
    const known = environments.get(environment)
    const now = this.#parts.clock.monotonic()
    if (known !== undefined && now - known.at < ttlSeconds * 1000) return known.compiled
    const compiled = await this.#compile(request)
    environments.set(environment, { compiled, at: now })
    this.#kept.set(request.id, environments)
    return compiled
  }

  async #compile(request: PillarRequest): Promise<CompiledPillar> {
    const isEmpty = request.override === undefined && request.ext === undefined && !this.mayHave
    if (isEmpty) return { pillar: {}, secrets: [] }
    if (this.#turns.waiting >= mostWaiting)
      throw new SaltError('overloaded', `${mostWaiting} minions wait for their pillar already`)
    await this.#turns.enter(new AbortController().signal)
    try {
      const { compilePillar } = await import('../../engine/pillar/compile-pillar.ts')
      return await compilePillar(await this.#hostOf(), request)
    } finally {
      this.#turns.leave()
    }
  }

  #hostOf(): Promise<PillarHost> {
    this.#host ??= this.#makeHost()
    return this.#host
  }

  async #makeHost(): Promise<PillarHost> {
    const { DecryptedMessages } = await import('../../engine/render/gpg/gpg-decryptor.ts')
    const { config, log, local, options } = this.#parts
    return {
      config: withFolder(config, () => options().configDir),
      log,
      decrypted: new DecryptedMessages(),
      memory: new Map(),
      contextFor: (minion) => local.contextFor(minion),
    }
  }

  #note(id: string, pillar: Pillar): void {
    const { banks, options, log } = this.#parts
    if (!options().values.minion_data_cache || isDeepStrictEqual(this.of(id), pillar)) return
    if (!banks.isThere && Object.keys(pillar).length === 0) return
    this.#known.set(id, pillar)
    try {
      banks.store(bankOf(id), 'pillar', pillar)
    } catch (error) {
      log.error('the pillar of a minion is not kept beyond the end of this process', { id, error })
    }
  }
}

function bankOf(id: string): string {
  return `minions/${id}`
}

/** Keys of gpg lie beside the configuration. */
function withFolder(config: ConfigView, folder: () => string): ConfigView {
  return {
    get: (name) => (name === 'config_dir' ? folder() : config.get(name)),
    get all() {
      return { ...config.all, config_dir: folder() }
    },
  }
}
