/** The Noise protocol framework, revision 34: the patterns XX and NN with optional pre-shared keys, 25519_ChaChaPoly_SHA256. */
import { SaltError } from '../base/errors.ts'
import { agree, type DiffieHellmanPair, generatePair, noiseKeys, open, seal, sha256, tagLength } from './crypto.ts'

type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'psk'

const patterns = {
  XX: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
  XXpsk3: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']],
  NNpsk0: [
    ['psk', 'e'],
    ['e', 'ee'],
  ],
} as const satisfies Record<string, readonly (readonly Token[])[]>

export type NoisePattern = keyof typeof patterns

const keyLength = 32
const empty = Buffer.alloc(0)
const lastNonce = 2n ** 64n - 1n

/** A key and the counter of its messages. */
export class CipherState {
  #key: Uint8Array | undefined
  #nonce = 0n

  constructor(key?: Uint8Array) {
    this.#key = key
  }

  get hasKey(): boolean {
    return this.#key !== undefined
  }

  get key(): Uint8Array | undefined {
    return this.#key
  }

  encrypt(associated: Uint8Array, text: Uint8Array): Buffer {
    if (this.#key === undefined) return Buffer.from(text)
    return seal(this.#key, noiseNonce(this.#nonce++), associated, text)
  }

  decrypt(associated: Uint8Array, sealed: Uint8Array): Buffer {
    if (this.#key === undefined) return Buffer.from(sealed)
    const text = open(this.#key, noiseNonce(this.#nonce), associated, sealed)
    this.#nonce += 1n
    return text
  }

  rekey(): void {
    if (this.#key !== undefined) this.#key = rekeyed(this.#key)
  }
}

/** Noise's REKEY: the next key of a direction, which does not lead back to this one. */
export function rekeyed(key: Uint8Array): Buffer {
  return seal(key, noiseNonce(lastNonce), empty, Buffer.alloc(keyLength)).subarray(0, keyLength)
}

/** 32 zero bits, then the counter with its lowest byte first. */
export function noiseNonce(counter: bigint): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(counter, 4)
  return nonce
}

class SymmetricState {
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #cipher = new CipherState()

  constructor(protocolName: string) {
    const name = Buffer.from(protocolName)
    this.#hash =
      name.byteLength <= keyLength ? Buffer.concat([name, Buffer.alloc(keyLength - name.byteLength)]) : sha256(name)
    this.#chainingKey = this.#hash
  }

  get hash(): Uint8Array {
    return this.#hash
  }

  get hasKey(): boolean {
    return this.#cipher.hasKey
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey = empty, key = empty] = noiseKeys(this.#chainingKey, input, 2)
    this.#chainingKey = chainingKey
    this.#cipher = new CipherState(key)
  }

  mixHash(data: Uint8Array): void {
    this.#hash = sha256(this.#hash, data)
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chainingKey = empty, hash = empty, key = empty] = noiseKeys(this.#chainingKey, input, 3)
    this.#chainingKey = chainingKey
    this.mixHash(hash)
    this.#cipher = new CipherState(key)
  }

  encryptAndHash(text: Uint8Array): Buffer {
    const sealed = this.#cipher.encrypt(this.#hash, text)
    this.mixHash(sealed)
    return sealed
  }

  decryptAndHash(sealed: Uint8Array): Buffer {
    const text = this.#cipher.decrypt(this.#hash, sealed)
    this.mixHash(sealed)
    return text
  }

  split(): readonly [Buffer, Buffer] {
    const [first = empty, second = empty] = noiseKeys(this.#chainingKey, empty, 2)
    return [first, second]
  }
}

export interface HandshakeOptions {
  readonly pattern: NoisePattern
  readonly initiator: boolean
  readonly prologue: Uint8Array
  readonly static?: DiffieHellmanPair
  /** For published test vectors only; made anew otherwise. */
  readonly ephemeral?: DiffieHellmanPair
  readonly psk?: Uint8Array
}

/** What both sides hold after the last message. */
export interface HandshakeResult {
  /** Keys from the initiator to the responder and back. */
  readonly keys: readonly [Buffer, Buffer]
  /** The same on both sides, and on no other handshake. */
  readonly hash: Uint8Array
}

export class Handshake {
  readonly #options: HandshakeOptions
  readonly #symmetric: SymmetricState
  readonly #messages: readonly (readonly Token[])[]
  readonly #usesPsk: boolean
  #ephemeral: DiffieHellmanPair | undefined
  #remoteEphemeral: Uint8Array | undefined
  #remoteStatic: Uint8Array | undefined
  #position = 0

  constructor(options: HandshakeOptions) {
    this.#options = options
    this.#messages = patterns[options.pattern]
    this.#usesPsk = options.pattern.includes('psk')
    this.#symmetric = new SymmetricState(`Noise_${options.pattern}_25519_ChaChaPoly_SHA256`)
    this.#symmetric.mixHash(options.prologue)
  }

  /** The static key that the other side has shown. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic
  }

  get isComplete(): boolean {
    return this.#position === this.#messages.length
  }

  write(payload: Uint8Array): Buffer {
    const parts: Uint8Array[] = []
    for (const token of this.#nextTokens()) {
      if (token === 'e') parts.push(this.#writeEphemeral())
      else if (token === 's') parts.push(this.#symmetric.encryptAndHash(this.#static().publicKey))
      else this.#mix(token)
    }
    parts.push(this.#symmetric.encryptAndHash(payload))
    return Buffer.concat(parts)
  }

  /** The payload of a message. Throws `bad-frame`; the handshake is then of no more use. */
  read(message: Uint8Array): Buffer {
    let rest = message
    const take = (length: number): Uint8Array => {
      if (rest.byteLength < length) throw new SaltError('bad-frame', 'a handshake message is too short')
      const part = rest.subarray(0, length)
      rest = rest.subarray(length)
      return part
    }
    for (const token of this.#nextTokens()) {
      if (token === 'e') this.#readEphemeral(take(keyLength))
      else if (token === 's') {
        const sealed = take(keyLength + (this.#symmetric.hasKey ? tagLength : 0))
        this.#remoteStatic = this.#symmetric.decryptAndHash(sealed)
      } else this.#mix(token)
    }
    return this.#symmetric.decryptAndHash(rest)
  }

  finish(): HandshakeResult {
    if (!this.isComplete) throw new SaltError('bad-frame', 'the handshake is not complete')
    return { keys: this.#symmetric.split(), hash: this.#symmetric.hash }
  }

  #nextTokens(): readonly Token[] {
    const tokens = this.#messages[this.#position]
    if (tokens === undefined) throw new SaltError('bad-frame', 'the handshake is over')
    this.#position += 1
    return tokens
  }

  #writeEphemeral(): Uint8Array {
    this.#ephemeral = this.#options.ephemeral ?? generatePair()
    this.#symmetric.mixHash(this.#ephemeral.publicKey)
    if (this.#usesPsk) this.#symmetric.mixKey(this.#ephemeral.publicKey)
    return this.#ephemeral.publicKey
  }

  #readEphemeral(key: Uint8Array): void {
    this.#remoteEphemeral = key
    this.#symmetric.mixHash(key)
    if (this.#usesPsk) this.#symmetric.mixKey(key)
  }

  #mix(token: Exclude<Token, 'e' | 's'>): void {
    if (token === 'psk') {
      if (this.#options.psk?.byteLength !== keyLength) throw new SaltError('bad-frame', 'a pre-shared key has 32 bytes')
      return this.#symmetric.mixKeyAndHash(this.#options.psk)
    }
    // The first letter is the initiator's key, the second the responder's.
    const [own, other] = this.#options.initiator ? [token[0], token[1]] : [token[1], token[0]]
    const pair = own === 'e' ? this.#ephemeral : this.#static()
    const remote = other === 'e' ? this.#remoteEphemeral : this.#remoteStatic
    if (pair === undefined || remote === undefined)
      throw new SaltError('bad-frame', 'a handshake message came too early')
    this.#symmetric.mixKey(agree(pair, remote))
  }

  #static(): DiffieHellmanPair {
    if (this.#options.static === undefined) throw new SaltError('internal', 'this handshake needs a static key')
    return this.#options.static
  }
}
