/** Events of states that have ended: `salt/job/JID/prog/ID/N` for those who ask, `salt/state_result/JID/ID/…` where a state says so. */
import { asSaltError } from '../../base/errors.ts'
import type { FunctionContext } from '../plugin.ts'
import type { LowChunk } from './low-chunk.ts'
import type { StateReturn } from './state-return.ts'

export class RunEvents {
  readonly #ctx: FunctionContext
  readonly #jid: string
  /** How many states the run has. */
  readonly #length: number
  readonly #tellsAll: boolean
  readonly #pending = new Set<Promise<unknown>>()
  /** There is no bus, neither of a master nor here. */
  #isDeaf = false

  constructor(ctx: FunctionContext, jid: string, length: number) {
    this.#ctx = ctx
    this.#jid = jid
    this.#length = length
    this.#tellsAll = ctx.job?.wantsProgress === true || ctx.config.get('state_events') === true
  }

  tell({ args: { fire_event: wanted } }: LowChunk, told: StateReturn): void {
    if (this.#isDeaf) return
    if (!this.#tellsAll && (wanted === undefined || wanted === false)) return
    const { id, services } = this.#ctx
    // Others read events: what was decrypted for this minion is not for them.
    const ret = services.pillar?.hide(told) ?? told
    if (wanted === true) this.#fire(`salt/state_result/${this.#jid}/${id}/${ret.name}`, { ret })
    else if (typeof wanted === 'string' && wanted !== '') {
      this.#fire(`salt/state_result/${this.#jid}/${id}/${wanted}`, { ret })
    } else if (this.#tellsAll) {
      this.#fire(`salt/job/${this.#jid}/prog/${id}/${ret.__run_num__}`, { ret, len: this.#length })
    }
  }

  /** Resolves when all are on their way. */
  async settled(): Promise<void> {
    if (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  #fire(tag: string, data: Readonly<Record<string, unknown>>): void {
    const firing = this.#send(tag, data)
      .catch((error: unknown) => {
        this.#ctx.log.warning('The event of a state was not fired', { tag, reason: asSaltError(error).message })
      })
      .finally(() => this.#pending.delete(firing))
    this.#pending.add(firing)
  }

  /** To the masters, or on the bus of this process where it is that of a master. */
  async #send(tag: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    const { services } = this.#ctx
    if (services.masters === undefined && services.fireMaster === undefined) {
      this.#isDeaf ||= !(await this.#ctx.emit(tag, data))
      return
    }
    await this.#ctx.salt('event.fire_master', [data, tag], { preload: { jid: this.#jid } })
  }
}
