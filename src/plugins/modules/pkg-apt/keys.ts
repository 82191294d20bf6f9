/** Functions of `pkg` about the keys that sign sources: files below /etc/apt/keyrings, as sources name them. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { resolveInside, writeFileAtomic } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const defaultFolder = '/etc/apt/keyrings'

interface KeySource {
  readonly path: string
  readonly url?: string | undefined
  readonly text?: string | undefined
  readonly saltenv: string
}

/** Writes a key to its file, in the form that apt expects of the file's name. */
export async function storeKeyFile(ctx: FunctionContext, { path, url, text, saltenv }: KeySource): Promise<void> {
  const content = text ?? (await fetched(ctx, url ?? '', saltenv))
  mkdirSync(ctx.at(dirname(path)), { recursive: true, mode: 0o755 })
  await writeFileAtomic(ctx.at(path), path.endsWith('.gpg') ? withoutArmor(content) : content, 0o644)
}

/** apt takes a file with `.gpg` at its end only where the key in it is binary. */
function withoutArmor(content: string | Uint8Array): string | Uint8Array {
  const text = Buffer.from(content).toString('latin1')
  const blocks = [...text.matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g)]
  if (blocks.length === 0) return content
  return Buffer.concat(blocks.map(([, block = '']) => decodeArmor(block)))
}

/** Headers end with an empty line; the last line is a checksum. */
function decodeArmor(block: string): Buffer {
  const lines = block.split('\n').map((line) => line.trim())
  const start = lines.indexOf('', 1)
  const body = lines.slice(Math.max(start, 0)).filter((line) => line !== '' && !line.startsWith('='))
  return Buffer.from(body.join(''), 'base64')
}

/** Fetches keys from a key server into a file. */
export async function receiveKeys(
  ctx: FunctionContext,
  { path, keyserver, keyid }: { readonly path: string; readonly keyserver: string; readonly keyid: string },
): Promise<void> {
  const ids = keyid.split(/[\s,]+/).filter((id) => id !== '')
  if (ids.some((id) => !/^(?:0x)?[0-9a-f]{8,40}$/i.test(id))) {
    throw new SaltError('bad-arguments', `${JSON.stringify(keyid)} cannot be the id of a key`)
  }
  mkdirSync(ctx.at(dirname(path)), { recursive: true, mode: 0o755 })
  // apt cannot read the format that gpg would choose by itself.
  const keyring = `gnupg-ring:${ctx.at(path)}`
  const words = ['--batch', '--no-default-keyring', '--keyring', keyring, '--keyserver', keyserver, '--recv-keys']
  await mustRun(ctx, ['gpg', ...words, ...ids])
  if (existsSync(ctx.at(path))) chmodSync(ctx.at(path), 0o644)
}

async function fetched(ctx: FunctionContext, url: string, saltenv: string): Promise<Uint8Array> {
  const path = url.startsWith('/') ? url : await ctx.salt('cp.cache_file', [url, saltenv])
  if (typeof path !== 'string' || path === '')
    throw new SaltError('execution-failed', `The key ${url} could not be fetched.`)
  return readFile(path)
}

const folder = s.withDefault(s.path('Folder of the keys'), defaultFolder)

