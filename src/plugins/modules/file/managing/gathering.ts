/** Where the content of a managed file comes from: a source on the file server, the web or this machine, with its checksum. */
import * as fs from 'node:fs'
import { SaltError } from '../../../../base/errors.ts'
import { isRecord } from '../../../../base/narrow.ts'
import { pythonString } from '../../../../base/python-repr.ts'
import { readWhole } from '../../../../base/read-whole.ts'
import type { ServedStatus } from '../../../../client/master-link.ts'
import { fileText } from '../../../../engine/files/file-text.ts'
import { cacheKnownFile } from '../../../../engine/functions/file-cache.ts'
import { fileSourceOf } from '../../../../engine/functions/file-source.ts'
import type { FunctionContext } from '../../../../engine/plugin.ts'
import { renderText, type SharedMemory } from '../../../../engine/render/text-template.ts'
import { cacheFromWeb, webCachePath, withoutCredentials } from '../../cp/web.ts'
import { targetAtEntry } from '../entry.ts'
import { expandUser } from '../paths.ts'
import { localPath, parseSaltUrl, protocolOf, sourceExists } from '../source.ts'
import { sourceHash } from '../source-hash.ts'
import { modeText } from '../status.ts'
import { bytesOf, type ContentHash, type FileContent, hashOfFile, type NewContent } from './new-content.ts'

export interface SourceRequest {
  /** Path of the managed file: templates and files of checksums may name it. */
  readonly name: string
  readonly source: string
  readonly sourceHash?: string | undefined
  readonly sourceHashName?: string | undefined
  readonly saltenv: string
  /** Engine; undefined to take the file as it is. */
  readonly template?: string | undefined
  readonly variables?: Readonly<Record<string, unknown>>
  readonly skipVerify?: boolean
  readonly useEtag?: boolean
  readonly verifySsl?: boolean
  readonly memory?: SharedMemory | undefined
}

export interface GatheredSource {
  readonly content: NewContent
  /** Four octal digits; undefined for what comes from the web. */
  readonly mode: string | undefined
  /** Removes the copy in the cache, if there is one. */
  forget(): void
}

interface RawSource {
  readonly content: FileContent
  readonly mode: string | undefined
  readonly forget: () => void
}

/** The first source that exists, with its checksum. Throws `execution-failed` where none does. */
export async function chooseSource(
  ctx: FunctionContext,
  source: unknown,
  hash: unknown,
  saltenv: string,
): Promise<readonly [source: string, hash: string | undefined]> {
  const text = (value: unknown): string | undefined =>
    value === undefined || value === null || value === '' ? undefined : pythonString(value)
  if (!Array.isArray(source)) {
    if (!isRecord(source)) return [pythonString(source), text(hash)]
    const [url = '', own] = Object.entries(source)[0] ?? []
    return [url, text(own) ?? text(hash)]
  }
  for (const one of source) {
    if (isRecord(one) && Object.keys(one).length !== 1) continue
    const [url, own] = isRecord(one) ? (Object.entries(one)[0] ?? ['', undefined]) : [pythonString(one), undefined]
    if (await sourceExists(ctx, url, saltenv)) return [url, text(own) ?? text(hash)]
  }
  throw new SaltError('execution-failed', 'none of the specified sources were found')
}

/** Salt's `get_managed`. Throws `execution-failed` with its sentence where there is no such source, or not the right one. */
export async function gatherSource(ctx: FunctionContext, request: SourceRequest): Promise<GatheredSource> {
  const raw = await rawSource(ctx, request)
  if (request.template === undefined) return raw
  const { name, source, saltenv, template: engine, variables = {}, memory } = request
  const path = await raw.content.fetch()
  if (path === name) throw new SaltError('bad-arguments', 'Source file cannot be the same as destination')
  const file = protocolOf(source) === 'salt' ? parseSaltUrl(source, saltenv).path : (localPath(source) ?? source)
  const text = fileText(readWhole(path), file)
  const rendered = await renderText(
    ctx,
    { text, file, saltenv, engine, variables: { name, source, ...variables } },
    memory,
  )
  return { ...raw, content: bytesOf(rendered) }
}

async function rawSource(ctx: FunctionContext, request: SourceRequest): Promise<RawSource> {
  const { source } = request
  const protocol = protocolOf(source)
  if (protocol === 'salt') return await servedSource(ctx, request)
  if (protocol === 'http' || protocol === 'https') return await webSource(ctx, request)
  const local = localPath(source)
  if (local !== undefined || protocol === '') return await localSource(ctx, request, local ?? expandUser(source))
  throw new SaltError('execution-failed', `Source file ${source}: files cannot be fetched by ${protocol}://`, {
    hint: 'Use salt://, http://, https://, file:// or a path.',
  })
}

