/** Smaller ones are cheap to leave to the collector. Bytes. */
const worthIt = 64 * 1024

/**
 * Gives memory back at once that nobody is going to look at again. Many large buffers would else have the collector go through the whole heap
 * again and again, and grow the process until it does.
 */
export function release(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes
  // A part of something larger is not its own.
  if (byteLength < worthIt || byteLength < buffer.byteLength || !(buffer instanceof ArrayBuffer)) return
  buffer.transfer(0)
}
