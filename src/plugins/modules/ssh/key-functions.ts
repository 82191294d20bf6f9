/** Key pairs of the host and of its users. */
import { basename, isAbsolute, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { findUser, listUsers } from '../../../engine/functions/name-service.ts'
import { listSystemFolder, readSystemFile, requireSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const privateNames = ['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519'] as const

function keyFile(what: string) {
  return s.optional(
    s.union([s.string(), s.literal([false])], `File of the ${what} key; the usual ones by default; false: none`),
  )
}

function fileNames(given: string | false | undefined, usual: readonly string[]): readonly string[] {
  if (given === false) return []
  return given === undefined || given === '' ? usual : [given]
}

function readKey(ctx: FunctionContext, path: string): string | undefined {
  try {
    return readSystemFile(ctx, path)?.trim()
  } catch (error) {
    ctx.log.debug('A key cannot be read', { path, error })
    return undefined
  }
}

/** The first words of the container that OpenSSH keeps keys in: a mark and the name of the cipher. */
function cipherOf(pem: string): string | undefined {
  const body = /BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(pem)?.[1]
  if (body === undefined) return undefined
  const bytes = Buffer.from(body, 'base64')
  const start = 'openssh-key-v1\0'.length
  return bytes.toString('latin1', start + 4, start + 4 + bytes.readUInt32BE(start))
}

export const keyFunctions = {
  host_keys: fn({
    doc: 'Show the keys of this host.',
    args: {
      keydir: s.optional(s.path('The folder; /etc/ssh by default')),
      private: s.withDefault(s.boolean('Also the private keys'), true),
      certs: s.withDefault(s.boolean('Also the certificates'), true),
    },
    returns: s.union([s.record(s.text()), s.null()]),
    examples: [
      "salt '*' ssh.host_keys private=false",
      "salt '*' ssh.host_keys keydir=/etc/ssh certs=false private=false",
    ],
    run(ctx, args) {
      if (args.keydir === undefined && ctx.grains.kernel !== 'Linux') return null
      const folder = args.keydir ?? '/etc/ssh'
      const keys: Record<string, string> = {}
      for (const file of listSystemFolder(ctx, folder)) {
        const [, type, isPublic, isCertificate] = /^ssh_host_(.+?)_key((-cert)?\.pub)?$/.exec(file) ?? []
        if (type === undefined || (isPublic === undefined && !args.private)) continue
        if (isCertificate !== undefined && !args.certs) continue
        keys[`${type}${isPublic ?? ''}`] = readKey(ctx, join(folder, file)) ?? ''
      }
      return keys
    },
  }),
  user_keys: fn({
    doc: 'Show the key pairs of a user, of several, or of all who have any.',
    args: {
      user: s.optional(s.union([s.string(), s.array(s.string())], 'Name of the user, or a list; all by default')),
      pubfile: keyFile('public'),
      prvfile: keyFile('private'),
    },
    returns: s.record(s.record(s.text())),
    examples: ["salt '*' ssh.user_keys fred prvfile=false", "salt '*' ssh.user_keys prvfile=false"],
    async run(ctx, args) {
      const all = args.user === undefined
      const users = all ? (await listUsers(ctx)).map(({ name }) => name) : [args.user ?? []].flat()
      const files = [
        ...fileNames(
          args.pubfile,
          privateNames.map((name) => `${name}.pub`),
        ),
        ...fileNames(args.prvfile, privateNames),
      ]
      const found: Record<string, Record<string, string>> = {}
      for (const name of users) {
        const user = await findUser(ctx, name)
        if (user === undefined) continue
        for (const file of files) {
          const key = readKey(ctx, isAbsolute(file) ? file : join(user.home, '.ssh', file))
          if (key !== undefined) found[name] = { ...found[name], [basename(file)]: key }
        }
      }
      return found
    },
  }),
  key_is_encrypted: fn({
    doc: 'Tell whether a private key takes a passphrase.',
    args: { key: s.path('File of the key') },
    returns: s.boolean(),
    examples: ["salt '*' ssh.key_is_encrypted /srv/fred/.ssh/id_ed25519"],
    run(ctx, { key }) {
      const text = requireSystemFile(ctx, key)
      if (!/BEGIN (?:\w+\s)*PRIVATE KEY/.test(text)) {
        throw new SaltError('execution-failed', `${key} is not a private key`)
      }
      const cipher = cipherOf(text)
      return cipher === undefined ? text.includes('ENCRYPTED') : cipher !== 'none'
    },
  }),
}
