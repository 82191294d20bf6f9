import { createHash, getHashes, randomBytes } from 'node:crypto'
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { algorithms, crypt, isSalt, randomSalt } from '../../engine/functions/crypt.ts'
import { randomSource, sample, unpredictable } from '../../engine/functions/python-random.ts'
import { defineModule, fn } from '../../engine/plugin.ts'

const lowercase = 'abcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const whitespace = ' \t\n\r\v\f'

const seed = s.optional(s.any('One seed always gives the same result'))
const list = s.array(s.any(), 'The list')

/** What random text can be asked for in one go. */
const maximumLength = 16 * 1024 * 1024

function randomText(length: number, characters: string): string {
  if (characters === '') throw new SaltError('bad-arguments', 'There are no characters to choose from.')
  const each = [...characters]
  return Array.from({ length }, () => each[unpredictable.below(each.length)]).join('')
}

/** The letters of an option that is not turned off. */
function when(on: boolean, characters: string): string {
  return on ? characters : ''
}

function hexDigest(algorithm: string, value: string | Buffer): string {
  const name = algorithm.toLowerCase().replace('_', '-')
  const known = [algorithm, name].find((one) => getHashes().includes(one))
  if (known === undefined) throw new SaltError('bad-arguments', 'You must specify a valid algorithm.')
  return createHash(known).update(value).digest('hex')
}

const rotation = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
  })

const encoders: Readonly<Record<string, (text: string) => string>> = {
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  rot13: rotation,
  utf8: (text) => text,
}

function algorithmOf(name: string): (typeof algorithms)[number] {
  const known = algorithms.find((one) => one === name)
  if (known !== undefined) return known
  throw new SaltError('bad-arguments', `the algorithm ${JSON.stringify(name)} is not supported`, {
    hint: `Use one of ${algorithms.join(', ')}.`,
  })
}

function samples(value: readonly unknown[], size: number, seed: unknown): unknown[] {
  if (size > value.length) {
    throw new SaltError('bad-arguments', `${size} items cannot be drawn from a list of ${value.length}`)
  }
  return sample(value, size, randomSource(seed))
}

