import { existsSync } from 'node:fs'
import { copyFile, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside } from '../../../base/files.ts'
import { severalAtATime } from '../../../base/several-at-a-time.ts'
import { hashOf } from '../../../engine/files/partial-file.ts'
import { cacheServedFile, localFilesFolder } from '../../../engine/functions/file-cache.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import { compileRegex } from '../../../engine/target/regex.ts'
import { localPath, protocolOf } from '../file/source.ts'
import { servedAt } from './arguments.ts'
import { cacheFromWeb, type WebOptions, webCachePath } from './web.ts'

/** Where the file lies on this machine now; undefined where there is none. Throws for a kind of URL that is not known. */
export async function cacheAny(
  ctx: FunctionContext,
  url: string,
  given?: string,
  options: WebOptions = {},
): Promise<string | undefined> {
  const protocol = protocolOf(url)
  const served = servedAt(ctx, url, given)
  if (protocol === 'http' || protocol === 'https') return cacheFromWeb(ctx, url, served.saltenv, options)
  const local = localPath(url)
  if (local !== undefined) return (await hashOf(local)) === undefined ? undefined : local
  if (protocol === 'salt' || protocol === '') return cacheServedFile(ctx, served.saltenv, served.path)
  throw new SaltError('execution-failed', `files cannot be fetched by ${protocol}://`, {
    hint: 'Use salt://, http://, https://, file:// or a path.',
  })
}

/**
 * As `cacheAny`, but a file that is not what `sourceHash` says is an error, and a copy of a web server's file that is the
 * right one is not fetched again. The hash may begin with its kind: `sha256=…`.
 */
export async function cacheChecked(
  ctx: FunctionContext,
  url: string,
  given: string | undefined,
  sourceHash: string | undefined,
  options: WebOptions = {},
): Promise<string | undefined> {
  if (sourceHash === undefined) return await cacheAny(ctx, url, given, options)
  const [, kind = '', wanted = ''] = /^(?:(\w+)[=:])?([0-9a-fA-F]+)$/.exec(sourceHash) ?? []
  const hashOfCopy = (copy: string): Promise<unknown> => ctx.salt('file.get_hash', [copy, kind || kindByLength(wanted)])
  const isOfWeb = ['http', 'https'].includes(protocolOf(url))
  const known = isOfWeb ? webCachePath(ctx, url, servedAt(ctx, url, given).saltenv) : undefined
  if (known !== undefined && existsSync(known) && (await hashOfCopy(known)) === wanted.toLowerCase()) return known
  const path = await cacheAny(ctx, url, given, options)
  if (path === undefined) return undefined
  const found = await hashOfCopy(path)
  if (found === wanted.toLowerCase()) return path
  throw new SaltError('execution-failed', `the file is not the one that was meant: its hash is ${found}`, {
    where: url,
  })
}

function kindByLength(hash: string): string {
  const kind = { 32: 'md5', 40: 'sha1', 64: 'sha256', 96: 'sha384', 128: 'sha512' }[hash.length]
  if (kind !== undefined) return kind
  throw new SaltError('bad-arguments', `'${hash}' is no hash that is known`)
}

/** Files that are brought at a time: most of the time goes by on the wire. */
export const mostAtATime = 8

/** Where files of an environment lie on this machine now, in their order; those that the server does not have are left out. */
export async function cacheServed(ctx: FunctionContext, saltenv: string, paths: readonly string[]): Promise<string[]> {
  const found = await severalAtATime(mostAtATime, paths, (path) => cacheServedFile(ctx, saltenv, path))
  return found.filter((path) => path !== undefined)
}

export interface Choice {
  readonly include?: string | undefined
  readonly exclude?: string | undefined
}

export interface ServedBelow {
  readonly files: readonly string[]
  /** Folders with nothing in them. */
  readonly emptyFolders: readonly string[]
}

/** Paths below a folder of an environment that a choice takes: a glob for the whole path, or `E@` and an expression for something in it. */
export async function servedBelow(
  ctx: FunctionContext,
  served: { readonly path: string; readonly saltenv: string },
  { include, exclude }: Choice = {},
): Promise<ServedBelow> {
  const folder = served.path.replace(/\/+$/, '')
  const { files, folders } = await fileSourceOf(ctx).names(served.saltenv, folder)
  const isBelow = (path: string): boolean => folder === '' || path.startsWith(`${folder}/`)
  const takes = include === undefined ? () => true : matcherOf(include)
  const leaves = exclude === undefined ? () => false : matcherOf(exclude)
  const filled = new Set([...files, ...folders].map((path) => dirname(path)))
  return {
    files: files.filter((path) => isBelow(path) && takes(path) && !leaves(path)),
    emptyFolders: folders.filter((path) => isBelow(path) && !filled.has(path)),
  }
}

function matcherOf(pattern: string): (path: string) => boolean {
  if (!pattern.startsWith('E@')) return (path) => matchGlob(pattern, path)
  const expression = compileRegex(pattern.slice(2), { anchor: 'none' })
  return (path) => expression.matches(path)
}

/** A copy of a file of this machine below `localfiles` of the cache. */
export async function cacheLocal(ctx: FunctionContext, path: string): Promise<string | undefined> {
  const target = resolveInside(localFilesFolder(ctx), path.replace(/^\/+/, ''))
  try {
    if (!(await stat(path)).isFile()) return undefined
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await copyFile(path, target)
    return target
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new SaltError('execution-failed', `cannot copy ${path}`, { where: path, cause })
  }
}
