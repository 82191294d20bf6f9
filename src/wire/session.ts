import type { Clock, Timer } from '../base/clock.ts'
import { asSaltError, SaltError } from '../base/errors.ts'
import { pack, unpack } from '../base/msgpack.ts'
import { isRecord } from '../base/narrow.ts'
import { BulkReceiver, BulkSender, chunkSize } from './bulk.ts'
import type { CloseReason, Peer, RecordChannel } from './channel.ts'
import { open, seal } from './crypto.ts'
import { encodeHeader, type Frame, type FrameType, frameTypes } from './frame.ts'
import { noiseNonce } from './noise.ts'
import { nextKeys, type SessionKeys } from './session-keys.ts'

export interface SessionLimits {
  /** Idle time after which a side says that it lives. Milliseconds; 0: never. */
  readonly heartbeatMs: number
  /** Largest record. Bytes. */
  readonly maximumRecord: number
  /** Records kept while nobody receives them yet. */
  readonly maximumWaiting: number
  readonly rekeyMs: number
}

export const defaultSessionLimits: SessionLimits = {
  heartbeatMs: 30_000,
  maximumRecord: 64 * 1024 * 1024,
  maximumWaiting: 10_000,
  rekeyMs: 4 * 3_600_000,
}

export interface SessionOptions {
  readonly id: bigint
  readonly peer: Peer
  readonly instance?: string
  readonly keys: SessionKeys
  readonly clock: Clock
  readonly limits?: Partial<SessionLimits>
  /** Hands a frame to the transport; false when it was not taken. */
  transmit(frame: Buffer): boolean
}

