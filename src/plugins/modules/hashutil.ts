import { isUtf8 } from 'node:buffer'
import { createHash, createHmac, getHashes, timingSafeEqual } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { SaltError } from '../../base/errors.ts'
import { type Schema, s } from '../../base/schema.ts'
import { defineModule, type FunctionDefinition, fn } from '../../engine/plugin.ts'
import { attemptAsync } from './file/failure.ts'
import { hashOf } from './file/hash.ts'

const checksums = ['md5', 'sha256', 'sha512'] as const

const text = s.text('The text')
const checksum = s.withDefault(s.string('md5, sha256 or sha512'), 'md5')
const secret = s.string('The secret that both sides know')

function assertChecksum(checksum: string): void {
  if (checksums.some((one) => one === checksum)) return
  throw new SaltError('execution-failed', `Hash func '${checksum}' is not supported.`, {
    hint: `Use one of ${checksums.join(', ')}.`,
  })
}

function hexDigest(algorithm: string, value: string): string {
  return createHash(algorithm).update(value).digest('hex')
}

function digestFunction(algorithm: 'md5' | 'sha256' | 'sha512', name: string): FunctionDefinition {
  return fn({
    doc: `Make the ${name} checksum of a text.`,
    args: { instr: text },
    returns: s.string('As hexadecimal digits'),
    examples: [`salt '*' hashutil.${algorithm}_digest 'get salted'`],
    run: (_ctx, { instr }) => hexDigest(algorithm, instr),
  })
}

/** Lines of 76 characters that all end with a line break, as MIME has them (RFC 2045). */
function base64Lines(bytes: Buffer): string {
  return (bytes.toString('base64').match(/.{1,76}/g) ?? []).map((line) => `${line}\n`).join('')
}

/** Bytes of base64, in one line or several. Throws `bad-arguments` for what is none. */
function decodeBase64(text: string): Buffer {
  const plain = text.replace(/\s/g, '')
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
    throw new SaltError('bad-arguments', 'The text is not valid base64.', {
      hint: 'It has the characters A-Z, a-z, 0-9, + and /, and is filled up with = to a multiple of four.',
    })
  }
  return Buffer.from(plain, 'base64')
}

/** Text where the bytes are UTF-8. */
function textOrBytes(bytes: Buffer): string | Uint8Array {
  return isUtf8(bytes) ? bytes.toString('utf8') : new Uint8Array(bytes)
}

const decoded: Schema<string | Uint8Array> = s.any('Text; bytes where it is no UTF-8') as Schema<string | Uint8Array>

/** Compares without telling by its duration how much is equal. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((value) => createHash('sha256').update(value).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

/** `sha1=5a3f…`, as GitHub sends it. Throws `bad-arguments` for another form. */
function parseChallenge(challenge: string): { readonly algorithm: string; readonly digest: string } {
  const [, algorithm = '', digest = ''] = /^([A-Za-z0-9-]+)=([0-9a-fA-F]+)$/.exec(challenge) ?? []
  if (!getHashes().includes(algorithm)) {
    throw new SaltError('bad-arguments', `${JSON.stringify(challenge)} is no signature of GitHub`, {
      hint: 'It has the form sha256=DIGITS.',
    })
  }
  return { algorithm, digest: digest.toLowerCase() }
}

