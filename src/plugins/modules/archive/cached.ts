/** Archives that a function only looks into: local ones, and those that are fetched for it. */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { hashOf } from '../file/hash.ts'
import { localPath, readSource } from '../file/source.ts'
import { sourceHash } from '../file/source-hash.ts'

export const fetchArguments = {
  clean: s.withDefault(s.boolean('Remove the archive once it has been looked into'), false),
  saltenv: s.withDefault(s.string('Environment of the file server'), 'base'),
  source_hash: s.optional(s.string('Checksum that the archive must have')),
}

interface FetchRequest {
  readonly name: string
  readonly clean: boolean
  readonly saltenv: string
  readonly source_hash?: string | undefined
}

export interface FetchedArchive extends Disposable {
  readonly path: string
}

/** A local path, or a copy that vanishes with the result. Throws `execution-failed` where there is none. */
export async function fetchArchive(ctx: FunctionContext, request: FetchRequest): Promise<FetchedArchive> {
  const fetched = await fetchAny(ctx, request)
  if (request.source_hash === undefined) return fetched
  try {
    await assertHash(ctx, fetched.path, request.name, request.source_hash, request.saltenv)
    return fetched
  } catch (error) {
    fetched[Symbol.dispose]()
    throw error
  }
}

async function fetchAny(ctx: FunctionContext, { name, clean, saltenv }: FetchRequest): Promise<FetchedArchive> {
  const local = localPath(name)
  if (local !== undefined) {
    if (!fs.existsSync(local)) throw new SaltError('execution-failed', `Failed to cache ${name}`)
    return { path: local, [Symbol.dispose]: () => clean && fs.rmSync(local, { force: true }) }
  }
  const content = await readSource(ctx, name, saltenv)
  if (content === undefined) throw new SaltError('execution-failed', `Failed to cache ${name}`)
  const folder = fs.mkdtempSync(join(tmpdir(), 'archive-'))
  const path = join(folder, posix.basename(name.split('?')[0] ?? '') || 'archive')
  fs.writeFileSync(path, content, { mode: 0o600 })
  return { path, [Symbol.dispose]: () => fs.rmSync(folder, { recursive: true, force: true }) }
}

async function assertHash(ctx: FunctionContext, path: string, source: string, hash: string, saltenv: string) {
  const wanted = await sourceHash(ctx, hash, { fileName: path, source, hashName: '' }, saltenv)
  const found = await hashOf(path, wanted.hash_type)
  if (found === wanted.hsum) return
  throw new SaltError(
    'execution-failed',
    `Specified ${wanted.hash_type} checksum for ${source} (${wanted.hsum}) does not match actual checksum (${found}).`,
  )
}
