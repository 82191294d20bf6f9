/** Extracts members of a ZIP file so that nothing lands outside of the destination. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside } from '../../../base/files.ts'
import { assertInside } from './escape.ts'
import { isFolder, isLink, type ZipEntry, type ZipFile } from './zip-reader.ts'

export interface ExtractionOptions {
  readonly destination: string
  readonly excludes: readonly string[]
  readonly password: string | undefined
  /** Give files the permissions that the archive tells. */
  readonly permissions: boolean
}

/** The path of a link is short; more than that is no path. */
const longestLink = 4096

/** Names of what was extracted. Throws `bad-path` before it writes anything, when a name leads out of the destination. */
export async function extractZip(
  zip: ZipFile,
  archive: string,
  options: ExtractionOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const wanted = zip.entries.filter(({ name }) => !options.excludes.includes(name))
  for (const { name } of wanted) assertInside(archive, name)
  fs.mkdirSync(options.destination, { recursive: true })
  const modes: [path: string, mode: number][] = []
  for (const entry of wanted) {
    signal.throwIfAborted()
    const path = resolveInside(options.destination, entry.name)
    await extractEntry(zip, entry, path, options, signal)
    const mode = entry.mode & 0o7777
    if (!options.permissions || mode === 0 || isLink(entry)) continue
    // A folder that may not be written to gets its mode when all that lies in it is there.
    if (isFolder(entry)) modes.unshift([path, mode])
    else fs.chmodSync(path, mode)
  }
  for (const [path, mode] of modes) fs.chmodSync(path, mode)
  return wanted.map(({ name }) => name)
}

async function extractEntry(
  zip: ZipFile,
  entry: ZipEntry,
  path: string,
  { password }: ExtractionOptions,
  signal: AbortSignal,
): Promise<void> {
  if (isFolder(entry)) {
    fs.mkdirSync(path, { recursive: true })
    return
  }
  fs.mkdirSync(dirname(path), { recursive: true })
  const content = zip.content(entry, password)
  if (isLink(entry)) {
    fs.symlinkSync(await linkTarget(entry, content), path)
    return
  }
  await pipeline(content, fs.createWriteStream(path), { signal })
}

async function linkTarget(entry: ZipEntry, content: Readable): Promise<string> {
  if (entry.size > longestLink) throw new SaltError('execution-failed', `The link ${entry.name} leads to no path.`)
  return Buffer.concat(await content.toArray()).toString()
}
