/** Functions of `file` on checksums and sources. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { readText } from './content.ts'
import { hashOf, hashTypeOfLength, knownHashes } from './hash.ts'
import { chooseSource } from './managing/gathering.ts'
import { expandUser } from './paths.ts'
import { findHash, sourceHash } from './source-hash.ts'
import { isRegularFile } from './status.ts'

const path = s.path('The file')
const form = s.withDefault(s.string('md5, sha1, sha224, sha256, sha384 or sha512'), 'sha256')
const hash = s.object({ hsum: s.string('The checksum'), hash_type: s.string('Its kind') })
const name = (description: string) => s.withDefault(s.string(description), '')

export const hashFunctions = {
  get_hash: fn({
    doc: 'Give the checksum of a file.',
    args: { path, form, chunk_size: s.withDefault(s.integer('Accepted, and without effect'), 65536) },
    returns: s.string(),
    examples: [`salt '*' file.get_hash /etc/passwd`],
    run: (_ctx, args) => hashOf(expandUser(args.path), args.form),
  }),
  get_sum: fn({
    doc: 'Give the checksum of a file; a sentence where there is none. `file.get_hash` fails instead.',
    args: { path, form },
    returns: s.string(),
    examples: [`salt '*' file.get_sum /etc/passwd sha512`],
    run(_ctx, args) {
      const full = expandUser(args.path)
      return isRegularFile(full) ? hashOf(full, args.form) : 'File not found'
    },
  }),
  check_hash: fn({
    doc: 'Tell whether a file has a checksum.',
    args: { path, file_hash: s.string('The checksum, or <type>=<checksum>') },
    returns: s.boolean(),
    examples: [`salt '*' file.check_hash /srv/docs/a.txt file_hash=md5=a53c5f10fe6a66a6cc2c6a0cb9104daf`],
    async run(_ctx, { path, file_hash }) {
      const [, given, sum = ''] = /^(?:([^:]*?)[:=])?(.*)$/s.exec(file_hash) ?? []
      const type = given ?? hashTypeOfLength(sum.length)
      if (type === undefined) {
        throw new SaltError(
          'bad-arguments',
          `Hash ${sum} (length: ${sum.length}) could not be matched to a supported hash type. The supported hash types and lengths are: ${knownHashes()}`,
        )
      }
      return (await hashOf(expandUser(path), type)) === sum
    },
  }),
  get_source_sum: fn({
    doc: 'Tell which checksum a source must have, from a checksum or a file with checksums.',
    args: {
      file_name: name('Name of the file that is managed'),
      source: name('The source'),
      source_hash: s.optional(s.string('A checksum, <type>=<checksum>, or path or URL of a file with checksums')),
      source_hash_name: s.optional(s.string('The name that stands in that file')),
      saltenv: s.withDefault(s.string('Environment of a salt:// file'), 'base'),
      verify_ssl: s.withDefault(s.boolean('Accepted, and without effect: certificates are always verified'), true),
    },
    returns: hash,
    examples: [`salt '*' file.get_source_sum /srv/backup/docs.tar.gz source_hash=499ae16dcae71eeb7c3a30c75ea7a1a6`],
    run(ctx, args) {
      const { file_name: fileName, source, source_hash_name: hashName = '', saltenv } = args
      return sourceHash(ctx, args.source_hash ?? '', { fileName, source, hashName }, saltenv)
    },
  }),
  extract_hash: fn({
    doc: 'Find the checksum of a name in a file with checksums; the first one where no name fits.',
    args: {
      hash_fn: s.path('The file with checksums'),
      hash_type: form,
      file_name: name('Name of the file'),
      source: name('URL of the file'),
      source_hash_name: s.optional(s.string('The name that stands in the file')),
    },
    returns: s.union([hash, s.null()]),
    examples: [`salt '*' file.extract_hash /srv/backup/SHA512SUMS sha512 /srv/backup/docs.tar.gz`],
    run(_ctx, args) {
      const { file_name: fileName, source, source_hash_name: hashName = '' } = args
      return findHash(readText(args.hash_fn).text, args.hash_type, { fileName, source, hashName }) ?? null
    },
  }),
  source_list: fn({
    doc: 'Give the first source of a list that exists, and its checksum.',
    args: {
      source: s.any('A source, or a list of sources; one may be a mapping to its checksum'),
      source_hash: s.any('Checksum where a source has none of its own'),
      saltenv: s.string('Environment of salt:// files'),
    },
    returns: s.array(s.any()),
    examples: [`salt '*' file.source_list '[salt://http/httpd.conf, /etc/hosts]' '' base`],
    async run(ctx, { source, source_hash, saltenv }) {
      if (!Array.isArray(source)) return [source, source_hash]
      const [url, hash] = await chooseSource(ctx, source, source_hash, saltenv)
      return [url, hash ?? source_hash]
    },
  }),
}
