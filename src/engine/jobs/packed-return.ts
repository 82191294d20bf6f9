/** Returns as bytes, for the job store and the return spool. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import { Packed, pack, unpack } from '../../base/msgpack.ts'
import type { JobReturn } from '../../client/api.ts'

const mebibyte = 1024 * 1024
/** A record has room for it and for all that a daemon puts around it when it passes it on. */
const largestReturn = 63 * mebibyte

/** A value that cannot be packed is replaced by a failure that says so. */
export function packReturn(ret: JobReturn): Uint8Array {
  try {
    return packedWithin(ret)
  } catch (error) {
    return pack(unsendable(ret, error))
  }
}

/** The return itself, or the one that `packReturn` puts in its place. */
export function sendable(ret: JobReturn): JobReturn {
  try {
    packedWithin(ret)
    return ret
  } catch (error) {
    return unsendable(ret, error)
  }
}

/** Smaller ones are packed again as quickly as they are put together. Bytes. */
const worthKeeping = 64 * 1024

/**
 * What `sendable` gives, and the same for the disk and for the wire: there a large value is bytes already, for to walk one of
 * some MiB takes a while, in which a daemon does nothing else.
 */
export function sendableOnce(ret: JobReturn): { readonly ret: JobReturn; readonly packed: JobReturn } {
  try {
    const bytes = packedWithin(ret)
    return {
      ret,
      packed:
        bytes.byteLength < worthKeeping || ret.return === undefined ? ret : { ...ret, return: valueIn(bytes, ret) },
    }
  } catch (error) {
    const failure = unsendable(ret, error)
    return { ret: failure, packed: failure }
  }
}

/** The bytes of the value within those of its return: what stands before and behind it is packed alone, to know how long it is. */
function valueIn(bytes: Uint8Array, ret: JobReturn): Packed {
  const entries = Object.entries(ret)
  const at = entries.findIndex(([name]) => name === 'return')
  const lengthOf = (part: readonly (readonly [string, unknown])[]): number => pack(Object.fromEntries(part)).byteLength
  const head = lengthOf([...entries.slice(0, at), ['return', null]]) - 1
  const tail = lengthOf(entries.slice(at + 1)) - 1
  return new Packed(bytes.subarray(head, bytes.byteLength - tail))
}

function packedWithin(ret: JobReturn): Uint8Array {
  const bytes = pack(ret)
  if (bytes.byteLength <= largestReturn) return bytes
  const size = (bytes.byteLength / mebibyte).toFixed(1)
  throw new SaltError('bad-arguments', `it has ${size} MiB; a return may have ${largestReturn / mebibyte} MiB`)
}

export function unpackReturn(bytes: Uint8Array): JobReturn {
  return unpack(bytes) as JobReturn
}

/** The return that stands for one whose value is no plain data, or too much of it. */
function unsendable(ret: JobReturn, error: unknown): JobReturn {
  const reason = asSaltError(error).message.replace('a value cannot be sent: ', '')
  const text = `The function returned a value that cannot be sent: ${reason}`
  return { ...ret, fun_args: [], return: text, retcode: 70, success: false }
}
