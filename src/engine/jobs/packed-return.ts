/** Returns as bytes, for the job store and the return spool. */
import { asSaltError } from '../../base/errors.ts'
import { pack, unpack } from '../../base/msgpack.ts'
import type { JobReturn } from '../../client/api.ts'

/** A value that cannot be packed is replaced by a failure that says so. */
export function packReturn(ret: JobReturn): Uint8Array {
  try {
    return pack(ret)
  } catch (error) {
    return pack(unsendable(ret, error))
  }
}

/** The return itself, or the one that `packReturn` puts in its place. */
export function sendable(ret: JobReturn): JobReturn {
  try {
    pack(ret)
    return ret
  } catch (error) {
    return unsendable(ret, error)
  }
}

export function unpackReturn(bytes: Uint8Array): JobReturn {
  return unpack(bytes) as JobReturn
}

/** The return that stands for one whose value is no plain data. */
export function unsendable(ret: JobReturn, error: unknown): JobReturn {
  const text = `The function returned a value that cannot be sent: ${asSaltError(error).message}`
  return { ...ret, fun_args: [], return: text, retcode: 70, success: false }
}
