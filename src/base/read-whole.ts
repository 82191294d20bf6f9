/** Reading a file of any path that somebody names: none of those that never end, or that wait for a writer. */
import * as fs from 'node:fs'
import { SaltError } from './errors.ts'

/** What a device such as `/dev/null` may give. */
const mostOfDevice = 1024 * 1024

/**
 * The content. Throws what Node throws for a regular file; `storage` for a pipe, a socket and a device without an end, which would
 * keep the whole process waiting.
 */
export function readWhole(path: string): Buffer {
  // A pipe that nobody writes to does not keep the opening waiting.
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  try {
    const status = fs.fstatSync(descriptor)
    if (status.isFile() || status.isDirectory()) return fs.readFileSync(descriptor)
    if (status.isCharacterDevice()) return readDevice(descriptor, path)
    throw new SaltError('storage', `${path} is no regular file, and cannot be read whole`)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** For what is read piece by piece up to its end. Throws `storage` for what has none; whatever is missing is left to the reading. */
export function refuseEndless(path: string): void {
  const status = fs.statSync(path, { throwIfNoEntry: false })
  if (status === undefined || status.isFile() || status.isDirectory() || fs.realpathSync(path) === '/dev/null') return
  throw new SaltError('storage', `${path} is no regular file, and cannot be read whole`)
}

function readDevice(descriptor: number, path: string): Buffer {
  const bytes = Buffer.alloc(mostOfDevice)
  let length = 0
  for (;;) {
    const count = fs.readSync(descriptor, bytes, length, bytes.length - length, null)
    if (count === 0) return bytes.subarray(0, length)
    length += count
    if (length === bytes.length) throw new SaltError('storage', `${path} is a device that has no end`)
  }
}
