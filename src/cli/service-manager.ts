/**
 * What a daemon tells the service manager that started it, by systemd's protocol (sd_notify): `READY=1` and the like, one datagram
 * each, to the socket that `NOTIFY_SOCKET` names. Without that variable nothing is loaded and nothing is sent.
 */
import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { DatagramSender } from '../base/unix-datagram.ts'

const variables = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

export class ServiceManager implements Disposable {
  readonly #clock: Clock
  readonly #address: string | undefined
  readonly #watchdogMs: number | undefined
  #sender: DatagramSender | undefined
  #timer: Timer | undefined

  private constructor(address: string | undefined, watchdogMs: number | undefined, clock: Clock) {
    this.#address = address
    this.#watchdogMs = watchdogMs
    this.#clock = clock
  }

  /** Takes the variables out of the environment: a program that a job starts must not speak for the daemon. */
  static take(clock: Clock, environment: NodeJS.ProcessEnv = process.env): ServiceManager {
    const { NOTIFY_SOCKET: address, WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment
    for (const name of variables) delete environment[name]
    const isOurs = pid === undefined || pid === String(process.pid)
    const watchdogMs = isOurs && microseconds !== undefined ? Number(microseconds) / 1000 : 0
    return new ServiceManager(address === '' ? undefined : address, watchdogMs > 0 ? watchdogMs : undefined, clock)
  }

  /** Says that the daemon is up, and from now on that it lives. A daemon that cannot say so works all the same. */
  async ready(log: Pick<Log, 'warning'>): Promise<void> {
    if (this.#address === undefined) return
    try {
      const { DatagramSender } = await import('../base/unix-datagram.ts')
      this.#sender = await DatagramSender.open(this.#address)
    } catch (thrown) {
      log.warning('the service manager cannot be told that this daemon is ready', {
        reason: asSaltError(thrown).message,
      })
      return
    }
    this.#send('READY=1')
    this.#feedWatchdog()
  }

  /** Says that the configuration is read again, until `reloaded`. */
  reloading(): void {
    // systemd compares the time with its own, to tell this reload from an earlier one.
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
  }

  reloaded(): void {
    this.#send('READY=1')
  }

  stopping(): void {
    this.#send('STOPPING=1')
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
    this.#sender?.[Symbol.dispose]()
    this.#sender = undefined
  }

  /** Twice in the time after which systemd takes a silent daemon for dead, as its manual advises. */
  #feedWatchdog(): void {
    if (this.#watchdogMs === undefined || this.#sender === undefined) return
    this.#send('WATCHDOG=1')
    this.#timer = this.#clock.after(this.#watchdogMs / 2, () => this.#feedWatchdog(), { background: true })
  }

  #send(words: string): void {
    this.#sender?.send(words)
  }
}
