/** Pillar for one command: of the master, where there is one, else of this machine. */
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { SecretTexts } from '../../base/secret-texts.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { ContextInputs } from '../../engine/functions/context.ts'
import { askPillar } from '../../engine/pillar/ask-master.ts'
import { mayHavePillar } from '../../engine/pillar/pillar-presence.ts'
import type { ConfigView, PillarQuestion, PillarService } from '../../engine/plugin.ts'

type Pillar = Readonly<Record<string, unknown>>

/** Modules that look at pillar: for others no master is asked where it is not told the result anyway. */
const lookAtPillar: ReadonlySet<string> = new Set([
  'config',
  'cp',
  'defaults',
  'file',
  'match',
  'mine',
  'pillar',
  'saltutil',
  'slsutil',
  'state',
])

export interface CallerPillarOptions {
  readonly config: ConfigView
  readonly log: Log
  readonly secrets: SecretTexts
  /** In the order in which they are asked; none with `--local`. */
  masters(): readonly MasterCalls[]
  inputs(): ContextInputs
  /** Tells the minion that runs beside this command to ask anew. */
  refreshMinion(): Promise<boolean>
}

export class CallerPillar {
  readonly #options: CallerPillarOptions
  #current: Pillar = {}

  constructor(options: CallerPillarOptions) {
    this.#options = options
  }

  get current(): Pillar {
    return this.#current
  }

  /** @param isConnected whether a master is there already; else one is looked for only where the function needs it. */
  async load(functions: string, isConnected: boolean): Promise<void> {
    const isWanted =
      isConnected || this.#isAlone || functions.split(',').some((name) => lookAtPillar.has(moduleOf(name)))
    if (!isWanted) return
    this.#current = await this.#compile({})
    // What was made here is in the log already.
    if (this.#isAlone) return
    const { _errors: errors } = this.#current
    for (const error of Array.isArray(errors) ? errors : [])
      this.#options.log.error('the pillar of this minion has an error', { error: String(error) })
  }

  get service(): PillarService {
    const { refreshMinion, secrets } = this.#options
    return {
      compile: (question) => this.#compile(question ?? {}),
      refresh: async ({ cleansCache = false } = {}) => {
        this.#current = await this.#compile({}, cleansCache)
        return await refreshMinion()
      },
      hide: (value) => secrets.hideIn(value),
    }
  }

  get #isAlone(): boolean {
    return this.#options.masters().length === 0
  }

  async #compile(question: PillarQuestion, cleansCache = false): Promise<Pillar> {
    const { secrets, masters, log } = this.#options
    const [master] = masters()
    if (master === undefined) return await this.#compileHere(question)
    const isPlain = Object.keys(question).length === 0
    try {
      const compiled = await this.#ask(master, question, cleansCache)
      secrets.add(compiled.secrets)
      return compiled.pillar
    } catch (error) {
      if (!isPlain) throw error
      log.warning('the master gave no pillar', { reason: asSaltError(error).message })
      return {}
    }
  }

  /** To find out the grains takes longer than to ask whether they are needed. */
  async #ask(master: MasterCalls, question: PillarQuestion, cleansCache: boolean): ReturnType<typeof askPillar> {
    const { config, inputs } = this.#options
    const answer = await askPillar(master, { config, question, asksForGrains: true, cleansCache })
    return answer.wantsGrains === true
      ? await askPillar(master, { config, grains: inputs().grains(), question, cleansCache })
      : answer
  }

  async #compileHere(question: PillarQuestion): Promise<Pillar> {
    const { config, secrets, inputs } = this.#options
    if (question.override === undefined && question.ext === undefined && !mayHavePillar(config)) return {}
    const { compileHere } = await import('../../engine/pillar/compile-here.ts')
    const compiled = await compileHere(inputs(), question)
    secrets.add(compiled.secrets)
    return compiled.pillar
  }
}

function moduleOf(name: string): string {
  return name.slice(0, name.indexOf('.'))
}
