import type { JobReturn } from '../../client/api.ts'
import type { ReturnSpool } from '../../engine/jobs/return-spool.ts'
import type { RecordChannel } from '../../wire/channel.ts'

type Channel = Pick<RecordChannel, 'send' | 'isCongested' | 'relieved' | 'isOpen'>
type Spool = Pick<ReturnSpool, 'acknowledge'>

/** Brings returns to the master over one session, never more at a time than the session takes: the spool holds the rest. */
export class ReturnSender {
  readonly #channel: Channel
  readonly #spool: Spool
  /** Numbers of returns that the master has not confirmed, in their order; held ones are among them. */
  readonly #unconfirmed = new Set<number>()
  /** Returns that wait until the session is relieved. */
  readonly #held = new Map<number, JobReturn>()
  #isWaiting = false

  constructor(channel: Channel, spool: Spool) {
    this.#channel = channel
    this.#spool = spool
  }

  send(seq: number, ret: JobReturn): void {
    this.#unconfirmed.add(seq)
    this.#held.set(seq, ret)
    this.#pump()
  }

  /** A large return may be overtaken by small ones: the spool may forget only what lies below the lowest open number. */
  confirmed(seqs: readonly number[]): void {
    for (const seq of seqs) this.#unconfirmed.delete(seq)
    const lowest = this.#unconfirmed.values().next().value
    this.#spool.acknowledge(lowest === undefined ? Math.max(...seqs) : lowest - 1)
  }

  #pump(): void {
    if (this.#isWaiting) return
    for (const [seq, ret] of this.#held) {
      if (this.#channel.isCongested) return void this.#wait()
      this.#held.delete(seq)
      this.#channel.send({ kind: 'return', seq, ...ret })
    }
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true
    await this.#channel.relieved()
    this.#isWaiting = false
    if (this.#channel.isOpen) this.#pump()
    else this.#held.clear()
  }
}
