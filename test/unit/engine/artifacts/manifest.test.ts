import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import {
  type ArtifactEntry,
  canonicalJson,
  digestFile,
  openManifest,
  signManifest,
  verifyFile,
} from '../../../../src/engine/artifacts/manifest.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const folder = mkdtempSync(path.join(os.tmpdir(), 'salt-manifest-'))
after(() => rmSync(folder, { recursive: true }))

const file = path.join(folder, 'salt-1.0.0-x64')
writeFileSync(file, 'abc')
const { size, ...digests } = await digestFile(file)
const entry: ArtifactEntry = { name: 'salt-1.0.0-x64', version: '1.0.0', arch: 'x64', size, ...digests }
const manifest = { linux: { [entry.name]: entry } }

const isBad = (pattern: RegExp) => (error: unknown) =>
  error instanceof SaltError && error.code === 'bad-artifact' && pattern.test(error.message)

test('canonical JSON sorts keys at every depth and has no white space', () => {
  assert.equal(canonicalJson({ b: [{ z: 1, a: 'é' }, null], a: true }), '{"a":true,"b":[{"a":"é","z":1},null]}')
})

test('the digests are the published ones of "abc"', () => {
  assert.equal(size, 3)
  assert.equal(digests.sha256, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.match(digests.sha512, /^ddaf35a193617aba/)
  assert.match(digests.sha3_512, /^b751850b1a57168a/)
  assert.match(digests.blake, /^ba80a53f981c4d0d/)
})

test('a signed manifest opens, however it is laid out', () => {
  const signature = signManifest(manifest, privateKey)
  for (const text of [JSON.stringify(manifest), JSON.stringify(manifest, null, 2)]) {
    assert.deepEqual(openManifest(text, `${signature}\n`, pem, 'repo.json'), manifest)
  }
})

test('a changed manifest and another key are refused', () => {
  const signature = signManifest(manifest, privateKey)
  const changed = JSON.stringify(manifest).replace('1.0.0"', '1.0.1"')
  assert.throws(() => openManifest(changed, signature, pem, 'repo.json'), isBad(/signature/))
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  assert.throws(() => openManifest(JSON.stringify(manifest), signature, other, 'repo.json'), isBad(/signature/))
  assert.throws(() => openManifest(JSON.stringify(manifest), '', pem, 'repo.json'), isBad(/signature/))
})

const malformed: readonly (readonly [name: string, value: unknown])[] = [
  ['a list', []],
  ['a system that is a list', { linux: [] }],
  ['an entry without digests', { linux: { salt: { name: 'salt', version: '1', arch: 'x64', size: 3 } } }],
  ['a digest in capitals', { linux: { salt: { ...entry, sha512: digests.sha512.toUpperCase() } } }],
  ['a size as text', { linux: { salt: { ...entry, size: '3' } } }],
]
for (const [name, value] of malformed) {
  test(`${name} is no manifest, even when it is signed`, () => {
    const signature = signManifest(value as typeof manifest, privateKey)
    assert.throws(() => openManifest(JSON.stringify(value), signature, pem, 'repo.json'), isBad(/cannot be used/))
  })
}

test('a key that is not an Ed25519 key in PEM form is refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' })
  for (const key of ['nonsense', rsa.toString()]) {
    assert.throws(
      () => openManifest('{}', '', key, 'repo.json'),
      (error) => error instanceof SaltError && error.code === 'key-invalid',
    )
  }
})

test('a file fits by its name, and under another name by its content', async () => {
  assert.equal((await verifyFile(file, entry.name, manifest)).entry, entry)
  const renamed = path.join(folder, 'salt')
  writeFileSync(renamed, 'abc')
  assert.deepEqual(await verifyFile(renamed, 'salt', manifest), { system: 'linux', entry })
})

test('one name in two systems is decided by the content', async () => {
  const other = { ...entry, size: 4 }
  const found = await verifyFile(file, entry.name, { osx: { [entry.name]: other }, linux: manifest.linux })
  assert.equal(found.system, 'linux')
})

test('another size, another content, an unknown file and a missing one are refused', async () => {
  const changed = path.join(folder, 'changed')
  writeFileSync(changed, 'abcd')
  await assert.rejects(verifyFile(changed, entry.name, manifest), isBad(/has 4 bytes, its manifest says 3/))
  writeFileSync(changed, 'abd')
  await assert.rejects(verifyFile(changed, entry.name, manifest), isBad(/digests/))
  await assert.rejects(verifyFile(changed, 'changed', manifest), isBad(/not in the manifest/))
  await assert.rejects(verifyFile(path.join(folder, 'none'), 'none', manifest), isBad(/ENOENT/))
})
