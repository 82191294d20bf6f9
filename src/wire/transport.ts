/** A transport moves opaque frames. It proves nothing about who sent one: that is the session's part. */

/** Where a frame came from and where an answer goes; meaningful to the transport only. */
export type PeerAddress = string

export interface ServerTransport extends AsyncDisposable {
  /** Binds; resolves to the bound port (0 asks for a free one). Rejects with `address-in-use`. */
  listen(): Promise<number>
  onFrame(handler: (peer: PeerAddress, frame: Buffer) => void): void
  /** Queues a frame. False: the queue is full; the frame was not taken. */
  send(peer: PeerAddress, frame: Buffer): boolean
  /** Told when a frame could not be delivered because the peer has gone. */
  onGone(handler: (peer: PeerAddress) => void): void
  /** Told of input that is dropped before it is a frame. */
  onDropped(handler: (kind: 'multipart', peer: PeerAddress) => void): void
  /** Resolves when everything queued so far has been handed over. */
  drain(): Promise<void>
}

export interface ClientTransport extends AsyncDisposable {
  connect(): Promise<void>
  onFrame(handler: (frame: Buffer) => void): void
  /** Queues a frame. False: the queue is full; the frame was not taken. */
  send(frame: Buffer): boolean
  /** Told once when the connection has ended, or could not be made. */
  onGone(handler: () => void): void
  drain(): Promise<void>
}
