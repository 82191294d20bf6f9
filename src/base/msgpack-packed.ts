/**
 * A value that is packed already: `pack` copies its bytes instead of walking it. Whoever makes one vouches that the bytes are one whole
 * value, and that it nests no deeper than the place it is put into may.
 */
export class Packed {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}
