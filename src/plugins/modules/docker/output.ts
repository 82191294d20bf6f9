/** What containers write: with a terminal as it is, else in frames that say where each piece went. */

export interface ContainerOutput {
  readonly stdout: string
  readonly stderr: string
}

/** Frames: one byte for the stream, three zeros, four bytes of length, the piece (Docker Engine API, "Attach"). */
export function splitOutput(bytes: Buffer, isRaw: boolean): ContainerOutput {
  if (isRaw) return { stdout: bytes.toString(), stderr: '' }
  const parts: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] }
  let at = 0
  while (at + 8 <= bytes.length) {
    const kind = bytes[at]
    const length = bytes.readUInt32BE(at + 4)
    // An Engine that sends no frames sends text, which begins with none of their bytes.
    if (kind === undefined || kind > 2 || bytes.readUIntBE(at + 1, 3) !== 0)
      return { stdout: bytes.toString(), stderr: '' }
    parts[kind === 2 ? 'stderr' : 'stdout'].push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() }
}
