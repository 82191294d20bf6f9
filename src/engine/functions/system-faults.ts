/** Faults of the system, in the words that Python's users know: `[Errno 2] No such file or directory: '/x'`. */
import { getSystemErrorMap } from 'node:util'
import { SaltError, systemCode } from '../../base/errors.ts'
import { pythonRepr } from '../../base/python-repr.ts'

/** Where libuv's words differ from those of the C library by more than their first letter. */
const words: Readonly<Record<string, string>> = {
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EFBIG: 'File too large',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  ENOSPC: 'No space left on device',
  ENXIO: 'No such device or address',
  EROFS: 'Read-only file system',
  ETXTBSY: 'Text file busy',
  EXDEV: 'Invalid cross-device link',
}

/** `No such file or directory` */
export function systemWords(error: unknown): string {
  const code = systemCode(error) ?? ''
  const known = words[code] ?? descriptionOf(code)
  if (known === undefined) return error instanceof Error ? error.message : String(error)
  return known.charAt(0).toUpperCase() + known.slice(1)
}

/** `[Errno 2] No such file or directory: '/x'` */
export function systemText(error: unknown, path: string): string {
  const number = errorNumber(error)
  if (number === undefined) return systemWords(error)
  return `[Errno ${number}] ${systemWords(error)}: ${pythonRepr(path)}`
}

/** The error for people that stands for a fault of the system; anything else as it is. */
export function readableFault(error: unknown, path: string): unknown {
  if (errorNumber(error) === undefined) return error
  return new SaltError('execution-failed', systemText(error, path), { cause: error })
}

/** The file that a fault of the system is about, where it names one. */
export function faultPath(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('path' in error) || typeof error.path !== 'string') return undefined
  const isOfFiles = 'syscall' in error && !String(error.syscall).startsWith('spawn')
  return isOfFiles ? error.path : undefined
}

function errorNumber(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errno' in error)) return undefined
  return typeof error.errno === 'number' ? Math.abs(error.errno) : undefined
}

function descriptionOf(code: string): string | undefined {
  for (const [name, description] of getSystemErrorMap().values()) if (name === code) return description
  return undefined
}
