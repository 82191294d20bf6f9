import { s } from '../../../base/schema.ts'
import { fingerprintHashType, fingerprintOf, keyKind, kindOfKey } from '../../../engine/functions/ssh-public-key.ts'
import { readSystemFile, withLineEnd, writeSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import {
  fault,
  type HostsFile,
  hashedName,
  hostsFile,
  hostWord,
  isFault,
  type KnownHost,
  rewrite,
  scannedEntries,
  storedEntries,
} from './known-hosts.ts'
import { isFile, writeUserFile } from './user-file.ts'

const user = s.optional(s.string('Name of the user; the file of the system by default'))
const hostname = s.string('Name or address of the host')
const optionalHostname = s.optional(hostname)
const config = s.optional(s.string('The file: an absolute path, or one below the home of the user'))
const port = s.optional(s.integer('Port, where it is not 22', { minimum: 1, maximum: 65535 }))
const enc = s.optional(s.string('Kind of the key: rsa, ed25519, …'))
const timeout = s.withDefault(s.seconds('How long to wait for the host'), 5)
const key = s.optional(s.string('The key, in Base64'))
const fingerprint = s.optional(s.string('Its fingerprint, as hex digits with colons between'))

const entrySchema = s.object({
  hostname: s.string('May be hashed'),
  enc: s.string(),
  key: s.string(),
  fingerprint: s.string(),
})
const entriesSchema = s.union([s.array(entrySchema), s.null()], 'Null: none')
const faultSchema = s.object({ status: s.literal(['error']), error: s.string() })

const missingHostname = 'hostname argument required'

interface SetArguments {
  readonly user?: string | undefined
  readonly fingerprint?: string | undefined
  readonly key?: string | undefined
  readonly port?: number | undefined
  readonly enc?: string | undefined
  readonly hash_known_hosts: boolean
  readonly timeout: number
  readonly fingerprint_hash_type?: string | undefined
}

/** Whether what is stored is as wanted already. Undefined: only the host itself can tell. */
function isAsWanted(stored: readonly KnownHost[], args: SetArguments): boolean | undefined {
  if (stored.length === 0) return false
  const { fingerprint, key } = args
  if (fingerprint === undefined && key === undefined) return undefined
  return (
    (fingerprint === undefined || stored.some((entry) => entry.fingerprint === fingerprint)) &&
    (key === undefined || stored.some((entry) => entry.key === key))
  )
}

/** The entry of a key that is given, with its kind from the key itself where it is not given. */
function givenEntry(host: string, key: string, args: SetArguments): KnownHost | undefined {
  const print = fingerprintOf(key, args.fingerprint_hash_type)
  const kind = args.enc === undefined ? kindOfKey(key) : keyKind(args.enc)
  if (print === undefined || kind === undefined) return undefined
  return { hostname: args.hash_known_hosts ? hashedName(host) : host, enc: kind, key, fingerprint: print }
}

async function writeEntries(ctx: FunctionContext, { path, user }: HostsFile, entries: readonly KnownHost[]) {
  const lines = entries.map((entry) => `${entry.hostname} ${entry.enc} ${entry.key}\n`)
  const text = `${withLineEnd(readSystemFile(ctx, path) ?? '')}${lines.join('')}`
  if (user === undefined) writeSystemFile(ctx, path, text, { mode: 0o600 })
  else await writeUserFile(ctx, user, path, text)
}

async function setHost(ctx: FunctionContext, name: string, args: SetArguments, file: HostsFile) {
  const host = hostWord(name, args.port)
  const stored = await storedEntries(ctx, file, host, args.fingerprint_hash_type)
  const keys = stored.map((entry) => entry.key)
  const exists = { status: 'exists' as const, keys }
  const asWanted = isAsWanted(stored, args)
  if (asWanted === true) return exists
  let entries: readonly KnownHost[]
  if (args.key === undefined) {
    const { hash_known_hosts: hash, fingerprint_hash_type: hashType } = args
    entries = await scannedEntries(ctx, { ...args, hostname: name, hash, hashType })
    if (entries.length === 0) return fault('Unable to receive remote host keys')
    if (args.fingerprint !== undefined && !entries.some((entry) => entry.fingerprint === args.fingerprint)) {
      return fault('Remote host public keys found but none of their fingerprints match the one you have provided')
    }
    if (asWanted === undefined && entries.some((entry) => keys.includes(entry.key))) return exists
  } else {
    const entry = givenEntry(host, args.key, args)
    if (entry === undefined) return fault('Invalid public key')
    entries = [entry]
  }
  if (stored.length > 0) await rewrite(ctx, file, ['-R', host])
  await writeEntries(ctx, file, entries)
  return { status: 'updated' as const, old: stored.length === 0 ? null : stored, new: [...entries] }
}

async function rewriteAs<S extends string>(
  ctx: FunctionContext,
  args: { readonly user?: string | undefined; readonly config?: string | undefined },
  status: S,
  options: readonly string[],
) {
  const file = await hostsFile(ctx, args)
  if (isFault(file)) return file
  if (!isFile(ctx, file.path)) return fault(`Known hosts file ${file.path} does not exist`)
  return { status, comment: await rewrite(ctx, file, options) }
}

export const knownHostsFunctions = {
  get_known_host_entries: fn({
    doc: 'Tell the keys that a user knows of a host.',
    args: {
      user: s.union([s.string(), s.null()], 'Name of the user; null: the file of the system'),
      hostname,
      config,
      port,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: s.union([entriesSchema, faultSchema]),
    examples: ["salt '*' ssh.get_known_host_entries fred github.com"],
    async run(ctx, args) {
      const file = await hostsFile(ctx, { user: args.user ?? undefined, config: args.config })
      if (isFault(file)) return file
      const found = await storedEntries(ctx, file, hostWord(args.hostname, args.port), args.fingerprint_hash_type)
      return found.length === 0 ? null : found
    },
  }),
  recv_known_host_entries: fn({
    doc: 'Ask a host for its keys.',
    args: {
      hostname,
      enc,
      port,
      hash_known_host: s.withDefault(s.boolean('Hash the name in the answer'), true),
      timeout,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: entriesSchema,
    examples: ["salt '*' ssh.recv_known_host_entries github.com enc=ed25519"],
    async run(ctx, args) {
      const { hash_known_host: hash, fingerprint_hash_type: hashType } = args
      const found = await scannedEntries(ctx, { ...args, hash, hashType })
      return found.length === 0 ? null : found
    },
  }),
  check_known_host: fn({
    doc: 'Tell what setting a host would do: add it, update its key, or nothing, as it exists.',
    args: {
      user,
      hostname: optionalHostname,
      key,
      fingerprint,
      config,
      port,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: s.union([s.literal(['add', 'update', 'exists']), faultSchema]),
    examples: ["salt '*' ssh.check_known_host fred github.com"],
    async run(ctx, args) {
      if (args.hostname === undefined) return fault(missingHostname)
      const file = await hostsFile(ctx, args)
      if (isFault(file)) return file
      const found = await storedEntries(ctx, file, hostWord(args.hostname, args.port), args.fingerprint_hash_type)
      if (found.length === 0) return 'add'
      if (args.key !== undefined) return found.some((entry) => entry.key === args.key) ? 'exists' : 'update'
      if (args.fingerprint === undefined) return 'exists'
      return found.some((entry) => entry.fingerprint === args.fingerprint) ? 'exists' : 'update'
    },
  }),
  set_known_host: fn({
    doc: 'Make a host known: with the key that is given, or with those that it tells, whose fingerprint may be demanded.',
    args: {
      user,
      hostname: optionalHostname,
      fingerprint,
      key,
      port,
      enc,
      config,
      hash_known_hosts: s.withDefault(s.boolean('Hash the name'), true),
      timeout,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: s.union([
      s.object({ status: s.literal(['exists']), keys: s.array(s.string()) }),
      s.object({ status: s.literal(['updated']), old: entriesSchema, new: s.array(entrySchema) }),
      faultSchema,
    ]),
    examples: ["salt '*' ssh.set_known_host fred github.com enc=ed25519"],
    async run(ctx, args) {
      if (args.hostname === undefined) return fault(missingHostname)
      const file = await hostsFile(ctx, args)
      return isFault(file) ? file : setHost(ctx, args.hostname, args, file)
    },
  }),
  rm_known_host: fn({
    doc: 'Forget the keys of a host.',
    args: { user, hostname: optionalHostname, config, port },
    returns: s.union([s.object({ status: s.literal(['removed']), comment: s.text() }), faultSchema]),
    examples: ["salt '*' ssh.rm_known_host fred github.com"],
    async run(ctx, args) {
      if (args.hostname === undefined) return fault(missingHostname)
      return rewriteAs(ctx, args, 'removed', ['-R', hostWord(args.hostname, args.port)])
    },
  }),
  hash_known_hosts: fn({
    doc: 'Hash the names of all known hosts.',
    args: { user, config },
    returns: s.union([s.object({ status: s.literal(['updated']), comment: s.text() }), faultSchema]),
    examples: ["salt '*' ssh.hash_known_hosts fred"],
    run: (ctx, args) => rewriteAs(ctx, args, 'updated', ['-H']),
  }),
}
