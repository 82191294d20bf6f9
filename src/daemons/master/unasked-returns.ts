import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn } from '../../client/api.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import type { JobStore } from '../../engine/jobs/types.ts'

export interface UnaskedReturnsOptions {
  readonly bus: Pick<EventBus, 'fire'>
  readonly store: Pick<JobStore, 'get'>
  readonly jids: Pick<JidClock, 'next'>
  readonly publisher: { returnedUnasked(ret: JobReturn, user: string): void }
  /** Whose job it is where the return does not say. */
  readonly user: string
}

/** Jids that were given in place of others, for returns that come a second time. The oldest go first. */
const mostRenamed = 10_000

/**
 * Returns of jobs that minions run by their own schedules. Each minion makes their jids by its own clock, and a thousand minions
 * that run something at the full hour make some of them twice: the second minion gets another one, as Salt's masters give them.
 */
export class UnaskedReturns {
  readonly #options: UnaskedReturnsOptions
  readonly #renamed = new Map<string, string>()

  constructor(options: UnaskedReturnsOptions) {
    this.#options = options
  }

  take(ret: JobReturn): void {
    const { bus, publisher, user } = this.#options
    if (ret.nocache === true) {
      bus.fire(tagOf('salt/job/:jid/ret/:id', 'nocache', ret.id), { cmd: '_return', ...ret, jid: 'nocache' })
      return
    }
    publisher.returnedUnasked({ ...ret, jid: this.#jidFor(ret) }, ret.user ?? user)
  }

  #jidFor({ jid, id }: JobReturn): string {
    const { store, jids } = this.#options
    const known = store.get(jid)
    if (known === undefined || known.minions.includes(id)) return jid
    const key = `${jid}/${id}`
    const renamed = this.#renamed.get(key) ?? jids.next()
    this.#renamed.set(key, renamed)
    const [oldest] = this.#renamed.keys()
    if (this.#renamed.size > mostRenamed && oldest !== undefined) this.#renamed.delete(oldest)
    return renamed
  }
}
