import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { pack } from '../../../src/base/msgpack.ts'
import { deriveKey, seal, sha256 } from '../../../src/wire/crypto.ts'
import { encodeFrame, encodeHeader, type FrameType, frameTypes } from '../../../src/wire/frame.ts'
import { localKeys } from '../../../src/wire/local.ts'
import { noiseNonce } from '../../../src/wire/noise.ts'
import { packedCall } from '../../../src/wire/packed-call.ts'
import { RecordBatch } from '../../../src/wire/record-batch.ts'

const page = readFileSync(new URL('../../../docs/wire-protocol.md', import.meta.url), 'utf8')
const example = page.split('### Worked example')[1]?.split('```')[1] ?? ''

/** Every value of the example in its order: a name and hex, which goes on in indented lines. */
const shown = [...example.replace(/\n {8,}/g, '').matchAll(/^ *(hello answer|[a-z]+) {2,}([0-9a-f ]+)/gim)].map(
  ([, name, hex = '']) => `${name} ${hex.replaceAll(' ', '')}`,
)

const id = 0x0102030405060708n
const [busKey, clientRandom, serverRandom] = [0x00, 0x20, 0x40].map((from) =>
  Buffer.from(Array.from({ length: 32 }, (_, index) => from + index)),
) as [Buffer, Buffer, Buffer]

function sealed(type: FrameType, counter: bigint, key: Uint8Array, body: Uint8Array): Buffer {
  const header = encodeHeader(type, id, counter)
  return Buffer.concat([header, seal(key, noiseNonce(counter), header, body)])
}

describe('the worked example of the wire protocol page', () => {
  it('is what this program computes', () => {
    const salt = Buffer.concat([clientRandom, serverRandom])
    const { send, receive } = localKeys(busKey, clientRandom, serverRandom, true)
    const ping = pack({ kind: 'ping', number: 1 })
    const pong = pack({ kind: 'pong', number: 1 })
    const call = pack({ kind: 'call', rid: 1, method: 'status', params: null })
    const events = [
      { tag: 'my/tag', data: { number: 1 } },
      { tag: 'my/other', data: {} },
    ]
    const fireAll = pack({ kind: 'call', rid: 2, method: 'fire.all', params: { events } })
    assert.deepEqual(packedCall(fireAll)?.params, pack({ events }))
    const batch = new RecordBatch()
    batch.add([call], call.byteLength)
    const body = Buffer.concat(batch.take())
    const expected: readonly (readonly [string, Uint8Array])[] = [
      ['busKey', busKey],
      ['clientRandom', clientRandom],
      ['serverRandom', serverRandom],
      ['session', encodeHeader(frameTypes.hello, id, 0n).subarray(8, 16)],
      ['hello', encodeFrame(frameTypes.hello, 0n, 0n, Buffer.alloc(0))],
      ['hello answer', encodeFrame(frameTypes.helloAnswer, id, 0n, Buffer.alloc(0))],
      ['forward', deriveKey(busKey, salt, 'salt bus client to server v1')],
      ['backward', deriveKey(busKey, salt, 'salt bus server to client v1')],
      ['hash', sha256(salt)],
      ['control', send.control],
      ['bulk', send.bulk],
      ['control', receive.control],
      ['bulk', receive.bulk],
      ['body', ping],
      ['frame', sealed(frameTypes.control, 0n, receive.control, ping)],
      ['body', pong],
      ['frame', sealed(frameTypes.control, 0n, send.control, pong)],
      ['record', call],
      ['body', body.subarray(0, 4)],
      ['frame', sealed(frameTypes.data, 1n, send.control, body)],
      ['record', fireAll],
    ]
    assert.deepEqual(
      shown,
      expected.map(([name, bytes]) => `${name} ${Buffer.from(bytes).toString('hex')}`),
    )
  })
})
