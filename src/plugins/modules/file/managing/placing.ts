/** Puts new content in the place of a file, in one step: readers see the old content or the new one, never a part. */
import { createHash, randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { SaltError, systemCode } from '../../../../base/errors.ts'
import type { FunctionContext } from '../../../../engine/plugin.ts'
import { type AppliedMetadata, applyMetadata, targetOf, type WantedMetadata } from './metadata.ts'
import type { FileContent, NewContent } from './new-content.ts'

const pieceSize = 1024 * 1024

/** What the new file starts from where nothing is wanted: the owner and the mode of the old one, or of a new file. */
export interface StartingMetadata {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/** Owner and mode of a file that this process makes as every program does. */
export function usualMetadata(): StartingMetadata {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, mode: 0o666 & ~process.umask() }
}

/**
 * Writes beside the file, private until owner and mode are as they shall be, and takes its place. Tells how that differs from the start.
 * Throws what Node throws; the old file then is as it was. A file that something is mounted on is written in its place.
 */
export async function placeFile(
  path: string,
  content: NewContent,
  start: StartingMetadata,
  wanted: WantedMetadata,
): Promise<AppliedMetadata> {
  const temporary = posix.join(posix.dirname(path), `.${randomUUID()}.new`)
  let isMade = false
  try {
    const descriptor = fs.openSync(temporary, 'wx', 0o600)
    isMade = true
    let applied: AppliedMetadata
    try {
      if (content.kind === 'bytes') fs.writeFileSync(descriptor, content.bytes)
      else await pourFile(content, descriptor)
      applied = finishMetadata(descriptor, start, wanted)
    } finally {
      fs.closeSync(descriptor)
    }
    takePlace(temporary, path)
    return applied
  } catch (error) {
    if (isMade) fs.rmSync(temporary, { force: true })
    throw error
  }
}

/** Owner and mode as they were, as far as this process may set them; then as they shall be. */
function finishMetadata(descriptor: number, start: StartingMetadata, wanted: WantedMetadata): AppliedMetadata {
  const target = targetOf(descriptor)
  const { uid, gid } = target.status()
  if (uid !== start.uid || gid !== start.gid) {
    try {
      target.chown(start.uid, start.gid)
    } catch (error) {
      if (systemCode(error) !== 'EPERM') throw error
    }
  }
  const applied = applyMetadata(target, start, wanted)
  const bits = wanted.mode ?? start.mode & 0o7777
  if ((target.status().mode & 0o7777) !== bits) target.chmod?.(bits)
  return applied
}

async function pourFile(content: FileContent, descriptor: number): Promise<void> {
  const from = await content.fetch()
  const hash = createHash(content.hash?.type ?? 'sha256')
  for await (const piece of fs.createReadStream(from, { highWaterMark: pieceSize })) {
    hash.update(piece)
    for (let written = 0; written < piece.length; ) written += fs.writeSync(descriptor, piece, written)
  }
  if (content.hash === undefined || hash.digest('hex') === content.hash.sum) return
  throw new SaltError('execution-failed', `${from} has changed while it was copied`, { hint: 'Try again.' })
}

function takePlace(temporary: string, path: string): void {
  try {
    fs.renameSync(temporary, path)
  } catch (error) {
    if (systemCode(error) !== 'EBUSY') throw error
    fs.copyFileSync(temporary, path)
    fs.rmSync(temporary)
  }
}

/** Gives a new file the SELinux context that the policy has for its place; only where a policy is enforced. */
export async function restoreContext(ctx: FunctionContext, path: string): Promise<void> {
  if (!isPolicyEnforced(ctx)) return
  try {
    await ctx.exec(['restorecon', path])
  } catch (error) {
    if (!(error instanceof SaltError && error.code === 'missing-program')) throw error
    ctx.log.debug('restorecon is not installed', { path })
  }
}

/** Kernels without SELinux do not get it while they run. */
const withoutPolicy = new Set<string>()

function isPolicyEnforced(ctx: FunctionContext): boolean {
  const file = ctx.at('/sys/fs/selinux/enforce')
  if (withoutPolicy.has(file)) return false
  try {
    return fs.readFileSync(file, 'utf8').trim() === '1'
  } catch {
    withoutPolicy.add(file)
    return false
  }
}