export const random = defineModule({
  name: 'random',
  doc: 'Makes random numbers, texts and hashes of passwords.',
  functions: {
    hash: fn({
      doc: 'Make the checksum of a text.',
      args: {
        value: s.text('The text'),
        algorithm: s.withDefault(s.string('Any that OpenSSL knows, such as md5, sha256 or sha3-512'), 'sha512'),
      },
      returns: s.string('As hexadecimal digits'),
      examples: ["salt '*' random.hash 'I am a string' md5"],
      run: (_ctx, { value, algorithm }) => hexDigest(algorithm, value),
    }),
    str_encode: fn({
      doc: 'Write a text in another way.',
      args: { value: s.text('The text'), encoder: s.withDefault(s.string('base64, hex, rot13 or utf-8'), 'base64') },
      returns: s.string(),
      examples: ["salt '*' random.str_encode 'I am a new string' base64"],
      run(_ctx, { value, encoder }) {
        const encode = encoders[encoder.toLowerCase().replace(/[-_]/g, '')]
        if (encode === undefined) throw new SaltError('bad-arguments', 'You must specify a valid encoder')
        return encode(value)
      },
    }),
    get_str: fn({
      doc: 'Make a random text, good for a password.',
      args: {
        length: s.withDefault(s.integer('Number of characters', { minimum: 0, maximum: maximumLength }), 20),
        chars: s.optional(s.string('The characters to choose from, in place of those that the other options name')),
        lowercase: s.withDefault(s.boolean('Choose from a to z'), true),
        uppercase: s.withDefault(s.boolean('Choose from A to Z'), true),
        digits: s.withDefault(s.boolean('Choose from 0 to 9'), true),
        punctuation: s.withDefault(s.boolean('Choose from signs'), true),
        whitespace: s.withDefault(s.boolean('Choose from blanks, tabs and line breaks'), false),
        printable: s.withDefault(s.boolean('Choose from all of these'), false),
      },
      returns: s.string(),
      examples: [
        "salt '*' random.get_str 128",
        "salt '*' random.get_str chars='abc123.!()'",
        "salt '*' random.get_str lowercase=False whitespace=True",
      ],
      run(_ctx, args) {
        const all = args.printable
        const chosen = [
          when(all || args.lowercase, lowercase),
          when(all || args.uppercase, lowercase.toUpperCase()),
          when(all || args.digits, digits),
          when(all || args.punctuation, punctuation),
          when(all || args.whitespace, whitespace),
        ]
        return randomText(args.length, args.chars ?? chosen.join(''))
      },
    }),
    rand_str: fn({
      doc: 'Make a random checksum. get_str makes texts that are better for passwords.',
      args: {
        size: s.withDefault(s.integer('Has no effect; kept for calls that give it'), 9_999_999_999),
        hash_type: s.optional(s.string('Kind of the checksum; hash_type of the configuration by default')),
      },
      returns: s.string('As hexadecimal digits'),
      examples: ["salt '*' random.rand_str", "salt '*' random.rand_str hash_type=md5"],
      run(ctx, { hash_type }) {
        const configured = ctx.config.get('hash_type')
        const kind = hash_type ?? (typeof configured === 'string' ? configured : 'sha256')
        return hexDigest(kind, randomBytes(64))
      },
    }),
    shadow_hash: fn({
      doc: 'Make the hash of a password, as the shadow file holds it.',
      args: {
        crypt_salt: s.optional(s.string('The salt; a random one by default')),
        password: s.optional(s.string('The password; a random one that nobody knows, by default')),
        algorithm: s.withDefault(s.string('sha512, sha256 or md5'), 'sha512'),
      },
      returns: s.string(),
      examples: ["salt '*' random.shadow_hash 'My5alT' 'MyP@asswd' md5"],
      run(_ctx, args) {
        const algorithm = algorithmOf(args.algorithm)
        const salt = args.crypt_salt ?? randomSalt(algorithm)
        if (!isSalt(salt)) {
          throw new SaltError('bad-arguments', 'a salt is at least one character, and has no "$", ":" or line break')
        }
        return crypt(args.password ?? randomBytes(20).toString('base64url'), salt, algorithm)
      },
    }),
    rand_int: fn({
      doc: 'Draw a random integer.',
      args: {
        start: s.withDefault(s.integer('The lowest that may come'), 1),
        end: s.withDefault(s.integer('The highest that may come'), 10),
        seed,
      },
      returns: s.integer(),
      examples: ["salt '*' random.rand_int 1 10", "salt '*' random.rand_int 1 1000 seed=web1"],
      run(_ctx, { start, end, seed }) {
        if (end < start) throw new SaltError('bad-arguments', `there is no integer from ${start} to ${end}`)
        return start + randomSource(seed).below(end - start + 1)
      },
    }),
    seed: fn({
      doc: 'Draw an integer below a limit that is always the same on this minion, so that a fleet is spread evenly.',
      args: {
        range: s.withDefault(s.integer('The limit', { minimum: 1 }), 10),
        hash: s.optional(s.any('The seed; the id of the minion by default')),
      },
      returns: s.integer(),
      examples: ["salt '*' random.seed 60", "salt '*' random.seed 10 hash=web1"],
      run: (ctx, { range, hash }) => randomSource(hash ?? ctx.id).below(range),
    }),
    sample: fn({
      doc: 'Draw items from a list, each at most once.',
      args: { value: list, size: s.integer('How many', { minimum: 0 }), seed },
      returns: s.array(s.any()),
      examples: ['salt \'*\' random.sample \'["one", "two"]\' 1 seed=something'],
      run: (_ctx, { value, size, seed }) => samples(value, size, seed),
    }),
    shuffle: fn({
      doc: 'Give a list another order.',
      args: { value: list, seed },
      returns: s.array(s.any()),
      examples: ['salt \'*\' random.shuffle \'["one", "two"]\' seed=something'],
      run: (_ctx, { value, seed }) => samples(value, value.length, seed),
    }),
  },
})
