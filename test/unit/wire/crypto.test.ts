import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { before, describe, it } from 'node:test'
import {
  agree,
  deriveKey,
  generatePair,
  loadSodium,
  open,
  pairFromPrivate,
  seal,
  sha256,
  tagLength,
} from '../../../src/wire/crypto.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const key = Buffer.alloc(32, 9)
const nonce = Buffer.alloc(12, 4)
const associated = Buffer.from('header')

/** RFC 8439, section 2.8.2. */
const published = {
  key: hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'),
  nonce: hex('070000004041424344454647'),
  associated: hex('50515253c0c1c2c3c4c5c6c7'),
  text: Buffer.from(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ),
  sealed: hex(`d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6
    3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36
    92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
    3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691`),
}

/** Around the limit between the two makers, and empty. */
const texts = [0, 1, 15, 16, 17, 1000, 4079, 4080, 4081, 4095, 4096, 4097, 5000, 300_000].map((size) =>
  Buffer.alloc(size, size % 251),
)

// Before libsodium is loaded, node:crypto makes all of it.
const byNode = texts.map((text) => seal(key, nonce, associated, text))
const publishedByNode = seal(published.key, published.nonce, published.associated, published.text)
const openedByNode = byNode.map((sealed) => open(key, nonce, associated, sealed))

describe('sealing', () => {
  before(loadSodium)

  it('gives the bytes of RFC 8439 by either maker', () => {
    const { key: key_, nonce: nonce_, associated: data, text, sealed } = published
    assert.equal(publishedByNode.toString('hex'), sealed.toString('hex'))
    assert.equal(seal(key_, nonce_, data, text).toString('hex'), sealed.toString('hex'))
    assert.deepEqual(open(key_, nonce_, data, sealed), text)
  })

  it('gives the same bytes by either maker, and each opens what the other has sealed', () => {
    for (const [index, text] of texts.entries()) {
      const sealed = byNode[index] ?? Buffer.alloc(0)
      assert.ok(seal(key, nonce, associated, text).equals(sealed), `${text.byteLength} bytes`)
      assert.ok(open(key, nonce, associated, sealed).equals(text))
      assert.ok(openedByNode[index]?.equals(text))
      assert.equal(sealed.byteLength, text.byteLength + tagLength)
    }
  })

  it('does not open with anything changed', () => {
    const other = Buffer.from('other')
    for (const text of [Buffer.from('short'), Buffer.alloc(10_000)]) {
      const sealed = seal(key, nonce, associated, text)
      const flipped = Buffer.from(sealed)
      flipped[0] = (flipped[0] ?? 0) ^ 1
      assert.throws(() => open(key, nonce, associated, flipped), { code: 'bad-frame' })
      assert.throws(() => open(key, nonce, other, sealed), { code: 'bad-frame' })
      assert.throws(() => open(key, Buffer.alloc(12), associated, sealed), { code: 'bad-frame' })
      assert.throws(() => open(Buffer.alloc(32), nonce, associated, sealed), { code: 'bad-frame' })
      assert.throws(() => open(key, nonce, associated, sealed.subarray(0, -1)), { code: 'bad-frame' })
    }
    for (const size of [0, 1, 15, 16]) {
      assert.throws(() => open(key, nonce, associated, Buffer.alloc(size)), { code: 'bad-frame' })
    }
  })
})

describe('X25519', () => {
  it('agrees as in RFC 7748, section 5.2', () => {
    const pair = pairFromPrivate(hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'))
    const other = hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
    assert.equal(
      Buffer.from(agree(pair, other)).toString('hex'),
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    )
    const [one, two] = [generatePair(), generatePair()]
    assert.deepEqual(agree(one, two.publicKey), agree(two, one.publicKey))
  })

  it('refuses keys of small order and of a wrong length', () => {
    const pair = generatePair()
    const one = Buffer.alloc(32)
    one[0] = 1
    for (const bad of [Buffer.alloc(32), one, Buffer.alloc(31), Buffer.alloc(33), Buffer.alloc(0)]) {
      assert.throws(() => agree(pair, bad), { code: 'bad-frame' })
    }
  })
})

describe('derived keys', () => {
  it('are those of HKDF-SHA256', () => {
    const [secret, salt] = [Buffer.alloc(32, 1), Buffer.alloc(64, 2)]
    const expected = Buffer.from(hkdfSync('sha256', secret, salt, 'a purpose', 32))
    assert.deepEqual(deriveKey(secret, salt, 'a purpose'), expected)
  })

  it('hash all parts as one text', () => {
    assert.deepEqual(sha256(Buffer.from('ab'), Buffer.from('c')), sha256(Buffer.from('abc')))
  })
})
