import type { BusEvent } from '../../src/bus/event.ts'
import type { BusMethods } from '../../src/client/api.ts'
import type { BusConnection } from '../../src/client/master-bus.ts'
import { Changes } from './waiting.ts'

/** All events of a daemon's bus from now on. */
export class BusEvents implements AsyncDisposable {
  readonly seen: BusEvent[] = []
  readonly #bus: AsyncDisposable
  readonly #changes = new Changes()

  private constructor(bus: AsyncDisposable) {
    this.#bus = bus
  }

  /** Resolves when the subscription is active; takes over the connection. */
  static async of(bus: BusConnection<BusMethods>, from: { readonly since?: number } = {}): Promise<BusEvents> {
    const events = new BusEvents(bus)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const subscribe = bus.call(
      'subscribe',
      { pattern: '', match: 'startswith', ...from },
      {
        onItem: (item) => {
          resolve()
          if ('gap' in item) throw new Error(`${item.gap.dropped} events were dropped`)
          events.seen.push(...item.events)
          events.#changes.happened()
        },
      },
    )
    subscribe.catch(reject)
    await promise
    return events
  }

  tagged(tag: RegExp): readonly BusEvent[] {
    return this.seen.filter((event) => tag.test(event.tag))
  }

  /** The first event of the tag that `matches`, seen already or still to come. */
  until(tag: RegExp, matches: (data: BusEvent['data']) => boolean = () => true): Promise<BusEvent> {
    return this.#changes.until(
      () => this.seen.find((event) => tag.test(event.tag) && matches(event.data)),
      () => `no event ${tag} among:\n${this.seen.map((event) => event.tag).join('\n')}`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus[Symbol.asyncDispose]()
  }
}
