import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BeaconHost } from '../../support/beacon-host.ts'
import { makeCertificate, withoutOpenssl } from '../../support/self-made-certificate.ts'

test('a certificate that cannot be read is told of once, and again when it was there in between', {
  skip: withoutOpenssl,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cert-info-'))
  t.after(() => rm(folder, { recursive: true }))
  await using beacon = new BeaconHost()
  await beacon.open('cert_info', `files: [${join(folder, 'cert.pem')}]`)
  const told = async (): Promise<number> => {
    await beacon.read()
    return beacon.host.logged.filter(({ message }) => message === 'a certificate cannot be read').length
  }
  assert.deepEqual([await told(), await told()], [1, 1])
  const { cert } = makeCertificate(folder)
  assert.equal(await told(), 1)
  await rm(cert)
  assert.deepEqual([await told(), await told()], [2, 2])
})
