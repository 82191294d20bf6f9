/** Checksums that a source is expected to have: given as such, or found in a file of checksums. */
import { SaltError } from '../../../base/errors.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { decode } from './content.ts'
import { hashLengths, hashTypeOfLength, knownHashes } from './hash.ts'
import { splitPath } from './paths.ts'
import { protocolOf, protocols, readSource } from './source.ts'

export interface SourceHash {
  hsum: string
  hash_type: string
}

export interface HashNames {
  readonly fileName: string
  readonly source: string
  /** The name that the file of checksums uses; it counts before the others. */
  readonly hashName: string
}

const separators = ' \t\n\r\v\f\\/*'

/** The checksum of a name in a text of checksums; the first one where no name fits, undefined where there is none. */
export function findHash(text: string, type: string, names: HashNames): SourceHash | undefined {
  const lengths = Object.values(hashLengths)
  const known = hashLengths[type]
  const count = known === undefined ? `${Math.min(...lengths)},${Math.max(...lengths)}` : `${known}`
  const pattern = new RegExp(`(?<![a-z0-9])([a-f0-9]{${count}})(?![a-z0-9])`, 'i')
  const wanted = [
    { whole: names.hashName, end: names.hashName, before: ' \t\n\r\v\f' },
    { whole: names.fileName, end: splitPath(names.fileName)[1], before: separators },
    { whole: names.source, end: baseOfUrl(names.source), before: separators },
  ]
  const found: (SourceHash | undefined)[] = [undefined, undefined, undefined]
  let first: SourceHash | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    const hsum = pattern.exec(line)?.[1]
    const hash_type = hashTypeOfLength(hsum?.length ?? 0)
    if (hsum === undefined || hash_type === undefined) continue
    first ??= { hsum, hash_type }
    for (const [index, { whole, end, before }] of wanted.entries()) {
      if (whole !== '' && isAbout(line, whole, end, before)) found[index] ??= { hsum, hash_type }
    }
  }
  return found.find((one) => one !== undefined) ?? first
}

/** Whether a line of checksums is about that name: at its end, after a separator, or at its start. */
function isAbout(line: string, whole: string, end: string, before: string): boolean {
  if (!line.endsWith(end)) return line.startsWith(whole) && /\s/.test(line.charAt(whole.length))
  const previous = line.charAt(line.length - end.length - 1)
  return previous !== '' && before.includes(previous)
}

function baseOfUrl(url: string): string {
  const match = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/.exec(url)
  return match === null ? splitPath(url)[1] : splitPath(match[2] || match[1] || '')[1]
}

/** What a `source_hash` says: `<type>=<sum>`, a bare checksum, or a file of checksums. */
export async function sourceHash(
  ctx: FunctionContext,
  given: string,
  names: HashNames,
  saltenv: string,
): Promise<SourceHash> {
  const protocol = protocolOf(given)
  if (given.startsWith('/') || protocols.some((known) => known === protocol)) {
    const content = await readSource(ctx, given, saltenv)
    if (content === undefined) throw new SaltError('execution-failed', `Source hash file ${given} not found`)
    const found = findHash(decode(content).text, '', names)
    if (found === undefined) throw wrongForm(given)
    return { hsum: found.hsum.toLowerCase(), hash_type: found.hash_type }
  }
  if (protocol !== '') throw wrongForm(given)
  const at = given.indexOf('=')
  const hsum = given.slice(at + 1).trim()
  const type = at < 0 ? hashTypeOfLength(hsum.length) : given.slice(0, at).trim()
  if (type === undefined || (at < 0 && !/^[0-9a-fA-F]+$/.test(hsum))) throw wrongForm(given)
  const length = hashLengths[type]
  const fitting = hashTypeOfLength(hsum.length)
  if (length === undefined) {
    throw new SaltError(
      'execution-failed',
      `Invalid hash type '${type}'. Supported hash types are: ${Object.keys(hashLengths).join(', ')}. Either remove the hash type and simply use '${hsum}' as the source_hash, or change the hash type to a supported type.`,
    )
  }
  if (fitting === undefined) throw wrongForm(given)
  if (length !== hsum.length) {
    throw new SaltError(
      'execution-failed',
      `Invalid length (${hsum.length}) for hash type '${type}'. Either remove the hash type and simply use '${hsum}' as the source_hash, or change the hash type to '${fitting}'`,
    )
  }
  return { hsum: hsum.toLowerCase(), hash_type: type }
}

function wrongForm(given: string): SaltError {
  return new SaltError(
    'execution-failed',
    `Source hash ${given} format is invalid. Give a checksum, <type>=<checksum>, or a file with checksums: a path or one of ${protocols.join(', ')}. Known checksums and their lengths are: ${knownHashes()}.`,
  )
}
