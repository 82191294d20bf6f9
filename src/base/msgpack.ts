/**
 * Records as msgpack. An integral float (`Float`) travels as extension type 1: eight bytes, big endian, IEEE 754; every other
 * number as msgpack has it. Mappings have string keys.
 */
import { addExtension, Packr } from 'msgpackr'
import { SaltError } from './errors.ts'
import { Float } from './float.ts'
import { deepestNesting } from './msgpack-depth.ts'
import { Secret } from './secret.ts'

const floatExtension = 1
const maximumDepth = 64

addExtension({
  Class: Float,
  type: floatExtension,
  pack(float: Float) {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(float.value)
    return bytes
  },
  unpack(bytes: Uint8Array) {
    return new Float(new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0))
  },
})

addExtension({ Class: Secret as unknown as new () => Secret, write: (secret: Secret) => secret.toString() })

const packer = new Packr({ useRecords: false, variableMapSize: true, moreTypes: false })

/** Throws `bad-arguments` for what has no msgpack form (a function, a symbol, a circle). */
export function pack(value: unknown): Buffer {
  try {
    return packer.pack(value)
  } catch (cause) {
    throw new SaltError('bad-arguments', 'a value cannot be sent: it is not plain data', { cause })
  }
}

/** Throws `bad-frame` for anything but one whole value of at most 64 levels. */
export function unpack(bytes: Uint8Array): unknown {
  if (deepestNesting(bytes, maximumDepth) > maximumDepth) {
    throw new SaltError('bad-frame', `a record is nested deeper than ${maximumDepth} levels`)
  }
  try {
    return packer.unpack(bytes as Buffer)
  } catch (cause) {
    throw new SaltError('bad-frame', 'a record cannot be read', { cause })
  }
}
