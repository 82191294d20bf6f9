import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { pack, unpack } from '../../../src/base/msgpack.ts'
import {
  certificateLifeMs,
  certificateRenewMs,
  checkClientCertificate,
  checkServerCertificate,
  clientCertificate,
  serverCertificate,
} from '../../../src/wire/certificate.ts'
import { temporaryIdentity } from '../../../src/wire/identity.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const dayMs = 86_400_000
const channelKey = Buffer.alloc(32, 1)
const otherKey = Buffer.alloc(32, 2)

/** The certificate with parts of it exchanged, its signature left as it is. */
function altered(bytes: Uint8Array, change: Record<string, unknown>, bodyChange: Record<string, unknown> = {}): Buffer {
  const certificate = unpack(bytes) as Record<string, unknown>
  const body = unpack(certificate.body as Buffer) as Record<string, unknown>
  return pack({ ...certificate, body: pack({ ...body, ...bodyChange }), ...change })
}

describe('the certificate of a server', () => {
  const clock = new FakeClock()
  const identity = temporaryIdentity()
  const bytes = serverCertificate(identity, channelKey, clock)

  it('shows who vouches for the channel key', () => {
    const shown = checkServerCertificate(bytes, channelKey, clock)
    assert.equal(shown.fingerprint, identity.fingerprint)
    assert.equal(shown.publicPem, identity.publicPem)
  })

  it('holds from one day back for thirty days, and is renewed long before', async () => {
    assert.ok(certificateRenewMs * 2 < certificateLifeMs)
    const at = (ms: number): FakeClock => new FakeClock(clock.now() + ms)
    for (const good of [-dayMs, 0, 30 * dayMs]) checkServerCertificate(bytes, channelKey, at(good))
    for (const bad of [-dayMs - 1, 30 * dayMs + 1]) {
      assert.throws(
        () => checkServerCertificate(bytes, channelKey, at(bad)),
        (error) => error instanceof SaltError && error.code === 'master-mismatch' && /clocks/.test(error.hint ?? ''),
      )
    }
  })

  it('is worth nothing for another key, changed, or cut short', () => {
    const stranger = temporaryIdentity()
    const bad = [
      altered(bytes, {}, { notAfter: clock.now() + 365 * dayMs }),
      altered(bytes, {}, { pub: otherKey }),
      altered(bytes, { identity: stranger.publicKeyRaw }),
      altered(bytes, { identity: 'text' }),
      altered(bytes, { signature: undefined }),
      altered(bytes, { body: Buffer.from('nonsense') }),
      bytes.subarray(0, 40),
      Buffer.alloc(0),
      pack([1, 2, 3]),
    ]
    for (const certificate of bad) {
      assert.throws(() => checkServerCertificate(certificate, channelKey, clock), { code: 'bad-frame' })
    }
    assert.throws(() => checkServerCertificate(bytes, otherKey, clock), { code: 'bad-frame' })
    assert.throws(() => checkServerCertificate(bytes, undefined, clock), { code: 'bad-frame' })
  })

  it('may have more in it one day', () => {
    const body = pack({ pub: channelKey, notBefore: 0, notAfter: clock.now() + 1, serial: 1, successor: otherKey })
    const signature = identity.sign('salt server channel certificate v1', body)
    checkServerCertificate(pack({ identity: identity.publicKeyRaw, body, signature, more: 1 }), channelKey, clock)
  })
})

describe('the certificate of a client', () => {
  const identity = temporaryIdentity()
  const bytes = clientCertificate(identity, channelKey, 'web1', 'minion')

  it('shows name and role with the key that vouches for them', () => {
    const { name, role, fingerprint } = checkClientCertificate(bytes, channelKey)
    assert.deepEqual({ name, role, fingerprint }, { name: 'web1', role: 'minion', fingerprint: identity.fingerprint })
  })

  it('is worth nothing for another name, role or key', () => {
    for (const change of [{ name: 'db1' }, { role: 'caller' }, { pub: otherKey }, { name: 5 }]) {
      assert.throws(() => checkClientCertificate(altered(bytes, {}, change), channelKey), { code: 'bad-frame' })
    }
    assert.throws(() => checkClientCertificate(bytes, otherKey), { code: 'bad-frame' })
  })

  it('is no certificate of a server, nor the other way round', () => {
    const clock = new FakeClock()
    assert.throws(() => checkServerCertificate(bytes, channelKey, clock), { code: 'bad-frame' })
    const server = serverCertificate(identity, channelKey, clock)
    assert.throws(() => checkClientCertificate(server, channelKey), { code: 'bad-frame' })
  })
})