/** A batch is sent at the end of the tick, or as soon as it is this large. */
const batchLimit = 512 * 1024
const lostAfterPeriods = 2.5
const framesPerKey = 2n ** 32n

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
  readonly #bulkReceiver: BulkReceiver
  #keys: SessionKeys
  readonly #sent: Direction = { control: 0n, bulk: 0n }
  readonly #received: Direction = { control: 0n, bulk: 0n }
  #batch: Buffer[] = []
  #batchSize = 0
  #flushPlanned = false
  #handler: ((record: unknown) => void) | undefined
  #waiting: unknown[] = []
  #resolveClosed: (reason: CloseReason) => void = () => {}
  #isOpen = true
  #heartbeat: Timer | undefined
  #lastReceived: number
  #lastSent: number
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
    this.#bulkSender = new BulkSender((chunk) => this.#transmit(frameTypes.bulk, chunk), this.#limits.maximumRecord * 2)
    this.#bulkReceiver = new BulkReceiver(this.#limits.maximumRecord)
    const now = options.clock.monotonic()
    this.#lastReceived = now
    this.#lastSent = now
    this.#keyedAt = now
    this.#planHeartbeat()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  send(record: unknown): boolean {
    if (!this.#isOpen) return false
    const bytes = pack(record)
    if (bytes.byteLength > chunkSize) return this.#sendBulk(bytes)
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(bytes.byteLength)
    this.#batch.push(length, bytes)
    this.#batchSize += bytes.byteLength + 4
    if (this.#batchSize >= batchLimit) this.flush()
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
    for (const record of waiting) this.#handler(record)
  }

  /** Keeps records until `onRecord` is called again. */
  holdRecords(): void {
    this.#handler = undefined
  }

  flush(): void {
    this.#flushPlanned = false
    if (this.#batchSize === 0 || !this.#isOpen) return
    const body = Buffer.concat(this.#batch, this.#batchSize)
    this.#batch = []
    this.#batchSize = 0
    this.#transmit(frameTypes.data, body)
  }

  drain(): Promise<void> {
    this.flush()
    return Promise.resolve()
  }

  close(reason: CloseReason = { code: 'closed', message: 'closed by this side' }): void {
    if (!this.#isOpen) return
    this.flush()
    this.#control({ kind: 'close', code: reason.code, message: reason.message })
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

  /** Takes a frame that names this session. Never throws: what is wrong is the verdict, and ends the session where it must. */
  receive(frame: Frame): FrameVerdict {
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
      this.close({ code: 'replay', message: verdict === 'gap' ? 'a frame is missing' : 'a frame came twice' })
      return verdict
    }
    this.#received[purpose] = expected + 1n
    this.#lastReceived = this.#options.clock.monotonic()
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
    let position = 0
    while (position < body.byteLength && this.#isOpen) {
      if (position + 4 > body.byteLength) throw new SaltError('bad-frame', 'a record is cut short')
      const end = position + 4 + body.readUInt32BE(position)
      if (end > body.byteLength) throw new SaltError('bad-frame', 'a record is cut short')
      this.#deliver(unpack(body.subarray(position + 4, end)))
      position = end
    }
  }

  #takeChunk(body: Buffer): void {
    const record = this.#bulkReceiver.add(body)
    this.#control({ kind: 'credit', chunks: 1 })
    if (record !== undefined) this.#deliver(unpack(record))
  }

  #takeControl(message: unknown): void {
    if (!isRecord(message)) throw new SaltError('bad-frame', 'a control message that is no mapping')
    switch (message.kind) {
      case 'ping':
        return this.#control({ kind: 'pong', number: message.number })
      case 'pong':
        return this.#pings.get(Number(message.number))?.(true)
      case 'credit':
        return this.#bulkSender.credit(Number(message.chunks))
      case 'rekey':
        this.#keys = { ...this.#keys, receive: nextKeys(this.#keys.receive) }
        return
      case 'close':
        return this.#end(closeReasonFrom(message))
      default:
        throw new SaltError('bad-frame', 'a control message of an unknown kind')
    }
  }

  #deliver(record: unknown): void {
    if (this.#handler !== undefined) return this.#handler(record)
    if (this.#waiting.length >= this.#limits.maximumWaiting)
      throw new SaltError('overloaded', 'too many records wait for a receiver')
    this.#waiting.push(record)
  }

  #sendBulk(bytes: Buffer): boolean {
    if (bytes.byteLength > this.#limits.maximumRecord) {
      throw new SaltError(
        'overloaded',
        `a record of ${bytes.byteLength} bytes is larger than the limit of ${this.#limits.maximumRecord}`,
      )
    }
    this.flush()
    if (!this.#bulkSender.add(bytes)) this.close({ code: 'overflow', message: 'too many bytes wait for the peer' })
    return this.#isOpen
  }

  #control(message: Record<string, unknown>): void {
    this.#transmit(frameTypes.control, pack(message))
  }

  #transmit(type: FrameType, body: Uint8Array): void {
    if (!this.#isOpen) return
    const purpose = type === frameTypes.bulk ? 'bulk' : 'control'
    const counter = this.#sent[purpose]
    this.#sent[purpose] = counter + 1n
    this.#lastSent = this.#options.clock.monotonic()
    const header = encodeHeader(type, this.id, counter)
    const sealed = seal(this.#keys.send[purpose], noiseNonce(counter), header, body)
    if (!this.#options.transmit(Buffer.concat([header, sealed]))) {
      this.#end({ code: 'overflow', message: 'the peer does not take what is sent to it' })
    } else if (counter > 0n && counter % framesPerKey === 0n) this.#rekey()
  }

  #rekey(): void {
    this.#keyedAt = this.#options.clock.monotonic()
    this.#control({ kind: 'rekey' })
    this.#keys = { ...this.#keys, send: nextKeys(this.#keys.send) }
  }

  #planHeartbeat(): void {
    const { heartbeatMs } = this.#limits
    if (heartbeatMs === 0) return
    const delayMs = heartbeatMs * (0.8 + Math.random() * 0.4)
    this.#heartbeat = this.#options.clock.after(delayMs, () => this.#beat(), { background: true })
  }

  #beat(): void {
    const { heartbeatMs, rekeyMs } = this.#limits
    const now = this.#options.clock.monotonic()
    if (now - this.#lastReceived > heartbeatMs * lostAfterPeriods) {
      return this.#end({ code: 'lost', message: 'nothing was heard of the peer' })
    }
    if (now - this.#lastSent >= heartbeatMs * 0.8) this.#control({ kind: 'ping', number: 0 })
    if (now - this.#keyedAt >= rekeyMs) this.#rekey()
    this.#planHeartbeat()
  }

  #end(reason: CloseReason): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#heartbeat?.cancel()
    this.#batch = []
    for (const settle of this.#pings.values()) settle(false)
    this.#resolveClosed(reason)
  }
}

function closeReasonFrom(message: Record<string, unknown>): CloseReason {
  const reasons: readonly CloseReason['code'][] = ['revoked', 'replaced', 'overflow', 'replay', 'bad-frame']
  const code = reasons.find((known) => known === message.code) ?? 'peer-closed'
  return { code, message: typeof message.message === 'string' ? message.message : 'closed by the peer' }
}
