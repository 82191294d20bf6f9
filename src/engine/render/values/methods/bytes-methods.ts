/** Methods of `bytes` that templates use. */
import { expectText } from '../arguments.ts'
import type { Value } from '../kinds.ts'
import { decodeBytes } from './encoding.ts'
import { methodTable } from './method-table.ts'

function own(value: Value): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

export const bytesMethods = methodTable<Uint8Array>(own, [
  ['decode', "encoding='utf-8', errors='strict'", (bytes, encoding) => decodeBytes(bytes, expectText(encoding))],
  ['hex', '', (bytes) => Buffer.from(bytes).toString('hex')],
  ['upper', '', (bytes) => Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('latin1').toUpperCase(), 'latin1'))],
  ['lower', '', (bytes) => Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('latin1').toLowerCase(), 'latin1'))],
  ['strip', '', (bytes) => Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('latin1').trim(), 'latin1'))],
])
