/** Removes the Authenticode signature of a Windows executable: adding anything to the file makes it invalid. */

const peOffsetField = 0x3c
const optionalHeaderOffset = 24
const checksumOffset = 64
/** Offset of the data directories in the optional header of a 64-bit executable. */
const directoriesOffset = 112
const certificateDirectory = 4
const pe32Plus = 0x20b

/**
 * @returns A copy without the signature, or the file itself where it has none.
 * @throws Error for a file that is not a 64-bit PE executable, or whose signature is not at its end.
 */
export function removeSignature(file: Buffer): Buffer {
  const optionalHeader = file.readUInt32LE(peOffsetField) + optionalHeaderOffset
  if (file.toString('latin1', 0, 2) !== 'MZ' || file.readUInt16LE(optionalHeader) !== pe32Plus) {
    throw new Error('not a 64-bit Windows executable')
  }
  const entry = optionalHeader + directoriesOffset + certificateDirectory * 8
  const start = file.readUInt32LE(entry)
  const size = file.readUInt32LE(entry + 4)
  if (size === 0) return file
  if (start + size !== file.length) throw new Error('the signature is not at the end of the file')
  const unsigned = Buffer.from(file.subarray(0, start))
  unsigned.fill(0, entry, entry + 8)
  unsigned.writeUInt32LE(0, optionalHeader + checksumOffset)
  return unsigned
}
