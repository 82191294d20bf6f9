import { wasInterrupted } from './interruption.ts'

/** What goes out of a socket: one send at a time, as ZeroMQ wants it, and no more waiting than the bound allows. */
export class Writer<Message> {
  readonly #send: (message: Message) => Promise<void>
  readonly #onFailure: (message: Message, error: unknown) => void
  readonly #maximumWaiting: number
  #waiting: Message[] = []
  #position = 0
  #working = false
  #closed = false
  #onIdle: (() => void)[] = []

  constructor(options: {
    send(message: Message): Promise<void>
    onFailure(message: Message, error: unknown): void
    maximumWaiting: number
  }) {
    this.#send = options.send
    this.#onFailure = options.onFailure
    this.#maximumWaiting = options.maximumWaiting
  }

  /** False when too much waits or the writer is closed. */
  add(message: Message): boolean {
    if (this.#closed || this.#waiting.length - this.#position >= this.#maximumWaiting) return false
    this.#waiting.push(message)
    if (!this.#working) void this.#work()
    return true
  }

  /** Resolves when everything so far was handed to the socket. */
  idle(): Promise<void> {
    if (!this.#working) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#position = 0
  }

  async #work(): Promise<void> {
    this.#working = true
    for (;;) {
      const message = this.#waiting[this.#position]
      if (message === undefined) break
      this.#position += 1
      try {
        await this.#send(message)
      } catch (error) {
        if (wasInterrupted(error) && !this.#closed) {
          this.#position -= 1
          continue
        }
        if (!this.#closed) this.#onFailure(message, error)
      }
      if (this.#position >= this.#waiting.length) {
        this.#waiting = []
        this.#position = 0
      }
    }
    this.#working = false
    const waiting = this.#onIdle
    this.#onIdle = []
    for (const resolve of waiting) resolve()
  }
}
