import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { generatePair, loadSodium, pairFromPrivate } from '../../../src/wire/crypto.ts'
import { CipherState, Handshake, type NoisePattern } from '../../../src/wire/noise.ts'

interface Vector {
  readonly protocol_name: string
  readonly init_prologue: string
  readonly init_static?: string
  readonly init_ephemeral: string
  readonly init_psks?: readonly string[]
  readonly resp_prologue: string
  readonly resp_static?: string
  readonly resp_ephemeral: string
  readonly resp_psks?: readonly string[]
  readonly handshake_hash: string
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[]
}

const file = join(import.meta.dirname, '..', '..', 'cases', 'noise-vectors.json')
const { vectors }: { vectors: readonly Vector[] } = JSON.parse(readFileSync(file, 'utf8'))
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

function side(vector: Vector, initiator: boolean): Handshake {
  const pattern = vector.protocol_name.split('_')[1] as NoisePattern
  const own = initiator ? vector.init_static : vector.resp_static
  const psk = (initiator ? vector.init_psks : vector.resp_psks)?.[0]
  return new Handshake({
    pattern,
    initiator,
    prologue: hex(initiator ? vector.init_prologue : vector.resp_prologue),
    ephemeral: pairFromPrivate(hex(initiator ? vector.init_ephemeral : vector.resp_ephemeral)),
    ...(own === undefined ? {} : { static: pairFromPrivate(hex(own)) }),
    ...(psk === undefined ? {} : { psk: hex(psk) }),
  })
}

function play(vector: Vector): void {
  const initiator = side(vector, true)
  const responder = side(vector, false)
  let sender = initiator
  let receiver = responder
  const messages = [...vector.messages]
  while (!initiator.isComplete || !responder.isComplete) {
    const message = messages.shift()
    assert.ok(message)
    assert.equal(sender.write(hex(message.payload)).toString('hex'), message.ciphertext)
    assert.equal(receiver.read(hex(message.ciphertext)).toString('hex'), message.payload)
    ;[sender, receiver] = [receiver, sender]
  }
  const ends = [initiator.finish(), responder.finish()]
  for (const { hash } of ends) assert.equal(Buffer.from(hash).toString('hex'), vector.handshake_hash)
  // What follows goes back and forth with the keys of both directions.
  const [forward, backward] = ends[0]?.keys ?? []
  const ciphers = [new CipherState(forward), new CipherState(backward)]
  let turn = sender === initiator ? 0 : 1
  for (const message of messages) {
    assert.equal(ciphers[turn]?.encrypt(Buffer.alloc(0), hex(message.payload)).toString('hex'), message.ciphertext)
    turn = 1 - turn
  }
}

describe('Noise against the published vectors', () => {
  assert.equal(vectors.length, 3)
  for (const vector of vectors) {
    it(`${vector.protocol_name} by node:crypto`, () => play(vector))
    it(`${vector.protocol_name} with libsodium`, async () => {
      await loadSodium()
      play(vector)
    })
  }
})

describe('a Noise handshake', () => {
  const pair = (): [Handshake, Handshake] => {
    const prologue = Buffer.from('test')
    return [
      new Handshake({ pattern: 'XX', initiator: true, prologue, static: generatePair() }),
      new Handshake({ pattern: 'XX', initiator: false, prologue, static: generatePair() }),
    ]
  }

  it('fails when a bit of any message is flipped', () => {
    for (const flipped of [1, 2]) {
      const [client, server] = pair()
      const messages = [client.write(Buffer.from('offer'))]
      server.read(messages[0] ?? Buffer.alloc(0))
      const second = server.write(Buffer.from('certificate'))
      if (flipped === 1) second[40] = (second[40] ?? 0) ^ 1
      if (flipped === 1) assert.throws(() => client.read(second), { code: 'bad-frame' })
      else {
        client.read(second)
        const third = client.write(Buffer.from('claim'))
        third[third.length - 1] = (third.at(-1) ?? 0) ^ 1
        assert.throws(() => server.read(third), { code: 'bad-frame' })
      }
    }
  })

  it('fails when the first message offers something else than was said', () => {
    const [client, server] = pair()
    const first = client.write(Buffer.from('versions 1 and 2'))
    server.read(Buffer.from(first.toString('latin1').replace('1 and 2', '1 and 1'), 'latin1'))
    assert.throws(() => client.read(server.write(Buffer.alloc(0))), { code: 'bad-frame' })
  })

  it('refuses a public key of small order, and messages cut short or out of turn', () => {
    const [, server] = pair()
    server.read(Buffer.alloc(32))
    assert.throws(() => server.write(Buffer.alloc(0)), { code: 'bad-frame' })
    const [client, other] = pair()
    assert.throws(() => other.read(client.write(Buffer.alloc(0)).subarray(0, 20)), { code: 'bad-frame' })
    assert.throws(() => client.finish(), { code: 'bad-frame' })
  })
})
