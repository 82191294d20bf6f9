import { s } from '../../../base/schema.ts'
import { listUsers } from '../../../engine/functions/name-service.ts'
import { fingerprintHashType } from '../../../engine/functions/ssh-public-key.ts'
import { fn } from '../../../engine/plugin.ts'
import {
  checkKey,
  type KnownKeys,
  keysOf,
  removeKey,
  requiredKeys,
  setKey,
  sourceKeys,
  statusIn,
} from './authorized.ts'

const user = s.string('Name of the user')
const config = s.withDefault(
  s.string('The file: an absolute path, or one below the home; %u is the user, %h the home'),
  '.ssh/authorized_keys',
)
const key = s.string('The key, in Base64')
const comment = s.string('What stands behind the key')
const options = s.union([s.array(s.string()), s.null()], 'What stands before the key: no-pty, command="…"')
const source = s.string('Path or URL of a file of keys')
const saltenv = s.withDefault(s.string('Environment of a salt:// source'), 'base')
const cacheKeys = s.optional(s.any('Accepted, and without effect'))

const keysSchema = s.record(
  s.object({ enc: s.string(), comment: s.string(), options: s.array(s.string()), fingerprint: s.string() }),
)

const sample = 'AAAAC3NzaC1lZDI1NTE5AAAAIE6t5I4P45YqPELYlcxbYZwn8vTl2to17BzTJwPI8yJr'

/** Of several outcomes the one that says most about all of them. */
function gravest(outcomes: readonly string[], order: readonly string[]): string {
  return order.find((one) => outcomes.includes(one)) ?? outcomes[0] ?? ''
}

export const authorizedFunctions = {
  auth_keys: fn({
    doc: 'List the keys that let in as a user; of several users or of all, by their names.',
    args: {
      user: s.optional(s.union([user, s.array(s.string())], 'Name of the user, or a list; all by default')),
      config,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: s.union([keysSchema, s.record(keysSchema)]),
    examples: ["salt '*' ssh.auth_keys fred", "salt '*' ssh.auth_keys user='[root, fred]'", "salt '*' ssh.auth_keys"],
    async run(ctx, args) {
      if (typeof args.user === 'string') return (await keysOf(ctx, { ...args, user: args.user })) ?? {}
      const found: Record<string, KnownKeys> = {}
      for (const one of args.user ?? (await listUsers(ctx)).map((entry) => entry.name)) {
        const keys = await keysOf(ctx, { ...args, user: one })
        if (keys !== undefined) found[one] = keys
      }
      return found
    },
  }),
  check_key: fn({
    doc: 'Tell what setting a key would do: add it, update what stands beside it, or nothing, as it exists.',
    args: {
      user,
      key,
      enc: s.string('Kind of the key: ssh-rsa, ed25519, …'),
      comment,
      options,
      config,
      cache_keys: cacheKeys,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: s.literal(['add', 'update', 'exists']),
    examples: [`salt '*' ssh.check_key fred ${sample} ssh-ed25519 fred@home '[]'`],
    run: (ctx, args) => checkKey(ctx, args, { ...args, options: args.options ?? [] }),
  }),
  check_key_file: fn({
    doc: 'Tell what setting the keys of a file would do, key by key.',
    args: { user, source, config, saltenv, fingerprint_hash_type: fingerprintHashType },
    returns: s.record(s.literal(['add', 'update', 'exists'])),
    examples: ["salt '*' ssh.check_key_file fred salt://ssh/keyfile"],
    async run(ctx, args) {
      const wanted = await sourceKeys(ctx, args.source, args.saltenv, args.fingerprint_hash_type)
      if (wanted === undefined) return {}
      if (Object.keys(wanted).length === 0) ctx.log.error('No keys detected', { source: args.source })
      const keys = (await keysOf(ctx, args)) ?? {}
      return Object.fromEntries(
        Object.entries(wanted).map(([one, known]) => [one, statusIn(keys, { key: one, ...known })]),
      )
    },
  }),
  set_auth_key: fn({
    doc: 'Let in as a user with a key: new, replace (what stood beside it), no change, fail, invalid or Invalid public key.',
    args: {
      user,
      key,
      enc: s.withDefault(s.string('Kind of the key: ssh-rsa, ed25519, …'), 'ssh-rsa'),
      comment: s.withDefault(comment, ''),
      options: s.optional(options),
      config,
      cache_keys: cacheKeys,
      fingerprint_hash_type: fingerprintHashType,
    },
    returns: s.string(),
    examples: [`salt '*' ssh.set_auth_key fred '${sample}' enc=ed25519`],
    run: (ctx, args) => setKey(ctx, args, { ...args, options: args.options ?? [] }),
  }),
  set_auth_key_from_file: fn({
    doc: 'Let in as a user with all keys of a file.',
    args: { user, source, config, saltenv, fingerprint_hash_type: fingerprintHashType },
    returns: s.string('fail, replace, new or no change: what became of at least one'),
    examples: ["salt '*' ssh.set_auth_key_from_file fred salt://ssh_keys/fred.id_rsa.pub"],
    async run(ctx, args) {
      const outcomes: string[] = []
      for (const one of await requiredKeys(ctx, args)) outcomes.push(await setKey(ctx, args, one))
      return gravest(outcomes, ['fail', 'replace', 'new', 'no change'])
    },
  }),
  rm_auth_key: fn({
    doc: 'Let in with a key no more.',
    args: { user, key, config, fingerprint_hash_type: fingerprintHashType },
    returns: s.string('Key removed, or Key not present'),
    examples: [`salt '*' ssh.rm_auth_key fred ${sample}`],
    run: (ctx, args) => removeKey(ctx, args, args.key),
  }),
  rm_auth_key_from_file: fn({
    doc: 'Let in with the keys of a file no more.',
    args: { user, source, config, saltenv, fingerprint_hash_type: fingerprintHashType },
    returns: s.string('Key removed where at least one was, or Key not present'),
    examples: ["salt '*' ssh.rm_auth_key_from_file fred salt://ssh_keys/fred.id_rsa.pub"],
    async run(ctx, args) {
      const outcomes: string[] = []
      for (const one of await requiredKeys(ctx, args)) outcomes.push(await removeKey(ctx, args, one.key))
      return gravest(outcomes, ['Key removed', 'Key not present'])
    },
  }),
}
