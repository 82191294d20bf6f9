import { maximumDepth } from '../base/msgpack-limits.ts'

export interface SessionLimits {
  /** Idle time after which a side says that it lives. Milliseconds; 0: never. */
  readonly heartbeatMs: number
  /** Largest record. Bytes. */
  readonly maximumRecord: number
  /** Records kept while nobody receives them yet. */
  readonly maximumWaiting: number
  /** Bytes of such records. */
  readonly maximumWaitingBytes: number
  /** Bytes that the peer has not taken: from here on the session is congested. */
  readonly congestedAt: number
  /** Bytes that the peer has not taken: beyond, the session ends. */
  readonly maximumOnTheWay: number
  /** Levels of a record that is received. */
  readonly receiveDepth: number
  /** Levels of a record that the peer receives. */
  readonly sendDepth: number
  readonly rekeyMs: number
}

const mebibyte = 1024 * 1024

export const defaultSessionLimits: SessionLimits = {
  heartbeatMs: 30_000,
  maximumRecord: 64 * mebibyte,
  maximumWaiting: 10_000,
  maximumWaitingBytes: 8 * mebibyte,
  congestedAt: 8 * mebibyte,
  maximumOnTheWay: 64 * mebibyte,
  receiveDepth: maximumDepth,
  sendDepth: maximumDepth,
  rekeyMs: 4 * 3_600_000,
}
