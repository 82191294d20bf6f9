/** The way of `salt call` to its masters: connected when it is first needed, or at once. */

import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { JobReturn } from '../../client/api.ts'
import { masterAddresses } from '../../client/master-address.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { CallerSessions } from '../../client/master-session.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'

/** A master that is slow to store a return must not hold up the command for long. */
const tellTimeoutMs = 5000

export class MasterLink implements AsyncDisposable {
  readonly #masters: readonly MasterCalls[]
  readonly #minion: MinionOptions
  readonly #timeoutMs: number
  readonly #log: Log
  #sessions: Promise<CallerSessions> | undefined
  /** Addresses of those that have admitted us. */
  #reached: ReadonlySet<string> = new Set()

  constructor(minion: MinionOptions, timeoutMs: number, log: Log) {
    this.#minion = minion
    this.#timeoutMs = timeoutMs
    this.#log = log
    const { master, master_port } = minion.values
    this.#masters = masterAddresses(master, master_port).map(({ text }) => this.#lazyMaster(text))
  }

  /** In the order of the configuration, those that have not admitted us last. */
  get masters(): readonly MasterCalls[] {
    const isAway = ({ address }: MasterCalls): number => Number(!this.#reached.has(address))
    return this.#masters.toSorted((left, right) => isAway(left) - isAway(right))
  }

  /** Throws `master-unreachable`, `key-pending`, `key-rejected` or `master-mismatch` when no master admits us in time. */
  connect(): Promise<CallerSessions> {
    this.#sessions ??= this.#connect()
    return this.#sessions
  }

  /** Tells every connected master what was run here. */
  async tell(ret: JobReturn): Promise<void> {
    const { masters } = await this.connect()
    await Promise.all(masters.map((master) => master.call('return', ret, { timeoutMs: tellTimeoutMs })))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = await this.#sessions?.catch(() => undefined)
    await sessions?.[Symbol.asyncDispose]()
  }

  async #connect(): Promise<CallerSessions> {
    const { connectMasters } = await import('../../client/master-session.ts')
    const { values, paths, id } = this.#minion
    const sessions = await connectMasters({
      id,
      master: values.master,
      masterPort: values.master_port,
      pkiDir: paths.pki_dir,
      masterFinger: values.master_finger,
      requireMasterFinger: values.require_master_finger,
      timeoutMs: this.#timeoutMs,
      log: this.#log,
    })
    this.#reached = new Set(sessions.masters.map(({ address }) => address))
    return sessions
  }

  #lazyMaster(address: string): MasterCalls {
    return {
      address,
      call: async (method, params, options) => {
        const { masters } = await this.connect()
        const master = masters.find((candidate) => candidate.address === address)
        if (master !== undefined) return await master.call(method, params, options)
        throw new SaltError('master-unreachable', `the master at ${address} does not answer`)
      },
    }
  }
}