export const hashutil = defineModule({
  name: 'hashutil',
  doc: 'Makes checksums and signatures, and writes and reads base64.',
  functions: {
    digest: fn({
      doc: 'Make the checksum of a text.',
      args: { instr: text, checksum },
      returns: s.string('As hexadecimal digits'),
      examples: ["salt '*' hashutil.digest 'get salted' sha256"],
      run(_ctx, { instr, checksum }) {
        assertChecksum(checksum)
        return hexDigest(checksum, instr)
      },
    }),
    digest_file: fn({
      doc: 'Make the checksum of a file.',
      args: { infile: s.path('The file'), checksum },
      returns: s.string('As hexadecimal digits'),
      examples: ["salt '*' hashutil.digest_file /etc/hosts sha256"],
      async run(_ctx, { infile, checksum }) {
        assertChecksum(checksum)
        return hashOf(infile, checksum)
      },
    }),
    md5_digest: digestFunction('md5', 'MD5'),
    sha256_digest: digestFunction('sha256', 'SHA-256'),
    sha512_digest: digestFunction('sha512', 'SHA-512'),
    base64_b64encode: fn({
      doc: 'Write a text as base64, in one line.',
      args: { instr: text },
      returns: s.string(),
      examples: ["salt '*' hashutil.base64_b64encode 'get salted'"],
      run: (_ctx, { instr }) => Buffer.from(instr).toString('base64'),
    }),
    base64_b64decode: fn({
      doc: 'Read base64.',
      args: { instr: s.text('The base64') },
      returns: decoded,
      examples: ["salt '*' hashutil.base64_b64decode 'Z2V0IHNhbHRlZA=='"],
      run: (_ctx, { instr }) => textOrBytes(decodeBase64(instr)),
    }),
    base64_encodestring: fn({
      doc: 'Write a text as base64, in lines of 76 characters.',
      args: { instr: text },
      returns: s.string(),
      examples: ["salt '*' hashutil.base64_encodestring 'get salted'"],
      run: (_ctx, { instr }) => base64Lines(Buffer.from(instr)),
    }),
    base64_decodestring: fn({
      doc: 'Read base64 that may have several lines.',
      args: { instr: s.text('The base64') },
      returns: decoded,
      examples: ["salt '*' hashutil.base64_decodestring instr='Z2V0IHNhbHRlZAo='"],
      run: (_ctx, { instr }) => textOrBytes(decodeBase64(instr)),
    }),
    base64_encodefile: fn({
      doc: 'Write the content of a file as base64, in lines of 76 characters.',
      args: { fname: s.path('The file') },
      returns: s.string(),
      examples: ["salt '*' hashutil.base64_encodefile /etc/hosts"],
      run: async (_ctx, { fname }) => base64Lines(await attemptAsync(fname, () => readFile(fname))),
    }),
    base64_decodefile: fn({
      doc: 'Read base64 and put what it stands for into a file.',
      args: { instr: s.text('The base64'), outfile: s.path('The file') },
      returns: s.boolean(),
      examples: ["salt '*' hashutil.base64_decodefile instr='Z2V0IHNhbHRlZAo=' outfile=/srv/docs/binary_file"],
      async run(_ctx, { instr, outfile }) {
        const content = decodeBase64(instr)
        await attemptAsync(outfile, () => writeFile(outfile, content))
        return true
      },
    }),
    hmac_signature: fn({
      doc: 'Tell whether a signature in base64 (HMAC with SHA-256) belongs to a text and a secret.',
      args: { string: text, shared_secret: secret, challenge_hmac: s.string('The signature') },
      returns: s.boolean(),
      examples: [
        "salt '*' hashutil.hmac_signature 'get salted' 'shared secret' 'eBWf9bstXg+NiP5AOwppB5HMvZiYMPzEM9W5YMm/AmQ='",
      ],
      run: (_ctx, { string, shared_secret, challenge_hmac }) =>
        isSame(createHmac('sha256', shared_secret).update(string).digest('base64'), challenge_hmac),
    }),
    hmac_compute: fn({
      doc: 'Sign a text with a secret (HMAC with SHA-256).',
      args: { string: text, shared_secret: secret },
      returns: s.string('As hexadecimal digits'),
      examples: ["salt '*' hashutil.hmac_compute 'get salted' 'shared secret'"],
      run: (_ctx, { string, shared_secret }) => createHmac('sha256', shared_secret).update(string).digest('hex'),
    }),
    github_signature: fn({
      doc: 'Tell whether a signature that GitHub sent with a webhook belongs to its body and a secret.',
      args: {
        string: s.text('The body'),
        shared_secret: secret,
        challenge_hmac: s.string('The signature, with its kind: sha256=DIGITS'),
      },
      returns: s.boolean(),
      examples: [
        "salt '*' hashutil.github_signature 'the body' 'shared secret' challenge_hmac=sha1=1263a333e070a46a4b7ef0ceaf5864b677d17bc0",
      ],
      run(_ctx, { string, shared_secret, challenge_hmac }) {
        const { algorithm, digest } = parseChallenge(challenge_hmac)
        return isSame(createHmac(algorithm, shared_secret).update(string).digest('hex'), digest)
      },
    }),
  },
})