export const keyFunctions = {
  get_repo_keys: fn({
    doc: 'List the keys below the folder of keys.',
    args: {
      aptkey: s.withDefault(s.boolean('Accepted, and without effect here: keys are files'), true),
      keydir: folder,
    },
    returns: s.record(s.record(s.any()), 'Short key id → what is known of the key'),
    examples: ["salt '*' pkg.get_repo_keys"],
    run: (ctx, { keydir }) => keysBelow(ctx, keydir),
  }),
  add_repo_key: fn({
    doc: 'Write a key for sources to a file of the folder of keys.',
    args: {
      path: s.optional(s.string('Path or URL of the key')),
      text: s.optional(s.text('The key')),
      keyserver: s.optional(s.string('Key server to fetch keyid from')),
      keyid: s.optional(s.string('Ids of keys on the key server')),
      saltenv: s.withDefault(s.string('Environment of the path'), 'base'),
      aptkey: s.withDefault(s.boolean('Accepted, and without effect here: keys are files'), true),
      keydir: folder,
      keyfile: s.optional(s.string('Name of the file; by default that of path')),
    },
    returns: s.boolean(),
    examples: [
      "salt '*' pkg.add_repo_key salt://keys/example.asc",
      "salt '*' pkg.add_repo_key text='-----BEGIN…' keyfile=example.asc",
    ],
    async run(ctx, { path, text, keyserver, keyid, keydir, keyfile, saltenv }) {
      if (keyid !== undefined) {
        if (keyserver === undefined) throw new SaltError('bad-arguments', 'A keyid needs a keyserver to fetch it from.')
        const file = keyfile ?? `${keyid}.gpg`
        resolveInside(ctx.at(keydir), file)
        await receiveKeys(ctx, { path: `${keydir}/${file}`, keyserver, keyid })
        return true
      }
      const name = keyfile ?? (path === undefined ? undefined : basename(path))
      if ((path === undefined && text === undefined) || name === undefined) {
        throw new SaltError('bad-arguments', 'add_repo_key() needs path, or text with keyfile.')
      }
      resolveInside(ctx.at(keydir), name)
      await storeKeyFile(ctx, { path: `${keydir}/${name}`, url: path, text, saltenv })
      return true
    },
  }),
  del_repo_key: fn({
    doc: 'Remove the file of a key.',
    args: {
      name: s.optional(s.string('Accepted, and without effect here: name the key by keyid')),
      aptkey: s.withDefault(s.boolean('Accepted, and without effect here: keys are files'), true),
      keydir: folder,
    },
    extra: s.any('keyid: short or long id of the key'),
    returns: s.boolean(),
    examples: ["salt '*' pkg.del_repo_key keyid=0123ABCD"],
    async run(ctx, { keydir }, { extra }) {
      const wanted = String(extra.keyid ?? '')
        .replace(/^0x/i, '')
        .toUpperCase()
      if (wanted === '') throw new SaltError('bad-arguments', 'The argument keyid is needed.')
      const found = Object.values(await keysBelow(ctx, keydir)).find((key) => key.keyid.endsWith(wanted))
      if (found === undefined) return false
      rmSync(ctx.at(found.keyfile))
      return true
    },
  }),
}

interface KnownKey {
  readonly keyid: string
  readonly keyfile: string
  [field: string]: unknown
}

const validities: Readonly<Record<string, string>> = { e: 'expired', r: 'revoked', i: 'invalid' }

/** As `gpg --with-colons` lists them. */
async function keysBelow(ctx: FunctionContext, keydir: string): Promise<Record<string, KnownKey>> {
  if (statSync(ctx.at(keydir), { throwIfNoEntry: false }) === undefined) return {}
  const found: Record<string, KnownKey> = {}
  for (const name of readdirSync(ctx.at(keydir)).sort(compareText)) {
    const keyfile = `${keydir}/${name}`
    const argv = ['gpg', '--no-default-keyring', '--with-colons', '--show-keys', ctx.at(keyfile)]
    const result = await ctx.exec(argv)
    if (result.retcode !== 0) {
      ctx.log.warning('A file of keys could not be read', { keyfile, reason: faultText(result) })
      continue
    }
    for (const line of result.stdout.split('\n')) {
      const [kind, validity = '', size = '', algorithm = '', keyid = '', created = '', expires = ''] = line.split(':')
      if (kind !== 'pub') continue
      found[keyid.slice(-8)] = {
        algorithm: Number(algorithm),
        bits: Number(size),
        capability: line.split(':')[11] ?? '',
        date_creation: Number(created),
        date_expiration: expires === '' ? null : Number(expires),
        keyid,
        keyfile,
        validity: validities[validity] ?? 'unknown',
      }
    }
  }
  return found
}
