import { s } from '../../../base/schema.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { parseSaltUrl, protocolOf } from '../file/source.ts'

export const saltenv = s.optional(s.string('Environment of the file server; that of the minion when left out'))
export const gzip = s.optional(s.any('Accepted; what goes over the wire is not compressed'))
export const makedirs = s.withDefault(s.boolean('Make the folders that are missing'), false)
export const cached = s.union([s.string(), s.boolean()], 'Where it lies, or false')

/** How web servers are asked. */
export const webArguments = {
  verify_ssl: s.withDefault(s.boolean('Make sure who answers for https://'), true),
  use_etag: s.withDefault(s.boolean('Ask by ETag whether a file has changed'), false),
}

/** The environment that is meant: that of the call, else the one of the configuration, else base. */
export function environmentOf(ctx: FunctionContext, given: string | undefined): string {
  const configured = ctx.config.get('saltenv')
  return given ?? (typeof configured === 'string' && configured !== '' ? configured : 'base')
}

/** A `salt://` URL, or a path that is read as one, as the file server knows it. */
export function servedAt(
  ctx: FunctionContext,
  path: string,
  given: string | undefined,
): { path: string; saltenv: string } {
  const served = parseSaltUrl(path, environmentOf(ctx, given))
  return { saltenv: served.saltenv, path: served.path.replace(/^\/+/, '') }
}

export function isServed(path: string): boolean {
  const protocol = protocolOf(path)
  return protocol === 'salt' || (protocol === '' && !path.startsWith('/'))
}
