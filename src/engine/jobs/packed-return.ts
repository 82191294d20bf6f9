/** Returns as bytes, for the job store and the return spool. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import { pack, unpack } from '../../base/msgpack.ts'
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
