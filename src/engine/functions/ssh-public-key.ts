/** Public keys, and the lines of `authorized_keys` that hold them (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
import { createHash, getHashes } from 'node:crypto'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'

export interface AuthorizedKey {
  /** `ssh-ed25519` */
  readonly enc: string
  /** In Base64. */
  readonly key: string
  readonly comment: string
  /** `no-pty`, `command="…"` */
  readonly options: readonly string[]
}

export const fingerprintHashType = s.optional(s.string('Hash of the fingerprints: sha256 (the default), md5, …'))

const keyLine =
  /^(?:((?:"(?:[^"\\]|\\.)*"|[^\s"])+)\s+)?((?:sk-)?(?:ssh-|ecdsa-)[\w-]+(?:@openssh\.com)?)\s+(\S+)(?:\s+(.*))?$/

/** Undefined for comments and all that holds no key. */
export function parseKeyLine(line: string): AuthorizedKey | undefined {
  if (line.startsWith('#')) return undefined
  const [, options = '', enc, key, comment = ''] = keyLine.exec(line.trim()) ?? []
  if (enc === undefined || key === undefined) return undefined
  return { enc, key, comment: comment.split(/\s+/).join(' '), options: splitOptions(options) }
}

/** Commas between quotes belong to an option. */
function splitOptions(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []
}

export function formatKeyLine({ enc, key, comment, options }: AuthorizedKey): string {
  const before = options.length === 0 ? '' : `${options.join(',')} `
  return `${before}${enc} ${key} ${comment}\n`
}

/** Colon-separated hex digits, or undefined for what is no Base64. Throws `execution-failed` for an unknown hash. */
export function fingerprintOf(key: string, hashType = 'sha256'): string | undefined {
  const name = hashType.toLowerCase()
  if (!getHashes().includes(name)) {
    throw new SaltError('execution-failed', `The fingerprint_hash_type ${hashType} is not supported.`)
  }
  if (key.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return undefined
  const digest = createHash(name).update(Buffer.from(key, 'base64')).digest('hex')
  return digest.match(/../g)?.join(':')
}

const shortNames: Readonly<Record<string, string>> = {
  r: 'ssh-rsa',
  rsa: 'ssh-rsa',
  d: 'ssh-dss',
  dsa: 'ssh-dss',
  dss: 'ssh-dss',
  e: 'ecdsa-sha2-nistp256',
  ecdsa: 'ecdsa-sha2-nistp256',
  ed25519: 'ssh-ed25519',
  'sk-ed25519': 'sk-ssh-ed25519@openssh.com',
  'sk-ssh-ed25519': 'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa': 'sk-ecdsa-sha2-nistp256@openssh.com',
  'sk-ecdsa-sha2-nistp256': 'sk-ecdsa-sha2-nistp256@openssh.com',
}

const fullNames = new Set([...Object.values(shortNames), 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'])

/** Full name of a kind of keys; `rsa` is short for `ssh-rsa`. Throws `execution-failed`. */
export function keyKind(name: string): string {
  if (fullNames.has(name)) return name
  const full = Object.hasOwn(shortNames, name) ? shortNames[name] : undefined
  if (full === undefined) throw new SaltError('execution-failed', `Incorrect encryption key type '${name}'.`)
  return full
}

/** The kind of a key, which its bytes begin with; undefined where they do not. */
export function kindOfKey(key: string): string | undefined {
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length < 4) return undefined
  const kind = bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0))
  return fullNames.has(kind) ? kind : undefined
}
