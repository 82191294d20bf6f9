/** Keys of other hosts: the `known_hosts` of users and of the system, as ssh-keygen and ssh-keyscan tell and change them. */
import { createHmac, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { wordsOf } from '../../../engine/functions/host-programs.ts'
import { findUser, type UserEntry } from '../../../engine/functions/name-service.ts'
import { fingerprintOf } from '../../../engine/functions/ssh-public-key.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface KnownHost {
  hostname: string
  enc: string
  key: string
  fingerprint: string
}

/** Salt's answer to what cannot be done. */
export interface Fault {
  status: 'error'
  error: string
}

export interface HostsFile {
  readonly path: string
  readonly user: UserEntry | undefined
}

export function fault(error: string): Fault {
  return { status: 'error', error }
}

export function isFault(value: object): value is Fault {
  return 'error' in value
}

/** The file of a user, or that of the system. */
export async function hostsFile(
  ctx: FunctionContext,
  args: { readonly user?: string | undefined; readonly config?: string | undefined },
): Promise<HostsFile | Fault> {
  if (args.user === undefined) {
    const path = args.config ?? '/etc/ssh/ssh_known_hosts'
    if (isAbsolute(path)) return { path, user: undefined }
    return fault('Cannot determine absolute path to file when user is not set')
  }
  const user = await findUser(ctx, args.user)
  if (user === undefined) return fault(`User ${args.user} does not exist`)
  const path = args.config ?? '.ssh/known_hosts'
  return { path: isAbsolute(path) ? path : join(user.home, path), user }
}

/** As in the file: `[host]:2222` where the port is not the usual one. */
export function hostWord(hostname: string, port: number | undefined): string {
  if (hostname.startsWith('-') || /[\s,\0]/.test(hostname)) {
    throw new SaltError('bad-arguments', `${JSON.stringify(hostname)} cannot be the name of a host`)
  }
  return port === undefined || port === 22 ? hostname : `[${hostname}]:${port}`
}

function parseEntries(text: string, hashType: string | undefined): KnownHost[] {
  return text.split('\n').flatMap((line) => {
    const [hostname = '', enc, key] = wordsOf(line)
    if (hostname.startsWith('#') || enc === undefined || key === undefined) return []
    const fingerprint = fingerprintOf(key, hashType)
    return fingerprint === undefined ? [] : [{ hostname, enc, key, fingerprint }]
  })
}

export async function storedEntries(
  ctx: FunctionContext,
  file: HostsFile,
  host: string,
  hashType: string | undefined,
): Promise<KnownHost[]> {
  const { stdout } = await ctx.exec(['ssh-keygen', '-F', host, '-f', ctx.at(file.path)])
  return parseEntries(stdout, hashType)
}

interface Scan {
  readonly hostname: string
  readonly enc?: string | undefined
  readonly port?: number | undefined
  readonly hash: boolean
  readonly timeout: number
  readonly hashType: string | undefined
}

const attempts = 5

/** Asks a host for its keys. A busy host answers with nothing at times, so that it is asked some times. */
export async function scannedEntries(ctx: FunctionContext, scan: Scan): Promise<KnownHost[]> {
  hostWord(scan.hostname, scan.port)
  const argv = [
    'ssh-keyscan',
    ...(scan.port === undefined ? [] : ['-p', String(scan.port)]),
    ...(scan.enc === undefined ? [] : ['-t', scan.enc]),
    '-T',
    String(scan.timeout),
    scan.hostname,
  ]
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { stdout } = await ctx.exec(argv)
    const found = parseEntries(stdout, scan.hashType)
    if (found.length > 0) return scan.hash ? found.map(hashed) : found
  }
  return []
}

/** The entry with a name that nobody can read (ssh-keygen(1), `-H`): `|1|salt|hash`. */
function hashed(entry: KnownHost): KnownHost {
  return { ...entry, hostname: hashedName(entry.hostname) }
}

export function hashedName(name: string): string {
  const salt = randomBytes(20)
  const hash = createHmac('sha1', salt).update(name).digest('base64')
  return `|1|${salt.toString('base64')}|${hash}`
}

/** Runs ssh-keygen on a file and gives mode and owner back, which it takes away. Resolves to what it wrote. */
export async function rewrite(ctx: FunctionContext, { path, user }: HostsFile, options: readonly string[]) {
  const place = ctx.at(path)
  const { mode } = fs.statSync(place)
  const { stdout } = await ctx.exec(['ssh-keygen', ...options, '-f', place], { mergeStderr: true })
  fs.chmodSync(place, mode & 0o7777)
  if (user !== undefined && process.geteuid?.() === 0) fs.chownSync(place, user.uid, user.gid)
  return stdout.replaceAll('\r', '').trimEnd()
}