async function servedSource(ctx: FunctionContext, { source, saltenv }: SourceRequest): Promise<RawSource> {
  const served = parseSaltUrl(source, saltenv)
  const path = served.path.replace(/^\/+/, '')
  const status: ServedStatus | undefined = await fileSourceOf(ctx).status(served.saltenv, path)
  if (status === undefined) {
    throw new SaltError('execution-failed', `Source file ${source} not found in saltenv '${saltenv}'`)
  }
  let cached: string | undefined
  return {
    content: {
      kind: 'file',
      hash: { type: 'sha256', sum: status.sha256 },
      isDoubtful: false,
      fetch: async () => (cached ??= await cacheKnownFile(ctx, served.saltenv, path, status)),
    },
    mode: modeText(status.mode),
    forget: () => cached !== undefined && fs.rmSync(cached, { force: true }),
  }
}

async function localSource(ctx: FunctionContext, request: SourceRequest, path: string): Promise<RawSource> {
  const status = targetAtEntry(path)
  if (status === undefined) throw new SaltError('execution-failed', `Local file source ${path} does not exist`)
  const hash = request.skipVerify === true ? undefined : await wantedHash(ctx, request)
  const found: ContentHash = hash ?? { type: 'sha256', sum: await hashOfFile(path, 'sha256', status.size) }
  const content = fileContent(
    request,
    found,
    hash === undefined ? undefined : () => hashOfFile(path, found.type),
    async () => path,
  )
  return { content, mode: modeText(status.mode), forget: () => {} }
}

async function webSource(ctx: FunctionContext, request: SourceRequest): Promise<RawSource> {
  const { source, saltenv, skipVerify = false, useEtag = false, verifySsl = true } = request
  const hash = skipVerify ? undefined : await wantedHash(ctx, request)
  if (hash === undefined && !skipVerify && !useEtag) {
    throw new SaltError(
      'execution-failed',
      `Unable to verify upstream hash of source file ${withoutCredentials(source)}, please set source_hash or set skip_verify to True`,
    )
  }
  const place = webCachePath(ctx, source, saltenv)
  const fetched = async (): Promise<string> => {
    if (
      fs.existsSync(place) &&
      (skipVerify || (hash !== undefined && (await hashOfFile(place, hash.type)) === hash.sum))
    ) {
      return place
    }
    const path = await cacheFromWeb(ctx, source, saltenv, { useEtag, verifySsl })
    if (path === undefined)
      throw new SaltError('execution-failed', `Source file '${withoutCredentials(source)}' not found`)
    return path
  }
  const check = hash === undefined ? undefined : () => hashOfFile(place, hash.type)
  return {
    content: fileContent(request, hash, check, fetched),
    mode: undefined,
    forget: () => fs.rmSync(place, { force: true }),
  }
}

async function wantedHash(ctx: FunctionContext, request: SourceRequest): Promise<ContentHash | undefined> {
  if (request.sourceHash === undefined) return undefined
  const { name: fileName, source, sourceHashName: hashName = '', saltenv } = request
  const { hash_type: type, hsum: sum } = await sourceHash(
    ctx,
    request.sourceHash,
    { fileName, source, hashName },
    saltenv,
  )
  return { type, sum }
}

/** A content that is fetched and checked once, when somebody needs it. */
function fileContent(
  { source }: SourceRequest,
  hash: ContentHash | undefined,
  actual: (() => Promise<string>) | undefined,
  fetch: () => Promise<string>,
): FileContent {
  let path: string | undefined
  return {
    kind: 'file',
    hash,
    isDoubtful: true,
    async fetch() {
      if (path !== undefined) return path
      const found = await fetch()
      const sum = await actual?.()
      if (hash !== undefined && sum !== undefined && sum !== hash.sum) throw wrongHash(source, hash, sum)
      path = found
      return found
    },
  }
}

function wrongHash(source: string, { type, sum }: ContentHash, actual: string): SaltError {
  return new SaltError(
    'execution-failed',
    `Specified ${type} checksum for ${withoutCredentials(source)} (${sum}) does not match actual checksum (${actual}). If the 'source_hash' value refers to a remote file with multiple possible matches, then it may be necessary to set 'source_hash_name'.`,
  )
}
