import type { Clock } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import { pack, packParts, unpack } from '../base/msgpack.ts'
import { isRecord } from '../base/narrow.ts'
import { release } from '../base/release.ts'
import { BulkReceiver, BulkSender, chunkSize } from './bulk.ts'
import type { CloseReason, Peer, RecordChannel } from './channel.ts'
import { open, sealParts } from './crypto.ts'
import { ReceiveWindow, SendWindow } from './flow.ts'
import { encodeHeader, type Frame, type FrameType, frameTypes } from './frame.ts'
import { Heartbeat } from './heartbeat.ts'
import { noiseNonce } from './noise.ts'
import { RecordBatch, recordsIn } from './record-batch.ts'
import { nextKeys, type SessionKeys } from './session-keys.ts'
import { defaultSessionLimits, type SessionLimits } from './session-limits.ts'

export interface SessionOptions {
  readonly id: bigint
  readonly peer: Peer
  readonly instance?: string
  readonly keys: SessionKeys
  readonly clock: Clock
  readonly limits?: Partial<SessionLimits>
  /** Hands a frame to the transport; false when it was not taken. */
  transmit(frame: Buffer): boolean
  /** The receiver of the records has thrown: a fault of this program. The session ends. */
  onFault?(error: unknown): void
}

/** A batch is sent at the end of the tick, or as soon as it is this large. */
const batchLimit = 512 * 1024
const framesPerKey = 2n ** 32n
const longestReason = 500

/** What a received frame is against the session that it names. */
export type FrameVerdict = 'taken' | 'wrong-key' | 'replay' | 'gap' | 'bad-record'

interface Direction {
  control: bigint
  bulk: bigint
}

/**
 * The sealed conversation after a handshake. Frames of each purpose are numbered without gaps: a repeated, missing or
 * reordered one ends the session, so that nothing is lost or done twice without both sides knowing.
 */
export class Session implements RecordChannel {
  readonly id: bigint
  readonly peer: Peer
  readonly instance: string
  readonly closed: Promise<CloseReason>
  readonly #options: SessionOptions
  readonly #limits: SessionLimits
  readonly #bulkSender: BulkSender
  readonly #bulkReceiver = new BulkReceiver()
  readonly #sendWindow = new SendWindow()
  readonly #receiveWindow = new ReceiveWindow()
  #keys: SessionKeys
  readonly #sent: Direction = { control: 0n, bulk: 0n }
  readonly #received: Direction = { control: 0n, bulk: 0n }
  readonly #batch = new RecordBatch()
  #flushPlanned = false
  #handler: ((record: unknown) => void) | undefined
  #packedHandler: ((record: Buffer) => boolean) | undefined
  #waiting: unknown[] = []
  #waitingBytes = 0
  /** Who waits for a state of the queues. */
  #patient: { readonly isMet: () => boolean; resolve(): void }[] = []
  #resolveClosed: (reason: CloseReason) => void = () => {}
  #isOpen = true
  readonly #heartbeat: Heartbeat
  #keyedAt: number
  readonly #pings = new Map<number, (alive: boolean) => void>()
  #nextPing = 1

