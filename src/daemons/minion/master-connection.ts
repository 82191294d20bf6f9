import type { Clock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { JobReturn } from '../../client/api.ts'
import { createMasterClient, type MasterClientOptions } from '../../client/master-client.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { MasterPin } from '../../client/master-pin.ts'
import { masterCalls } from '../../client/master-session.ts'
import type { ReturnSpool } from '../../engine/jobs/return-spool.ts'
import { JobVerifier } from '../../engine/jobs/signature.ts'
import type { JobLoad } from '../../engine/jobs/types.ts'
import type { Grains } from '../../engine/plugin.ts'
import type { RecordChannel } from '../../wire/channel.ts'
import type { ClientState, WireClient } from '../../wire/client.ts'
import { RpcPeer } from '../../wire/rpc.ts'
import type { EventOutbox } from './event-outbox.ts'
import { guardJob } from './job-guard.ts'
import type { JobRunner } from './job-runner.ts'
import { PatientCalls } from './patient-calls.ts'
import { ReturnSender } from './return-sender.ts'

export interface MasterConnectionOptions extends Omit<MasterClientOptions, 'role' | 'onSession' | 'onState'> {
  readonly clock: Clock
  readonly log: Log
  readonly spool: ReturnSpool
  readonly runner: JobRunner
  readonly events: Pick<EventOutbox, 'begin'>
  grains(): Grains
  /** Names of the grains that the event of the start shows. */
  startEventGrains(): readonly string[]
  /** The master is to fire that event under its old tag, too. */
  readonly legacyStart: boolean
  /** Jobs of this process that still run. */
  runningJids(): readonly string[]
  onState(state: ClientState): void
  /** The master was told what this minion is, and can be asked from now on. */
  begun(): void
}

interface LiveSession {
  readonly channel: RecordChannel
  readonly rpc: RpcPeer
  readonly returns: ReturnSender
}

/** One minion's lasting connection to one master: takes its jobs and brings it every return, over as many sessions as it takes. */
export class MasterConnection implements AsyncDisposable {
  readonly #options: MasterConnectionOptions
  readonly #client: WireClient
  readonly #calls: PatientCalls
  #session: LiveSession | undefined
  #verifier: JobVerifier | undefined
  /** Master's clock minus our monotonic one, in milliseconds, as told at the start of the session: ours may be set any time. */
  #clockOffsetMs = 0

  constructor(options: MasterConnectionOptions) {
    this.#options = options
    this.#calls = new PatientCalls(options.address.text, options.clock)
    this.#client = createMasterClient({
      ...options,
      role: 'minion',
      onSession: (channel, welcome, pin) => this.#begin(channel, welcome, pin),
    })
  }

  start(): void {
    this.#options.runner.endInterrupted()
    this.#client.start()
  }

  get address(): string {
    return this.#options.address.text
  }

  get isConnected(): boolean {
    return this.#session !== undefined
  }

  get calls(): MasterCalls {
    return this.#calls
  }

  /** Tells the master what this minion is now. */
  announceGrains(grains: Grains): void {
    this.#session?.rpc.notify({ kind: 'grains', grains })
  }

  /** Brings a return that no job of this master asked for; it waits in the spool until the master has it. */
  deliver(ret: JobReturn): void {
    const seq = this.#options.spool.finish(ret)
    this.#session?.returns.send(seq, ret)
  }

  async drain(): Promise<void> {
    this.#calls.end()
    await this.#session?.channel.drain()
    await this.#client.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#calls.end()
    await this.#client[Symbol.asyncDispose]()
  }

  #begin(channel: RecordChannel, welcome: unknown, pin: MasterPin): void {
    const now = isRecord(welcome) && typeof welcome.now === 'number' ? welcome.now : this.#options.clock.now()
    this.#clockOffsetMs = now - this.#options.clock.monotonic()
    const rpc = new RpcPeer(channel, {
      clock: this.#options.clock,
      onNotice: (record) => this.#notice(record, pin),
    })
    const returns = new ReturnSender(channel, this.#options.spool)
    const session = { channel, rpc, returns }
    this.#session = session
    void channel.closed.then(() => {
      if (this.#session === session) this.#session = undefined
      this.#calls.lose(rpc)
    })
    this.#calls.begin(rpc)
    const { grains, startEventGrains, runningJids, legacyStart, events } = this.#options
    rpc.notify({
      kind: 'hello',
      grains: grains(),
      running: runningJids(),
      startGrains: startEventGrains(),
      ...(legacyStart ? { legacyStart } : {}),
    })
    events.begin(masterCalls(this.address, rpc), channel.closed)
    for (const { seq, ret } of this.#options.spool.unacknowledged()) returns.send(seq, ret)
    this.#options.begun()
  }

  #notice(record: Record<string, unknown>, pin: MasterPin): void {
    if (record.kind === 'job') this.#job(record, pin)
    else if (record.kind === 'acknowledge' && Array.isArray(record.seqs))
      this.#session?.returns.confirmed(record.seqs.map(Number))
  }

  #job(record: Record<string, unknown>, pin: MasterPin): void {
    const { log, clock } = this.#options
    if (pin.publicKeyRaw === undefined) return
    // The key of a pin never changes.
    this.#verifier ??= new JobVerifier(pin.publicKeyRaw)
    try {
      const guarded = guardJob(record, {
        id: this.#options.id,
        verifier: this.#verifier,
        masterNow: () => clock.monotonic() + this.#clockOffsetMs,
        grains: this.#options.grains,
      })
      if (guarded.kind === 'refused')
        this.#tell({ kind: 'refused', jid: guarded.jid, state: guarded.state, reason: guarded.reason })
      else this.#take(guarded.load)
    } catch (error) {
      log.error('dropped a job that cannot be trusted', { master: this.address, error: asSaltError(error).message })
    }
  }

  #take(load: JobLoad): void {
    const intake = this.#options.runner.take(load)
    if (intake.kind === 'refused')
      return this.#tell({ kind: 'refused', jid: load.jid, state: 'denied', reason: intake.reason })
    if (intake.kind === 'seen') return this.#tell({ kind: 'ack', jid: load.jid })
    if (intake.kind === 'ran') return this.#tell({ kind: 'seen', jid: load.jid })
    void intake.noted.then(() => this.#tell({ kind: 'ack', jid: load.jid }))
    void intake.finished.then(({ seq, ret }) => this.#session?.returns.send(seq, ret))
  }

  #tell(record: Record<string, unknown> & { kind: string }): void {
    this.#session?.rpc.notify(record)
  }
}
