/** Keys that let in: reading and changing the `authorized_keys` of users. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { findUser, type UserEntry } from '../../../engine/functions/name-service.ts'
import {
  type AuthorizedKey,
  fingerprintOf,
  formatKeyLine,
  keyKind,
  parseKeyLine,
} from '../../../engine/functions/ssh-public-key.ts'
import { readSystemFile, withLineEnd } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { readSource } from '../file/source.ts'
import { isFile, userPath, writeUserFile } from './user-file.ts'

export interface KeyFile {
  readonly user: string
  readonly config: string
  readonly fingerprint_hash_type?: string | undefined
}

interface KnownKey {
  enc: string
  comment: string
  options: string[]
  fingerprint: string
}

/** Key → what stands beside it. */
export type KnownKeys = Record<string, KnownKey>

/** The keys in a text; of those that stand in it twice, the last. */
function keysIn(text: string, hashType: string | undefined): KnownKeys {
  const keys: KnownKeys = {}
  for (const line of text.split('\n')) {
    const found = parseKeyLine(line)
    const fingerprint = found && fingerprintOf(found.key, hashType)
    if (found === undefined || fingerprint === undefined) continue
    keys[found.key] = { enc: found.enc, comment: found.comment, options: [...found.options], fingerprint }
  }
  return keys
}

/** The keys of a user, or undefined where there is no such user, or no such file. */
export async function keysOf(ctx: FunctionContext, file: KeyFile): Promise<KnownKeys | undefined> {
  const user = await findUser(ctx, file.user)
  const text = user && readSystemFile(ctx, userPath(user, file.config))
  return text === undefined ? undefined : keysIn(text, file.fingerprint_hash_type)
}

/** The keys in a file of the file server or of this host, or undefined where there is none. */
export async function sourceKeys(
  ctx: FunctionContext,
  source: string,
  saltenv: string,
  hashType: string | undefined,
): Promise<KnownKeys | undefined> {
  const content = await readSource(ctx, source, saltenv)
  return content === undefined ? undefined : keysIn(content.toString(), hashType)
}

/** As `sourceKeys`, of a file that must have keys (`execution-failed`). */
export async function requiredKeys(
  ctx: FunctionContext,
  args: KeyFile & { readonly source: string; readonly saltenv: string },
): Promise<AuthorizedKey[]> {
  const keys = await sourceKeys(ctx, args.source, args.saltenv, args.fingerprint_hash_type)
  if (keys === undefined) throw new SaltError('execution-failed', 'Failed to pull key file from salt file server')
  const found = Object.entries(keys).map(([key, known]) => ({ key, ...known }))
  if (found.length === 0) {
    throw new SaltError('execution-failed', `No keys detected in ${args.source}. Is file properly formatted?`)
  }
  return found
}

/** What setting a key would do: `add` it, `update` what stands beside it, or nothing, as it `exists`. */
export function statusIn(keys: KnownKeys, wanted: AuthorizedKey): 'add' | 'update' | 'exists' {
  const known = keys[wanted.key]
  if (known === undefined) return 'add'
  const line = formatKeyLine({ ...wanted, enc: keyKind(wanted.enc) })
  return formatKeyLine({ key: wanted.key, ...known }) === line ? 'exists' : 'update'
}

export async function checkKey(ctx: FunctionContext, file: KeyFile, wanted: AuthorizedKey) {
  return statusIn((await keysOf(ctx, file)) ?? {}, wanted)
}

/** The lines of a text with another in place of each that holds a key; all others stay. */
function replaceKey(text: string, key: string, line: string): string {
  return withLineEnd(text)
    .split(/(?<=\n)/)
    .map((old) => (parseKeyLine(old)?.key === key ? line : old))
    .join('')
}

function textOf(ctx: FunctionContext, path: string): string {
  return isFile(ctx, path) ? (readSystemFile(ctx, path) ?? '') : ''
}

/** `new`, `replace`, `no change`, or what is wrong in Salt's words. */
export async function setKey(ctx: FunctionContext, file: KeyFile, given: AuthorizedKey): Promise<string> {
  if (/\s/.test(given.key)) return 'invalid'
  const wanted = { ...given, enc: keyKind(given.enc) }
  assertOneLine(wanted)
  const user = await findUser(ctx, file.user)
  if (user === undefined) return 'fail'
  if (fingerprintOf(wanted.key, file.fingerprint_hash_type) === undefined) return 'Invalid public key'
  const path = userPath(user, file.config)
  // From here on to the end of writing nothing waits, so that jobs that set keys at once do not lose each other's.
  const text = textOf(ctx, path)
  const status = statusIn(keysIn(text, file.fingerprint_hash_type), wanted)
  if (status === 'exists') return 'no change'
  const line = formatKeyLine(wanted)
  if (status === 'update') {
    await writeUserFile(ctx, user, path, replaceKey(text, wanted.key, line))
    return 'replace'
  }
  if (isMissingHome(ctx, user, path)) return 'fail'
  await writeUserFile(ctx, user, path, `${withLineEnd(text)}${line}`)
  return 'new'
}

function isMissingHome(ctx: FunctionContext, user: UserEntry, path: string): boolean {
  return path.startsWith(user.home) && !fs.existsSync(ctx.at(user.home))
}

/** What a key is given with must not smuggle in another line. */
function assertOneLine({ comment, options }: AuthorizedKey): void {
  if (![comment, ...options].some((part) => /[\r\n\0]/.test(part))) return
  throw new SaltError('bad-arguments', 'the comment and the options of a key must not have line breaks')
}

/** Salt's sentence about what became of the key. */
export async function removeKey(ctx: FunctionContext, file: KeyFile, key: string): Promise<string> {
  const user = await findUser(ctx, file.user)
  if (user === undefined) return 'Key not present'
  const path = userPath(user, file.config)
  const text = textOf(ctx, path)
  if (keysIn(text, file.fingerprint_hash_type)[key] === undefined) return 'Key not present'
  await writeUserFile(ctx, user, path, replaceKey(text, key, ''))
  return 'Key removed'
}