  constructor(options: SessionOptions) {
    this.#options = options
    this.#limits = { ...defaultSessionLimits, ...options.limits }
    this.id = options.id
    this.peer = options.peer
    this.instance = options.instance ?? ''
    this.#keys = options.keys
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#bulkSender = new BulkSender(
      (chunk) => this.#transmit(frameTypes.bulk, [chunk]),
      this.#limits.maximumRecord * 2,
    )
    this.#keyedAt = options.clock.monotonic()
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      periodMs: this.#limits.heartbeatMs,
      onIdle: () => this.#control({ kind: 'ping', number: 0 }),
      onLost: () => this.#end({ code: 'lost', message: 'nothing was heard of the peer' }),
      onBeat: (now) => {
        if (now - this.#keyedAt >= this.#limits.rekeyMs) this.#rekey()
      },
    })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get isCongested(): boolean {
    return this.#isOpen && this.#queuedBytes >= this.#limits.congestedAt
  }

  get #queuedBytes(): number {
    return this.#sendWindow.onTheWay + this.#batch.size + this.#bulkSender.queued
  }

  send(record: unknown): boolean {
    if (!this.#isOpen) return false
    const parts = packParts(record, this.#limits.sendDepth)
    const size = parts.reduce((sum, part) => sum + part.byteLength, 0)
    if (size > chunkSize) return this.#sendBulk(Buffer.concat(parts))
    this.#batch.add(parts, size)
    if (this.#sendWindow.onTheWay + this.#batch.size > this.#limits.maximumOnTheWay) this.#overflow()
    else if (this.#batch.size >= batchLimit) this.flush()
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true
      setImmediate(() => this.flush())
    }
    return this.#isOpen
  }

  onRecord(handler: (record: unknown) => void): void {
    this.#handler = handler
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const record of waiting) this.#handOver(record)
  }

  onPacked(handler: (record: Buffer) => boolean): void {
    this.#packedHandler = handler
  }

  /** Keeps records until `onRecord` is called again. */
  holdRecords(): void {
    this.#handler = undefined
    this.#packedHandler = undefined
  }

  flush(): void {
    this.#flushPlanned = false
    if (this.#batch.size === 0 || !this.#isOpen) return
    this.#sendWindow.add(this.#batch.size)
    this.#transmit(frameTypes.data, this.#batch.take())
  }

  drain(): Promise<void> {
    this.flush()
    return this.#until(() => this.#bulkSender.queued === 0)
  }

  relieved(): Promise<void> {
    return this.#until(() => !this.isCongested)
  }

  close(reason: CloseReason = { code: 'closed', message: 'closed by this side' }): void {
    if (!this.#isOpen) return
    this.flush()
    this.#control({ kind: 'close', code: reason.code, message: reason.message.slice(0, longestReason) })
    this.#end(reason)
  }

  /** Ends the session without a word to the peer: it is gone, or must not learn anything. */
  abandon(reason: CloseReason): void {
    this.#end(reason)
  }

  /** Whether the peer answers within the time. */
  ping(timeoutMs: number): Promise<boolean> {
    if (!this.#isOpen) return Promise.resolve(false)
    const number = this.#nextPing++
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(timeoutMs, () => settle(false), { background: true })
      const settle = (alive: boolean): void => {
        timer.cancel()
        this.#pings.delete(number)
        resolve(alive)
      }
      this.#pings.set(number, settle)
      this.#control({ kind: 'ping', number })
    })
  }

  /**
   * Takes a frame that names this session. Never throws: what is wrong is the verdict, and ends the session where it must.
   * `isElsewhere`: it came over another connection than the last one. Whoever has recorded a frame can send it again from
   * anywhere; that alone must not end the session.
   */
  receive(frame: Frame, isElsewhere = false): FrameVerdict {
    // What was on its way when the session ended belongs to nobody.
    if (!this.#isOpen) return 'taken'
    const purpose = frame.type === frameTypes.bulk ? 'bulk' : 'control'
    let body: Buffer
    try {
      body = open(this.#keys.receive[purpose], noiseNonce(frame.counter), frame.header, frame.body)
    } catch {
      return 'wrong-key'
    }
    const expected = this.#received[purpose]
    if (frame.counter !== expected) {
      const verdict = frame.counter < expected ? 'replay' : 'gap'
      const message = verdict === 'gap' ? 'a frame is missing' : 'a frame came twice'
      if (!isElsewhere) this.close({ code: 'replay', message })
      return verdict
    }
    this.#received[purpose] = expected + 1n
    this.#heartbeat.received()
    try {
      this.#take(frame.type, body)
      return 'taken'
    } catch (error) {
      this.close({ code: 'bad-frame', message: asSaltError(error).message })
      return 'bad-record'
    }
  }

  #take(type: FrameType, body: Buffer): void {
    if (type === frameTypes.control) return this.#takeControl(unpack(body))
    if (type === frameTypes.bulk) return this.#takeChunk(body)
    const { byteLength } = body
    let isUsed = false
    for (const record of recordsIn(body)) {
      if (!this.#isOpen) return
      if (!this.#takePacked(record)) {
        isUsed = true
        this.#deliver(record)
      }
    }
    if (!isUsed) release(body)
    const total = this.#receiveWindow.add(byteLength)
    if (total !== undefined) this.#control({ kind: 'taken', bytes: total })
  }

  #takeChunk(body: Buffer): void {
    const { maximumRecord, maximumWaitingBytes } = this.#limits
    const record = this.#bulkReceiver.add(body, this.#handler === undefined ? maximumWaitingBytes : maximumRecord)
    this.#control({ kind: 'credit', chunks: 1 })
    if (record !== undefined && !this.#takePacked(record)) this.#deliver(record)
  }

  #takeControl(message: unknown): void {
    if (!isRecord(message)) throw new SaltError('bad-frame', 'a control message that is no mapping')
    switch (message.kind) {
      case 'ping':
        return this.#control({ kind: 'pong', number: typeof message.number === 'number' ? message.number : 0 })
      case 'pong':
        return this.#pings.get(Number(message.number))?.(true)
      case 'credit':
        this.#bulkSender.credit(message.chunks)
        return this.#tellPatient()
      case 'taken':
        this.#sendWindow.taken(message.bytes)
        return this.#tellPatient()
      case 'rekey':
        this.#keys = { ...this.#keys, receive: nextKeys(this.#keys.receive) }
        return
      case 'close':
        return this.#end(closeReasonFrom(message))
      default:
        throw new SaltError('bad-frame', 'a control message of an unknown kind')
    }
  }

  #deliver(bytes: Buffer): void {
    const record = unpack(bytes, this.#limits.receiveDepth)
    if (this.#handler !== undefined) return this.#handOver(record)
    const { maximumWaiting, maximumWaitingBytes } = this.#limits
    this.#waitingBytes += bytes.byteLength
    if (this.#waiting.length >= maximumWaiting || this.#waitingBytes > maximumWaitingBytes)
      throw new SaltError('overloaded', 'too many records wait for a receiver')
    this.#waiting.push(record)
  }

  /** A receiver that throws `bad-frame` has found a fault of the peer; anything else is our own, and no affair of the transport's. */
  #handOver(record: unknown): void {
    if (this.#handler === undefined) {
      this.#waiting.push(record)
      return
    }
    try {
      this.#handler(record)
    } catch (error) {
      if (error instanceof SaltError && error.code === 'bad-frame') throw error
      this.#fault(error)
    }
  }

  /** Whether there is one who wanted the bytes as they are; also one who has a fault of this program. */
  #takePacked(bytes: Buffer): boolean {
    try {
      return this.#packedHandler?.(bytes) === true
    } catch (error) {
      this.#fault(error)
      return true
    }
  }

  #fault(error: unknown): void {
    this.#options.onFault?.(error)
    this.close({ code: 'closed', message: 'the receiver of the records has a fault' })
  }

  #sendBulk(bytes: Buffer): boolean {
    if (bytes.byteLength > this.#limits.maximumRecord) {
      throw new SaltError(
        'overloaded',
        `a record of ${bytes.byteLength} bytes is larger than the limit of ${this.#limits.maximumRecord}`,
      )
    }
    this.flush()
    if (!this.#bulkSender.add(bytes)) this.#overflow()
    return this.#isOpen
  }

  #overflow(): void {
    this.#batch.clear()
    this.close({ code: 'overflow', message: 'too many bytes wait for the peer' })
  }

  #control(message: Record<string, unknown>): void {
    this.#transmit(frameTypes.control, [pack(message)])
  }

  #transmit(type: FrameType, body: readonly Uint8Array[]): void {
    if (!this.#isOpen) return
    const purpose = type === frameTypes.bulk ? 'bulk' : 'control'
    const counter = this.#sent[purpose]
    this.#sent[purpose] = counter + 1n
    this.#heartbeat.sent()
    const header = encodeHeader(type, this.id, counter)
    const sealed = sealParts(this.#keys.send[purpose], noiseNonce(counter), header, body)
    const bytes = Buffer.concat([header, ...sealed])
    for (const part of sealed) release(part)
    if (!this.#options.transmit(bytes)) {
      this.#end({ code: 'overflow', message: 'the peer does not take what is sent to it' })
    } else if (counter > 0n && counter % framesPerKey === 0n) this.#rekey()
  }

  #rekey(): void {
    this.#keyedAt = this.#options.clock.monotonic()
    this.#control({ kind: 'rekey' })
    this.#keys = { ...this.#keys, send: nextKeys(this.#keys.send) }
  }

  #end(reason: CloseReason): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#heartbeat.stop()
    this.#batch.clear()
    for (const settle of this.#pings.values()) settle(false)
    this.#resolveClosed(reason)
    this.#tellPatient()
  }

  #until(isMet: () => boolean): Promise<void> {
    if (!this.#isOpen || isMet()) return Promise.resolve()
    return new Promise((resolve) => this.#patient.push({ isMet, resolve }))
  }

  #tellPatient(): void {
    if (this.#patient.length === 0) return
    const patient = this.#patient
    this.#patient = patient.filter(({ isMet }) => this.#isOpen && !isMet())
    for (const waiter of patient) if (!this.#patient.includes(waiter)) waiter.resolve()
  }
}

function closeReasonFrom(message: Record<string, unknown>): CloseReason {
  const reasons: readonly CloseReason['code'][] = ['revoked', 'replaced', 'recalled', 'overflow', 'replay', 'bad-frame']
  const code = reasons.find((known) => known === message.code) ?? 'peer-closed'
  const text = typeof message.message === 'string' ? message.message : 'closed by the peer'
  return { code, message: text.slice(0, longestReason) }
}
