/** Records in, records out, over a session whose peer is proven. What lies above never sees a frame or a socket. */

/** Who is at the other end, as the handshake proved it. */
export interface Peer {
  /** Name certified by the identity key; the empty string on a local bus. */
  readonly name: string
  /** What the peer wants to be; a word of the layers above. `server` and `local` are the wire's own. */
  readonly role: string
  /** SHA-256 of the raw identity key in colon-separated hex pairs; the empty string on a local bus. */
  readonly fingerprint: string
}

export interface CloseReason {
  readonly code:
    | 'closed'
    | 'peer-closed'
    | 'lost'
    | 'replay'
    | 'bad-frame'
    | 'overflow'
    | 'revoked'
    | 'replaced'
    | 'refused'
    | 'recalled'
  readonly message: string
}

export interface RecordChannel {
  readonly peer: Peer
  /**
   * Queues a record; records of one tick share a frame. False: the channel is closed, or too much waits for the peer and it
   * closes now. Throws `bad-arguments` for what is no plain data, `overloaded` for a record that is too large; the channel
   * stays open then.
   */
  send(record: unknown): boolean
  /** Whether the peer is so far behind that what can be left out should be. */
  readonly isCongested: boolean
  /** Resolves when the peer has caught up, or the channel has ended. */
  relieved(): Promise<void>
  /** Sets the one receiver. Records that came earlier are delivered first. */
  onRecord(handler: (record: unknown) => void): void
  /**
   * Shows each record to this one first, as its bytes, which are only its own for the time of the call. True: it has taken the record.
   */
  onPacked?(handler: (record: Buffer) => boolean): void
  /** Resolves once, when the channel has ended. */
  readonly closed: Promise<CloseReason>
  readonly isOpen: boolean
  /** Sends what is queued now instead of at the end of the tick. */
  flush(): void
  /** Resolves when everything queued so far was handed to the transport, or the channel has ended. */
  drain(): Promise<void>
  /** Tells the peer and ends the channel; of a large record, what is not yet sent is lost: `drain` first. */
  close(reason?: CloseReason): void
}
