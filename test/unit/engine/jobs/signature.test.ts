import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { JobSigner, JobVerifier, type SignedJob } from '../../../../src/engine/jobs/signature.ts'
import { type Identity, temporaryIdentity } from '../../../../src/wire/identity.ts'

/** Signs these bodies in one turn of the event loop. */
async function sign(identity: Identity, bodies: readonly Uint8Array[]): Promise<SignedJob[]> {
  const signer = new JobSigner(identity)
  return Promise.all(bodies.map((body) => new Promise<SignedJob>((resolve) => signer.sign(body, resolve))))
}

function countingIdentity(): { identity: Identity; count: () => number } {
  const identity = temporaryIdentity()
  let signatures = 0
  const sign = (purpose: string, body: Uint8Array): Uint8Array => {
    signatures += 1
    return identity.sign(purpose, body)
  }
  return { identity: { ...identity, sign }, count: () => signatures }
}

const bodies = (count: number): Uint8Array[] => Array.from({ length: count }, () => randomBytes(40))

describe('the signature of jobs', () => {
  it('is shared by the jobs of one turn, up to 32 of them', async () => {
    for (const [count, signatures] of [
      [1, 1],
      [2, 1],
      [32, 1],
      [33, 2],
      [70, 3],
    ] as const) {
      const { identity, count: made } = countingIdentity()
      const signed = await sign(identity, bodies(count))
      assert.equal(made(), signatures, `${count} jobs`)
      const verifier = new JobVerifier(identity.publicKeyRaw)
      assert.deepEqual(
        signed.map((job) => verifier.isSigned(job)),
        Array(count).fill(true),
      )
    }
  })

  it('keeps jobs of different turns apart, and never delivers at once', async () => {
    const identity = temporaryIdentity()
    const signer = new JobSigner(identity)
    let delivered = 0
    signer.sign(randomBytes(8), (job) => {
      assert.equal(job.digests, undefined)
      delivered += 1
    })
    assert.equal(delivered, 0)
    const [other] = await sign(identity, bodies(1))
    assert.equal(other?.digests, undefined)
    assert.equal(delivered, 1)
  })

  it('is refused when anything of it is another', async () => {
    const identity = temporaryIdentity()
    const [one, two, alone] = [...(await sign(identity, bodies(2))), ...(await sign(identity, bodies(1)))]
    assert.ok(one?.digests !== undefined && two !== undefined && alone !== undefined)
    const { digests, signature } = one
    const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
      const copy = Uint8Array.from(bytes)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    const foreign = await sign(temporaryIdentity(), [one.body, two.body])
    const wrong: Readonly<Record<string, SignedJob>> = {
      'another body': { ...one, body: randomBytes(40) },
      'a body of another batch': { ...one, body: alone.body },
      'a changed signature': { ...one, signature: flipped(signature, 3) },
      'a changed digest of another job': { ...one, digests: flipped(digests, 40) },
      'a digest more': { ...one, digests: Buffer.concat([digests, randomBytes(32)]) },
      'half a digest more': { ...one, digests: Buffer.concat([digests, randomBytes(16)]) },
      'no digests': { body: one.body, signature },
      'digests as a body': { body: digests, signature },
      'the signature of one job for a list': { ...one, signature: alone.signature },
      'another key': foreign[0] ?? alone,
      'too many digests': { ...one, digests: Buffer.concat(Array(20).fill(digests)) },
    }
    for (const [what, job] of Object.entries(wrong)) {
      // With and without a list that was verified before.
      for (const before of [undefined, two]) {
        const verifier = new JobVerifier(identity.publicKeyRaw)
        if (before !== undefined) assert.ok(verifier.isSigned(before))
        assert.equal(verifier.isSigned(job), false, what)
      }
    }
  })
})
