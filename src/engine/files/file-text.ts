/** The text of a file that is to be rendered. */
import { isUtf8 } from 'node:buffer'
import { SaltError } from '../../base/errors.ts'

/** Throws `render-failed` with the place of the first byte that belongs to no character. @param file its name in messages */
export function fileText(bytes: Uint8Array, file: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8')
  const offset = firstFault(buffer)
  const before = buffer.subarray(0, offset)
  const lines = before.toString('utf8').split('\n')
  const byte = (buffer[offset] ?? 0).toString(16).padStart(2, '0')
  throw new SaltError('render-failed', `the file ${file} is no UTF-8 text: byte 0x${byte} at position ${offset}`, {
    where: `${file}:${lines.length}:${(lines.at(-1) ?? '').length + 1}`,
    hint: 'Save it as UTF-8, or do not render it.',
  })
}

/** Where the bytes differ from what they come to when characters that are none are replaced. */
function firstFault(buffer: Buffer): number {
  const replaced = Buffer.from(buffer.toString('utf8'))
  return buffer.findIndex((byte, index) => byte !== replaced[index])
}
