/** Collects the output of a program within a limit, and decodes it. */
import type { Readable } from 'node:stream'

/** Bytes kept of one stream; what follows is read and thrown away, so that the program is not stopped by it. */
const outputLimitBytes = 32 * 1024 * 1024

/** Python's names for the encoding whose bytes are the first 256 characters; what the web calls so is windows-1252. */
const latin1 = /^(?:iso[-_]?8859[-_]1|latin[-_]?1|l1)$/i

export class OutputCollector {
  readonly #chunks: Buffer[] = []
  readonly #limit: number
  #kept = 0
  #dropped = 0

  constructor(stream: Readable | null, limit = outputLimitBytes) {
    this.#limit = limit
    stream?.on('data', (chunk: Buffer) => this.#add(chunk))
    // A pipe that breaks when the process group is killed is not a fault.
    stream?.on('error', () => {})
  }

  get droppedBytes(): number {
    return this.#dropped
  }

  /** Text, and whether bytes that are not valid in the encoding were replaced by U+FFFD. */
  decode(encoding: string): { readonly text: string; readonly replaced: boolean } {
    const bytes = Buffer.concat(this.#chunks)
    const cut = this.#dropped === 0 ? '' : `\n[${this.#dropped} more bytes were not kept]`
    if (latin1.test(encoding)) return { text: bytes.toString('latin1') + cut, replaced: false }
    try {
      return { text: new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes) + cut, replaced: false }
    } catch (error) {
      if (error instanceof RangeError) throw error
      return { text: new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes) + cut, replaced: true }
    }
  }

  #add(chunk: Buffer): void {
    const room = this.#limit - this.#kept
    const part = chunk.length <= room ? chunk : chunk.subarray(0, room)
    if (part.length > 0) this.#chunks.push(part)
    this.#kept += part.length
    this.#dropped += chunk.length - part.length
  }
}
