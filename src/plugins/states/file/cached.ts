/** `file.cached` and `file.not_cached`. */
import * as fs from 'node:fs'
import { s } from '../../../base/schema.ts'
import { cachePath } from '../../../engine/functions/file-cache.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { webCachePath, withoutCredentials } from '../../modules/cp/web.ts'
import { systemText } from '../../modules/file/failure.ts'
import { gatherSource } from '../../modules/file/managing/gathering.ts'
import { type ContentHash, hashOfFile } from '../../modules/file/managing/new-content.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { expandUser, realPath } from '../../modules/file/paths.ts'
import { localPath, parseSaltUrl, protocolOf } from '../../modules/file/source.ts'
import { sourceHash } from '../../modules/file/source-hash.ts'
import { sourceHashes } from './arguments.ts'

const url = s.string('`salt://`, `http://`, `https://` or an absolute path')
const saltenv = s.withDefault(s.string('Environment of salt:// files'), 'base')

export const cachedStates = {
  cached: state({
    doc: 'Make sure that a file is in the cache of this minion, as its server or its checksum says.',
    args: {
      name: url,
      ...sourceHashes,
      saltenv,
      use_etag: s.withDefault(s.boolean('Ask a web server by ETag whether its file has changed'), false),
    },
    examples: [
      'https://example.org/app.tar.gz:\n  file.cached:\n    - source_hash: sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ],
    async plan(ctx, want) {
      try {
        const given = want.source_hash === '' || want.source_hash === null ? undefined : String(want.source_hash)
        const local = localPath(want.name)
        const isWeb = /^https?$/.test(protocolOf(want.name))
        if (isWeb && given === undefined && !want.skip_verify && !want.use_etag) {
          return impossible(
            `Unable to verify upstream hash of source file ${withoutCredentials(want.name)}, please set source_hash or set skip_verify or use_etag to True`,
          )
        }
        const hash = given === undefined || want.skip_verify ? undefined : await wantedHash(ctx, want, given)
        return local === undefined
          ? await planCached(ctx, want, hash)
          : await planLocal(realPath(expandUser(local)), hash)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return impossible(reasonOf(error))
      }
    },
  }),
  not_cached: state({
    doc: 'Make sure that a file is not in the cache of this minion, so that it is fetched anew.',
    args: { name: url, saltenv },
    examples: ['salt://web/site.conf:\n  file.not_cached'],
    plan(ctx, want) {
      const local = localPath(want.name)
      if (local !== undefined) return right(`File ${realPath(expandUser(local))} is a local path, no action taken`)
      const path = cachedPath(ctx, want)
      if (!fs.existsSync(path)) return right(`${want.name} is not cached`)
      return pending({
        comment: `${path} is set for removal`,
        changes: { deleted: true },
        apply() {
          try {
            fs.rmSync(path)
          } catch (error) {
            return failed(`Failed to delete ${path}: ${systemText(error, path)}`)
          }
          return done(`${path} was deleted`, { deleted: true })
        },
      })
    },
  }),
}

interface CachedRequest {
  readonly name: string
  readonly saltenv: string
  readonly source_hash_name?: string | undefined
  readonly skip_verify?: boolean
  readonly use_etag?: boolean
  readonly source_hash?: unknown
}

async function wantedHash(
  ctx: StateContext,
  { name, saltenv: env, ...want }: CachedRequest,
  given: string,
): Promise<ContentHash> {
  const names = { fileName: '', source: name, hashName: want.source_hash_name ?? '' }
  const { hash_type: type, hsum: sum } = await sourceHash(ctx, given, names, env)
  return { type, sum }
}

function cachedPath(ctx: StateContext, { name, saltenv: env }: CachedRequest): string {
  if (/^https?$/.test(protocolOf(name))) return webCachePath(ctx, name, env)
  const served = parseSaltUrl(name, env)
  return cachePath(ctx, served.saltenv, served.path.replace(/^\/+/, ''))
}

async function planLocal(path: string, hash: ContentHash | undefined): Promise<StatePlan> {
  if (!fs.existsSync(path)) return impossible(`File ${path} is not present on the minion`)
  if (hash === undefined) return right(`File ${path} is present on the minion`)
  const found = await hashOfFile(path, hash.type)
  if (found === hash.sum) return right(`File ${path} is present on the minion and has hash ${found}`)
  return impossible(
    `File ${path} is present on the minion, but the hash (${found}) does not match the specified hash (${hash.sum})`,
  )
}

async function planCached(ctx: StateContext, want: CachedRequest, hash: ContentHash | undefined): Promise<StatePlan> {
  const path = cachedPath(ctx, want)
  const isServed = !/^https?$/.test(protocolOf(want.name))
  const served = isServed ? await servedHash(ctx, want) : undefined
  if (isServed && served === undefined) {
    return impossible(`Failed to cache ${want.name}, check minion log for more information`)
  }
  const wanted = hash ?? served
  const type = wanted?.type ?? 'sha256'
  const old = fs.existsSync(path) ? await hashOfFile(path, type) : null
  if (wanted !== undefined && old === wanted.sum) {
    return right(
      hash === undefined ? `File is cached to ${path}` : `File is already cached to ${path} with hash ${old}`,
    )
  }
  return pending({
    comment: `${withoutCredentials(want.name)} is set to be cached`,
    changes: { hash: { old, ...(wanted === undefined ? {} : { new: wanted.sum }) } },
    async apply() {
      try {
        // A copy that is there is not the right one, or nobody can say so.
        if (want.use_etag !== true) fs.rmSync(path, { force: true })
        const { content } = await gatherSource(ctx, {
          name: '',
          source: want.name,
          saltenv: want.saltenv,
          skipVerify: want.use_etag !== true,
          useEtag: want.use_etag === true,
        })
        if (content.kind === 'file') await content.fetch()
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(reasonOf(error))
      }
      const found = await hashOfFile(path, type)
      const changes = found === old ? {} : { hash: { old, new: found } }
      if (hash === undefined) return done(`File is cached to ${path}`, changes)
      if (found === hash.sum) return done(`File is already cached to ${path} with hash ${found}`, changes)
      return failed(
        `File is cached to ${path}, but the hash (${found}) does not match the specified hash (${hash.sum})`,
        changes,
      )
    },
  })
}

/** What the file server says; undefined where it has no such file. */
async function servedHash(ctx: StateContext, want: CachedRequest): Promise<ContentHash | undefined> {
  const served = parseSaltUrl(want.name, want.saltenv)
  const status = await fileSourceOf(ctx).status(served.saltenv, served.path.replace(/^\/+/, ''))
  return status === undefined ? undefined : { type: 'sha256', sum: status.sha256 }
}
