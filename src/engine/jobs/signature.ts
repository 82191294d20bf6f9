/**
 * How a master signs its jobs. Signing and verifying cost more than all else about a small job, so jobs of the same moment
 * share one signature, over the list of their digests; each minion gets the list with its job.
 */
import { createHash } from 'node:crypto'
import type { Identity } from '../../wire/identity.ts'
import { verify } from '../../wire/identity.ts'

/** Every signature of a job starts with it, so that nothing else that a master signs can pass as a job. */
export const jobSignaturePurpose = 'salt job v1'
/** The same for the digests of several jobs. */
const jobsSignaturePurpose = 'salt jobs v1'

const digestLength = 32
/** Jobs that share a signature at most: the list of their digests travels with each of them. */
const mostTogether = 32

export interface SignedJob {
  /** The packed load. */
  readonly body: Uint8Array
  /** By `jobSignaturePurpose` over the body, or with `digests` by `jobsSignaturePurpose` over these. */
  readonly signature: Uint8Array
  /** SHA-256 of each body that this signature is for, one after the other. */
  readonly digests?: Uint8Array
}

interface Waiting {
  readonly body: Uint8Array
  deliver(signed: SignedJob): void
}

/** Signs the jobs of one turn of the event loop together, at its end. */
export class JobSigner {
  readonly #identity: Identity
  #waiting: Waiting[] = []

  constructor(identity: Identity) {
    this.#identity = identity
  }

  /** Calls `deliver` soon, never at once. */
  sign(body: Uint8Array, deliver: (signed: SignedJob) => void): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#signAll())
    this.#waiting.push({ body, deliver })
  }

  #signAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (let start = 0; start < waiting.length; start += mostTogether) {
      const together = waiting.slice(start, start + mostTogether)
      const shared = this.#signatureOf(together.map(({ body }) => body))
      for (const { body, deliver } of together) deliver({ body, ...shared })
    }
  }

  #signatureOf(bodies: readonly Uint8Array[]): Omit<SignedJob, 'body'> {
    const [only] = bodies
    if (bodies.length === 1 && only !== undefined) return { signature: this.#identity.sign(jobSignaturePurpose, only) }
    const digests = Buffer.concat(bodies.map(digestOf))
    return { signature: this.#identity.sign(jobsSignaturePurpose, digests), digests }
  }
}

/** Checks signatures by the key of one master. The list of digests that it has verified last it takes at its word. */
export class JobVerifier {
  readonly #masterKey: Uint8Array
  #verified: { readonly digests: Uint8Array; readonly signature: Uint8Array } | undefined

  constructor(masterKey: Uint8Array) {
    this.#masterKey = masterKey
  }

  isSigned({ body, signature, digests }: SignedJob): boolean {
    if (digests === undefined) return verify(this.#masterKey, jobSignaturePurpose, body, signature)
    return includesDigest(digests, digestOf(body)) && this.#areSigned(digests, signature)
  }

  #areSigned(digests: Uint8Array, signature: Uint8Array): boolean {
    const last = this.#verified
    if (last !== undefined && isEqual(last.digests, digests) && isEqual(last.signature, signature)) return true
    if (!verify(this.#masterKey, jobsSignaturePurpose, digests, signature)) return false
    this.#verified = { digests: Uint8Array.from(digests), signature: Uint8Array.from(signature) }
    return true
  }
}

function includesDigest(digests: Uint8Array, digest: Uint8Array): boolean {
  if (digests.byteLength % digestLength !== 0 || digests.byteLength > mostTogether * digestLength) return false
  for (let start = 0; start < digests.byteLength; start += digestLength) {
    if (isEqual(digests.subarray(start, start + digestLength), digest)) return true
  }
  return false
}

function digestOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest()
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
