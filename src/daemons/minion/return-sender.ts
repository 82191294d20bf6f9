import type { JobReturn } from '../../client/api.ts'
import type { ReturnSpool } from '../../engine/jobs/return-spool.ts'
import type { RecordChannel } from '../../wire/channel.ts'
import { PacedSender } from '../../wire/paced-sender.ts'

type Channel = Pick<RecordChannel, 'send' | 'isCongested' | 'relieved' | 'isOpen'>
type Spool = Pick<ReturnSpool, 'acknowledge'>

/** Brings returns to the master over one session, never more at a time than the session takes: the spool holds the rest. */
export class ReturnSender {
  readonly #spool: Spool
  /** Numbers of returns that the master has not confirmed, in their order; held ones are among them. */
  readonly #unconfirmed = new Set<number>()
  readonly #sender: PacedSender<{ readonly seq: number; readonly ret: JobReturn }>

  constructor(channel: Channel, spool: Spool) {
    this.#spool = spool
    this.#sender = new PacedSender({
      offer: ({ seq, ret }) => !channel.isCongested && channel.send({ kind: 'return', seq, ...ret }),
      relieved: () => channel.relieved(),
      isGone: () => !channel.isOpen,
    })
  }

  send(seq: number, ret: JobReturn): void {
    this.#unconfirmed.add(seq)
    this.#sender.add({ seq, ret })
  }

  /** A large return may be overtaken by small ones: the spool may forget only what lies below the lowest open number. */
  confirmed(seqs: readonly number[]): void {
    let highest = 0
    for (const seq of seqs) {
      this.#unconfirmed.delete(seq)
      highest = Math.max(highest, seq)
    }
    const lowest = this.#unconfirmed.values().next().value
    this.#spool.acknowledge(lowest === undefined ? highest : lowest - 1)
  }
}
