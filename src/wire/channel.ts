/** Records in, records out, over a session whose peer is proven. What lies above never sees a frame or a socket. */

/** Who is at the other end, as the handshake proved it. */
export interface Peer {
  /** Name certified by the identity key (a minion id); the empty string on a local bus. */
  readonly name: string
  /** What the peer wants to be: `minion`, `caller`, `master`, `local`. */
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
  readonly message: string
}

export interface RecordChannel {
  readonly peer: Peer
  /** Queues a record; records of one tick share a frame. False: the channel is closed or its queue was full and it closes now. */
  send(record: unknown): boolean
  /** Sets the one receiver. Records that came earlier are delivered first. */
  onRecord(handler: (record: unknown) => void): void
  /** Resolves once, when the channel has ended. */
  readonly closed: Promise<CloseReason>
  readonly isOpen: boolean
  /** Sends what is queued now instead of at the end of the tick. */
  flush(): void
  /** Resolves when everything queued so far was handed to the transport. */
  drain(): Promise<void>
  /** Tells the peer and ends the channel. */
  close(reason?: CloseReason): void
}
