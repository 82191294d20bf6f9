import type { Clock } from '../base/clock.ts'
import { SaltError } from '../base/errors.ts'
import { pack, unpack } from '../base/msgpack.ts'
import { isRecord } from '../base/narrow.ts'
import { fingerprintOf, type Identity, publicKeyToPem, verify } from './identity.ts'

const serverPurpose = 'salt server channel certificate v1'
const clientPurpose = 'salt client channel certificate v1'
const dayMs = 86_400_000

/** How long a server certificate holds, and from when it is replaced. */
export const certificateLifeMs = 30 * dayMs
export const certificateRenewMs = 7 * dayMs

/** An identity that vouches for the channel key of the handshake it is shown in. */
export interface Certified {
  readonly publicKeyRaw: Uint8Array
  readonly publicPem: string
  readonly fingerprint: string
}

export interface CertifiedClient extends Certified {
  readonly name: string
  readonly role: string
}

/** `{identity, body: {pub, notBefore, notAfter, serial}, signature}`; times in milliseconds since 1970. */
export function serverCertificate(identity: Identity, channelKey: Uint8Array, clock: Clock): Buffer {
  const now = clock.now()
  const body = pack({ pub: channelKey, notBefore: now - dayMs, notAfter: now + certificateLifeMs, serial: now })
  return pack({ identity: identity.publicKeyRaw, body, signature: identity.sign(serverPurpose, body) })
}

/** Whether a certificate made at that time holds for long enough yet; it does not once the wall clock was set far away. */
export function isFresh(madeAt: number, clock: Clock): boolean {
  const age = clock.now() - madeAt
  return age > -dayMs / 2 && age < certificateLifeMs / 2
}

/** Throws `bad-frame` when the certificate does not vouch for the key that the handshake has shown. */
export function checkServerCertificate(bytes: Uint8Array, channelKey: Uint8Array | undefined, clock: Clock): Certified {
  const { certified, body } = readCertificate(bytes, serverPurpose, channelKey)
  const { notBefore, notAfter } = body
  const now = clock.now()
  if (typeof notBefore !== 'number' || typeof notAfter !== 'number')
    throw new SaltError('bad-frame', 'a certificate without times')
  if (now < notBefore || now > notAfter) {
    throw new SaltError('master-mismatch', 'the certificate of the server is not valid at this time', {
      hint: `It holds from ${new Date(notBefore).toISOString()} to ${new Date(notAfter).toISOString()}, here it is ${new Date(now).toISOString()}: compare the clocks.`,
    })
  }
  return certified
}

/** `{identity, body: {pub, name, role}, signature}`. */
export function clientCertificate(identity: Identity, channelKey: Uint8Array, name: string, role: string): Uint8Array {
  const body = pack({ pub: channelKey, name, role })
  return pack({ identity: identity.publicKeyRaw, body, signature: identity.sign(clientPurpose, body) })
}

export function checkClientCertificate(bytes: Uint8Array, channelKey: Uint8Array | undefined): CertifiedClient {
  const { certified, body } = readCertificate(bytes, clientPurpose, channelKey)
  const { name, role } = body
  if (typeof name !== 'string' || typeof role !== 'string')
    throw new SaltError('bad-frame', 'a certificate without a name')
  return { ...certified, name, role }
}

function readCertificate(
  bytes: Uint8Array,
  purpose: string,
  channelKey: Uint8Array | undefined,
): { certified: Certified; body: Record<string, unknown> } {
  const certificate = unpack(bytes)
  if (!isRecord(certificate)) throw new SaltError('bad-frame', 'a certificate that is no mapping')
  const { identity, body, signature } = certificate
  if (!(identity instanceof Uint8Array) || !(body instanceof Uint8Array) || !(signature instanceof Uint8Array)) {
    throw new SaltError('bad-frame', 'a certificate lacks a part')
  }
  if (!verify(identity, purpose, body, signature))
    throw new SaltError('bad-frame', 'the signature of a certificate is wrong')
  const content = unpack(body)
  if (!isRecord(content) || !(content.pub instanceof Uint8Array) || channelKey === undefined) {
    throw new SaltError('bad-frame', 'a certificate names no key')
  }
  if (Buffer.compare(content.pub, channelKey) !== 0)
    throw new SaltError('bad-frame', 'a certificate is for another key')
  const publicKeyRaw = Buffer.from(identity)
  return {
    certified: { publicKeyRaw, publicPem: publicKeyToPem(publicKeyRaw), fingerprint: fingerprintOf(publicKeyRaw) },
    body: content,
  }
}
