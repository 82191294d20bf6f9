/**
 * The manifest of a release (`repo.json`), its signature, and the check of a file against it.
 *
 * The shape is salt-bin's, `{os: {filename: {name, version, blake, sha512, sha3_512}}}`, with `arch`, `size` and `sha256`
 * beside them. The signature is Ed25519 over the canonical JSON: keys sorted, no white space, UTF-8.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { SaltError, systemCode } from '../../base/errors.ts'

const manifestSystems = ['linux', 'osx', 'windows'] as const
export type ManifestSystem = (typeof manifestSystems)[number]

/** Digests are lower-case hex; `blake` is BLAKE2b-512. */
export interface ArtifactDigests {
  readonly blake: string
  readonly sha256: string
  readonly sha512: string
  readonly sha3_512: string
}

export interface ArtifactEntry extends ArtifactDigests {
  readonly name: string
  readonly version: string
  /** `x64` or `arm64`. */
  readonly arch: string
  /** Bytes. */
  readonly size: number
}

export type Manifest = Readonly<Partial<Record<ManifestSystem, Readonly<Record<string, ArtifactEntry>>>>>

const digestAlgorithms: Readonly<
  Record<keyof ArtifactDigests, { readonly algorithm: string; readonly hexLength: number }>
> = {
  blake: { algorithm: 'blake2b512', hexLength: 128 },
  sha256: { algorithm: 'sha256', hexLength: 64 },
  sha512: { algorithm: 'sha512', hexLength: 128 },
  sha3_512: { algorithm: 'sha3-512', hexLength: 128 },
}
const digestNames = Object.keys(digestAlgorithms) as (keyof ArtifactDigests)[]

/** JSON with sorted keys and no white space, the bytes that a signature covers. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/** Detached signature of a manifest, in base64. */
export function signManifest(manifest: Manifest, privateKey: KeyObject): string {
  return sign(null, Buffer.from(canonicalJson(manifest)), privateKey).toString('base64')
}

/**
 * Parses a manifest after its signature was checked.
 * @throws SaltError `bad-artifact` when the signature is not the key's, or the manifest is not one.
 */
export function openManifest(text: string, signature: string, publicKeyPem: string, where: string): Manifest {
  const value = parseJson(text, where)
  const bytes = Buffer.from(signature.trim(), 'base64')
  if (!verify(null, Buffer.from(canonicalJson(value)), releaseKey(publicKeyPem), bytes)) {
    throw new SaltError(
      'bad-artifact',
      'the signature of the manifest does not fit: it was changed, or signed by another key',
      {
        where,
        hint: 'Fetch the manifest and its signature again; give another release key with --key FILE.',
      },
    )
  }
  return checkManifest(value, where)
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SaltError('bad-artifact', 'the manifest is not JSON', { where, cause })
  }
}

function releaseKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (cause) {
    throw new SaltError('key-invalid', 'the release key is not a public key in PEM form', { cause })
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SaltError('key-invalid', `the release key is of type ${key.asymmetricKeyType}, not ed25519`)
  }
  return key
}

function checkManifest(value: unknown, where: string): Manifest {
  const systems = asRecord(value)
  if (systems === undefined) throw badManifest('is not a mapping', where)
  for (const system of manifestSystems) {
    if (systems[system] === undefined) continue
    const entries = asRecord(systems[system])
    if (entries === undefined) throw badManifest(`${system} is not a mapping`, where)
    for (const [name, entry] of Object.entries(entries)) {
      if (!isEntry(entry)) throw badManifest(`the entry ${system}/${name} lacks a field or has a wrong one`, where)
    }
  }
  return systems as Manifest
}

function badManifest(problem: string, where: string): SaltError {
  return new SaltError('bad-artifact', `the manifest cannot be used: ${problem}`, { where })
}

function isEntry(value: unknown): value is ArtifactEntry {
  const entry = asRecord(value)
  if (entry === undefined) return false
  const isDigest = (name: keyof ArtifactDigests): boolean => {
    const digest = entry[name]
    return (
      typeof digest === 'string' && /^[0-9a-f]+$/.test(digest) && digest.length === digestAlgorithms[name].hexLength
    )
  }
  return (
    ['name', 'version', 'arch'].every((name) => typeof entry[name] === 'string') &&
    Number.isSafeInteger(entry.size) &&
    digestNames.every(isDigest)
  )
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

/** Size and digests of a file, read once. */
export async function digestFile(path: string): Promise<ArtifactDigests & { readonly size: number }> {
  const hashes = digestNames.map((name) => createHash(digestAlgorithms[name].algorithm))
  let size = 0
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      size += chunk.length
      for (const hash of hashes) hash.update(chunk)
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
  const [blake, sha256, sha512, sha3_512] = hashes.map((hash) => hash.digest('hex'))
  return { size, blake: blake ?? '', sha256: sha256 ?? '', sha512: sha512 ?? '', sha3_512: sha3_512 ?? '' }
}

/**
 * Checks a file against a manifest: first by its name, else (`salt`, a renamed copy) by its content.
 * @param name File name to look up, without folders.
 * @throws SaltError `bad-artifact` when the file is not listed, or has another size or digest than listed.
 */
export async function verifyFile(
  path: string,
  name: string,
  manifest: Manifest,
): Promise<{ readonly system: ManifestSystem; readonly entry: ArtifactEntry }> {
  const all = manifestSystems.flatMap((system) =>
    Object.values(manifest[system] ?? {}).map((entry) => ({ system, entry })),
  )
  const named = all.filter(({ entry }) => entry.name === name)
  const size = await sizeOf(path)
  if (named.length > 0 && named.every(({ entry }) => entry.size !== size)) {
    const listed = named.map(({ entry }) => entry.size).join(' or ')
    throw refused(`has ${size} bytes, its manifest says ${listed}`, path)
  }
  const digests = await digestFile(path)
  const fits = (entry: ArtifactEntry): boolean =>
    entry.size === digests.size && digestNames.every((digest) => entry[digest] === digests[digest])
  const match = (named.length > 0 ? named : all).find(({ entry }) => fits(entry))
  if (match !== undefined) return match
  throw named.length > 0
    ? refused('does not have the digests that its manifest says', path)
    : refused('is not in the manifest, neither by its name nor by its content', path)
}

function refused(problem: string, path: string): SaltError {
  return new SaltError('bad-artifact', `${path} ${problem}`, {
    hint: 'Do not run it: fetch the file and its manifest again from where you trust them.',
  })
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): SaltError {
  return new SaltError('bad-artifact', `${path} cannot be read (${systemCode(cause) ?? 'unknown error'})`, { cause })
}
