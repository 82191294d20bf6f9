import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  decodeFrame,
  encodeFrame,
  FrameError,
  type FrameFault,
  frameTypes,
  headerLength,
  largestFrame,
  largestOpenFrame,
} from '../../../src/wire/frame.ts'

function faultOf(bytes: Buffer): FrameFault | undefined {
  try {
    decodeFrame(bytes)
    return undefined
  } catch (error) {
    assert.ok(error instanceof FrameError)
    return error.fault
  }
}

const good = encodeFrame(frameTypes.data, 0x0102030405060708n, 9n, Buffer.from('body'))

function changed(at: number, value: number): Buffer {
  const bytes = Buffer.from(good)
  bytes[at] = value
  return bytes
}

describe('a frame', () => {
  it('is laid out as the protocol says', () => {
    assert.equal(
      good.toString('hex'),
      `5a17 01 05 0000 0000 0102030405060708 0000000000000009 ${Buffer.from('body').toString('hex')}`.replaceAll(
        ' ',
        '',
      ),
    )
    const { type, session, counter, header, body } = decodeFrame(good)
    assert.deepEqual({ type, session, counter }, { type: frameTypes.data, session: 0x0102030405060708n, counter: 9n })
    assert.equal(header.byteLength, headerLength)
    assert.equal(body.toString(), 'body')
  })

  it('keeps the largest numbers', () => {
    const last = 2n ** 64n - 1n
    const { session, counter } = decodeFrame(encodeFrame(frameTypes.bulk, last, last, Buffer.alloc(0)))
    assert.deepEqual([session, counter], [last, last])
  })

  it('cut short has no header', () => {
    for (let length = 0; length < headerLength; length++) assert.equal(faultOf(good.subarray(0, length)), 'truncated')
    assert.equal(faultOf(good.subarray(0, headerLength)), undefined, 'an empty body is the business of who opens it')
  })

  it('of another protocol, version or type is told apart', () => {
    assert.equal(faultOf(Buffer.from('GET / HTTP/1.1\r\nHost: master\r\n\r\n')), 'bad-magic')
    assert.equal(faultOf(changed(0, 0)), 'bad-magic')
    assert.equal(faultOf(changed(2, 2)), 'unknown-version')
    assert.equal(faultOf(changed(2, 0)), 'unknown-version')
    const known = new Set<number>(Object.values(frameTypes))
    for (let type = 0; type < 256; type++) {
      assert.equal(faultOf(changed(3, type)), known.has(type) ? undefined : 'unknown-type')
    }
  })

  it('is small before keys exist, and bounded after', () => {
    const { data, control, bulk, ...open } = frameTypes
    const sized = (type: (typeof frameTypes)[keyof typeof frameTypes], size: number): Buffer =>
      encodeFrame(type, 1n, 1n, Buffer.alloc(size - headerLength))
    for (const type of Object.values(open)) {
      assert.equal(faultOf(sized(type, largestOpenFrame)), undefined)
      assert.equal(faultOf(sized(type, largestOpenFrame + 1)), 'oversized')
    }
    for (const type of [data, control, bulk]) {
      assert.equal(faultOf(sized(type, largestFrame)), undefined)
      assert.equal(faultOf(sized(type, largestFrame + 1)), 'oversized')
    }
  })
})
