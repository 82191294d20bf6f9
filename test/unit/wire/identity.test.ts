import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  fingerprintOf,
  loadOrCreateIdentity,
  publicKeyFromPem,
  publicKeyToPem,
  temporaryIdentity,
  verify,
} from '../../../src/wire/identity.ts'

const root = mkdtempSync(join(tmpdir(), 'salt-identity-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const newFolder = (): string => join(root, `pki-${folders++}`)
const modeOf = (path: string): number => statSync(path).mode & 0o777
const isRoot = process.getuid?.() === 0

describe('an identity', () => {
  it('is made once, private, and is the same ever after', () => {
    const folder = newFolder()
    const made = loadOrCreateIdentity(folder, 'one')
    assert.deepEqual(readdirSync(folder).sort(), ['one.pem', 'one.pub'])
    assert.deepEqual([folder, join(folder, 'one.pem'), join(folder, 'one.pub')].map(modeOf), [0o700, 0o600, 0o644])
    const loaded = loadOrCreateIdentity(folder, 'one')
    assert.equal(loaded.fingerprint, made.fingerprint)
    assert.equal(readFileSync(join(folder, 'one.pub'), 'utf8'), made.publicPem)
    assert.notEqual(loadOrCreateIdentity(folder, 'two').fingerprint, made.fingerprint)
  })

  it('is one when several processes start for the first time at once', async () => {
    const folder = newFolder()
    const module = fileURLToPath(new URL('../../../src/wire/identity.ts', import.meta.url))
    const code = `import { loadOrCreateIdentity } from ${JSON.stringify(module)}
      console.log(loadOrCreateIdentity(${JSON.stringify(folder)}, 'one').fingerprint)`
    const outputs = await Promise.all(Array.from({ length: 4 }, () => outputOf(code)))
    assert.match(outputs[0] ?? '', /^([0-9a-f]{2}:){31}[0-9a-f]{2}\n$/)
    assert.equal(new Set(outputs).size, 1)
    assert.deepEqual(readdirSync(folder).sort(), ['one.pem', 'one.pub'], 'nothing else is left')
  })

  it('has its public file put right', () => {
    const folder = newFolder()
    const { publicPem } = loadOrCreateIdentity(folder, 'one')
    writeFileSync(join(folder, 'one.pub'), 'something else')
    loadOrCreateIdentity(folder, 'one')
    assert.equal(readFileSync(join(folder, 'one.pub'), 'utf8'), publicPem)
  })

  it('is refused when others can read it, with the command that helps', () => {
    for (const mode of [0o644, 0o640, 0o604, 0o660]) {
      const folder = newFolder()
      loadOrCreateIdentity(folder, 'one')
      chmodSync(join(folder, 'one.pem'), mode)
      assert.throws(() => loadOrCreateIdentity(folder, 'one'), {
        code: 'key-permissions',
        hint: /chmod 600 .*one\.pem/,
      })
    }
  })

  it('is refused when it belongs to somebody else', { skip: isRoot ? false : 'needs root' }, () => {
    const folder = newFolder()
    loadOrCreateIdentity(folder, 'one')
    chownSync(join(folder, 'one.pem'), 65534, 65534)
    assert.throws(() => loadOrCreateIdentity(folder, 'one'), { code: 'key-permissions', hint: /chown/ })
  })

  it('is refused when the file holds something else', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' })
    for (const content of ['', 'nonsense', rsa]) {
      const folder = newFolder()
      loadOrCreateIdentity(folder, 'one')
      writeFileSync(join(folder, 'one.pem'), content)
      assert.throws(() => loadOrCreateIdentity(folder, 'one'), { code: 'key-invalid', where: join(folder, 'one.pem') })
    }
  })

  it('is refused when the file cannot be read', () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'one.pem'), { recursive: true })
    assert.throws(() => loadOrCreateIdentity(folder, 'one'), {
      code: 'storage',
      message: /it is a folder/,
      where: join(folder, 'one.pem'),
    })
  })

  it('is not made through a link that leads nowhere', () => {
    const folder = newFolder()
    loadOrCreateIdentity(folder, 'one')
    rmSync(join(folder, 'one.pem'))
    symlinkSync(join(folder, 'nowhere'), join(folder, 'one.pem'))
    assert.throws(() => loadOrCreateIdentity(folder, 'one'), { code: 'key-invalid' })
  })
})

describe('a signature', () => {
  const identity = temporaryIdentity()
  const body = Buffer.from('body')
  const signature = identity.sign('purpose a', body)

  it('holds for its purpose, its body and its key only', () => {
    const other = temporaryIdentity()
    assert.equal(verify(identity.publicKeyRaw, 'purpose a', body, signature), true)
    assert.equal(verify(identity.publicKeyRaw, 'purpose b', body, signature), false)
    assert.equal(verify(identity.publicKeyRaw, 'purpose a', Buffer.from('other'), signature), false)
    assert.equal(verify(other.publicKeyRaw, 'purpose a', body, signature), false)
    assert.equal(verify(identity.publicKeyRaw, 'purpose a', body, signature.subarray(1)), false)
    assert.equal(verify(identity.publicKeyRaw, 'purpose a', body, Buffer.alloc(0)), false)
    assert.equal(verify(Buffer.alloc(31), 'purpose a', body, signature), false)
  })

  it('does not move the border between purpose and body', () => {
    assert.equal(verify(identity.publicKeyRaw, 'purpose', Buffer.from(' abody'), signature), false)
  })
})

describe('a public key', () => {
  it('has the SHA-256 of its 32 bytes as fingerprint', () => {
    const key = Buffer.alloc(32, 5)
    const digest = createHash('sha256').update(key).digest('hex')
    assert.equal(fingerprintOf(key), digest.replaceAll(/(..)(?!$)/g, '$1:'))
  })

  it('becomes PEM and back', () => {
    const { publicKeyRaw, publicPem } = temporaryIdentity()
    assert.deepEqual(Buffer.from(publicKeyFromPem(publicPem)), Buffer.from(publicKeyRaw))
    assert.equal(publicKeyToPem(publicKeyRaw), publicPem)
  })

  it('of another kind is refused', () => {
    const { publicKey } = generateKeyPairSync('x25519')
    for (const pem of ['', 'nonsense', publicKey.export({ format: 'pem', type: 'spki' }).toString()]) {
      assert.throws(() => publicKeyFromPem(pem), { code: 'key-invalid' })
    }
  })
})

function outputOf(code: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.on('error', reject).on('close', () => resolve(output))
  return promise
}
