/** A transport moves opaque frames. It proves nothing about who sent one: that is the session's part. */

/** Where a frame came from and where an answer goes; meaningful to the transport only. */
export type PeerAddress = string

export interface ServerTransport extends AsyncDisposable {
  /** Binds; resolves to the bound port (0 asks for a free one). Rejects with `address-in-use`. */
  listen(): Promise<number>
  onFrame(handler: (peer: PeerAddress, frame: Buffer) => void): void
  /** Queues a frame. False: the peer is gone or its queue is full; the frame was not taken. */
  send(peer: PeerAddress, frame: Buffer): boolean
}

export interface ClientTransport extends AsyncDisposable {
  connect(): Promise<void>
  onFrame(handler: (frame: Buffer) => void): void
  /** Queues a frame. False: the queue is full; the frame was not taken. */
  send(frame: Buffer): boolean
}
