/** Returns as bytes, for the job store and the return spool. */
import { asSaltError, SaltError } from '../../base/errors.ts'
import { pack, unpack } from '../../base/msgpack.ts'
import { deepestNesting } from '../../base/msgpack-depth.ts'
import type { JobReturn } from '../../client/api.ts'

/** Deeper records are refused by whoever reads them. */
const maximumDepth = 64

/** A value that cannot be packed, or not be read again (too deep), is replaced by a failure that says so. */
export function packReturn(ret: JobReturn): Uint8Array {
  try {
    return packChecked(ret)
  } catch (error) {
    return pack(unsendable(ret, error))
  }
}

/** The return itself, or the one that `packReturn` puts in its place. */
export function sendable(ret: JobReturn): JobReturn {
  try {
    packChecked(ret)
    return ret
  } catch (error) {
    return unsendable(ret, error)
  }
}

function packChecked(ret: JobReturn): Uint8Array {
  const packed = pack(ret)
  if (deepestNesting(packed, maximumDepth) > maximumDepth) {
    throw new SaltError('bad-arguments', `it is nested deeper than ${maximumDepth} levels`)
  }
  return packed
}

export function unpackReturn(bytes: Uint8Array): JobReturn {
  return unpack(bytes) as JobReturn
}

/** The return that stands for one whose value is no plain data. */
export function unsendable(ret: JobReturn, error: unknown): JobReturn {
  const text = `The function returned a value that cannot be sent: ${asSaltError(error).message}`
  return { ...ret, fun_args: [], return: text, retcode: 70, success: false }
}
