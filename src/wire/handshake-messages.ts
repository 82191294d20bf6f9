/** What the payloads of the three handshake messages hold, and what both sides must agree on before the first. */
import { SaltError } from '../base/errors.ts'
import { unpack } from '../base/msgpack.ts'
import { isRecord } from '../base/narrow.ts'
import { protocolVersion } from './frame.ts'

const suite = 'Noise_XX_25519_ChaChaPoly_SHA256'

/** Part of the transcript: two programs that differ in it cannot complete a handshake. */
export const prologue = Buffer.from(`salt wire ${protocolVersion}`)

/** What the client offers, in the open but bound into the transcript: removing the better offer breaks the handshake. */
export const offer = { versions: [protocolVersion], suites: [suite] }

/** Throws `bad-frame` when the offer holds nothing that this program speaks. */
export function checkOffer(payload: Uint8Array): void {
  const value = unpack(payload)
  const { versions, suites } = isRecord(value) ? value : {}
  if (
    !Array.isArray(versions) ||
    !versions.includes(protocolVersion) ||
    !Array.isArray(suites) ||
    !suites.includes(suite)
  ) {
    throw new SaltError('bad-frame', 'the client offers no version and suite that this program speaks')
  }
}

/** What a server may ask a client to wait: neither a storm nor for ever, whatever it says. */
const retryBounds = { shortestMs: 500, longestMs: 3_600_000 }
/** The same for a word that is not sealed: anybody on the way could have said it. */
const longestUnsealedRetryMs = 60_000

function retryMs(value: unknown, longestMs: number): number {
  const wanted = typeof value === 'number' && Number.isFinite(value) ? value : 0
  return Math.min(longestMs, Math.max(retryBounds.shortestMs, wanted))
}

/** Unsealed word of a server that does not go on. */
export interface Refusal {
  readonly reason: 'busy' | 'unknown-session' | 'unknown-version'
  readonly retryAfterMs: number
}

export function readRefusal(bytes: Uint8Array): Refusal {
  const value = unpack(bytes)
  const { reason, retryAfterMs } = isRecord(value) ? value : {}
  if (reason !== 'busy' && reason !== 'unknown-session' && reason !== 'unknown-version') {
    throw new SaltError('bad-frame', 'a refusal that means nothing')
  }
  return { reason, retryAfterMs: retryMs(retryAfterMs, longestUnsealedRetryMs) }
}

/** Who asks to be admitted: all of it certified by the identity key, but for `payload`. */
export interface Claim {
  readonly name: string
  readonly role: string
  readonly publicKeyRaw: Uint8Array
  readonly publicPem: string
  readonly fingerprint: string
  /** Random text of the client's process. */
  readonly instance: string
  readonly payload: unknown
}

/** The server's decision about a client: the first record of the new session. */
export type Admission =
  | { readonly kind: 'welcome'; readonly payload: unknown }
  | {
      readonly kind: 'pending' | 'rejected' | 'denied' | 'busy'
      readonly message: string
      readonly retryAfterMs: number
    }

export function readAdmission(record: unknown): Admission {
  const { admission } = isRecord(record) ? record : {}
  if (isRecord(admission)) {
    const { kind, message, retryAfterMs, payload } = admission
    if (kind === 'welcome') return { kind, payload }
    if (kind === 'pending' || kind === 'rejected' || kind === 'denied' || kind === 'busy') {
      return {
        kind,
        message: String(message ?? kind),
        retryAfterMs: retryMs(retryAfterMs, retryBounds.longestMs),
      }
    }
  }
  throw new SaltError('bad-frame', 'the server did not say whether it admits this client')
}
