import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { Float } from '../../../src/base/float.ts'
import { pack, unpack } from '../../../src/base/msgpack.ts'
import { Secret } from '../../../src/base/secret.ts'

function hex(value: unknown): string {
  return pack(value).toString('hex')
}

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

const isBadFrame = (error: unknown): boolean => error instanceof SaltError && error.code === 'bad-frame'
const isBadArguments = (error: unknown): boolean => error instanceof SaltError && error.code === 'bad-arguments'

/** From the specification of msgpack: each value with the one shortest form it has. */
const forms: readonly (readonly [value: unknown, bytes: string])[] = [
  [null, 'c0'],
  [false, 'c2'],
  [true, 'c3'],
  [0, '00'],
  [127, '7f'],
  [128, 'cc80'],
  [255, 'ccff'],
  [256, 'cd0100'],
  [65535, 'cdffff'],
  [65536, 'ce00010000'],
  [4294967295, 'ceffffffff'],
  [4294967296, 'cf0000000100000000'],
  [Number.MAX_SAFE_INTEGER, 'cf001fffffffffffff'],
  [-1, 'ff'],
  [-32, 'e0'],
  [-33, 'd0df'],
  [-128, 'd080'],
  [-129, 'd1ff7f'],
  [-32768, 'd18000'],
  [-32769, 'd2ffff7fff'],
  [-2147483648, 'd280000000'],
  [-2147483649, 'd3ffffffff7fffffff'],
  [Number.MIN_SAFE_INTEGER, 'd3ffe0000000000001'],
  [2n ** 53n, 'cf0020000000000000'],
  [2n ** 64n - 1n, 'cfffffffffffffffff'],
  [-(2n ** 63n), 'd38000000000000000'],
  [1.5, 'cb3ff8000000000000'],
  [new Float(1), 'cb3ff0000000000000'],
  [new Float(-0), 'cb8000000000000000'],
  [new Float(1e300), 'cb7e37e43c8800759c'],
  [Number.NaN, 'cb7ff8000000000000'],
  [Number.POSITIVE_INFINITY, 'cb7ff0000000000000'],
  ['', 'a0'],
  ['abc', 'a3616263'],
  ['é', 'a2c3a9'],
  ['x'.repeat(32), `d920${'78'.repeat(32)}`],
  ['é'.repeat(16), `d920${'c3a9'.repeat(16)}`],
  ['x'.repeat(256), `da0100${'78'.repeat(256)}`],
  [Buffer.from([1, 2]), 'c4020102'],
  [[], '90'],
  [[1, [2]], '92019102'],
  [{}, '80'],
  [{ a: 1, '2': null }, '82a132c0a16101'],
]

test('values have the form of the specification and come back as they were', () => {
  for (const [value, bytes] of forms) {
    assert.equal(hex(value), bytes)
    assert.deepEqual(unpack(Buffer.from(bytes, 'hex')), value)
  }
})

test('long values come back as they were', () => {
  const values = [
    'x'.repeat(70_000),
    '\u{1f9c2}'.repeat(20_000),
    Buffer.alloc(300, 7),
    Buffer.alloc(70_000, 7),
    Array.from({ length: 70_000 }, (_, index) => index),
    Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`key ${index}`, index])),
  ]
  for (const value of values) assert.deepEqual(unpack(pack(value)), value)
})

test('integers, floats with a fraction and floats without one stay apart', () => {
  const value = { int: 1, float: new Float(1), fraction: 0.5, big: 2n ** 60n, long: 1_763_705_000_000 }
  assert.deepEqual(unpack(pack(value)), value)
  assert.deepEqual(unpack(Buffer.from('ca3f800000', 'hex')), new Float(1), 'a float 32 of another program')
  assert.equal(unpack(pack(5n)), 5, 'a bigint is only for what no number holds')
})

test('what pack returns does not change with the next call', () => {
  const first = pack({ text: 'first' })
  pack({ text: 'other' })
  assert.deepEqual(unpack(first), { text: 'first' })
})

test('undefined properties are left out, undefined items are null', () => {
  assert.deepEqual(unpack(pack({ a: undefined, b: [undefined] })), { b: [null] })
})

test('a secret travels as its dots only', () => {
  assert.deepEqual(unpack(pack({ password: new Secret('swordfish') })), { password: '•••' })
})

test('what is not plain data is refused, and said what it is', () => {
  const circle: unknown[] = []
  circle.push(circle)
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [() => 1, /a function/],
    [Symbol('x'), /a symbol/],
    [new Date(0), /an instance of Date/],
    [new Map(), /an instance of Map/],
    [2n ** 64n, /more than 64 bits/],
    [circle, /deeper than 64/],
    [nested(65), /deeper than 64/],
    [Array.from({ length: 1_000_001 }, () => []), /more than 1000000/],
  ]
  for (const [value, message] of cases) {
    assert.throws(
      () => pack({ value }),
      (error) => isBadArguments(error) && message.test(String(error)),
    )
  }
  assert.deepEqual(unpack(pack('still works')), 'still works')
})

test('64 levels are read, 65 are not', () => {
  assert.deepEqual(unpack(pack(nested(64))), nested(64))
  assert.throws(() => unpack(Buffer.concat([Buffer.alloc(65, 0x91), Buffer.of(1)])), isBadFrame)
  assert.throws(() => unpack(Buffer.alloc(100_000, 0x91)), isBadFrame)
})

test('lengths are not believed', () => {
  const cases = [
    '', // nothing
    'c1', // a code that means nothing
    'cd01', // cut short
    'cb3ff0',
    'a36161',
    'd9ff61',
    'dbffffffff61',
    'c6ffffffff00',
    'ddffffffff',
    'dfffffffff',
    'dc000201',
    '81a161', // a key without a value
    '8190c0', // a list as a key
    '81c4016101', // bytes as a key
    '0101', // two values
    'd40100', // an extension
    'c70101ff',
  ]
  for (const bytes of cases) assert.throws(() => unpack(Buffer.from(bytes, 'hex')), isBadFrame, bytes)
})

test('a record of nothing but empty mappings does not fill the memory', () => {
  const bytes = Buffer.alloc(2_000_005, 0x80)
  bytes.writeUInt8(0xdd, 0)
  bytes.writeUInt32BE(2_000_000, 1)
  assert.throws(() => unpack(bytes), isBadFrame)
})

test('no key reaches a prototype', () => {
  const record = unpack(Buffer.from('81a95f5f70726f746f5f5f81a161 01'.replaceAll(' ', ''), 'hex')) as object
  assert.equal(Object.getPrototypeOf(record), Object.prototype)
  assert.equal(Object.getPrototypeOf(Object.assign({}, record)), Object.prototype)
  assert.equal('a' in record, false)
})

test('number keys of other programs become text', () => {
  assert.deepEqual(unpack(Buffer.from('8201a161cc80a162', 'hex')), { '1': 'a', '128': 'b' })
})

test('keys that share a place in the cache are not mixed up', () => {
  const keys = Array.from({ length: 5000 }, (_, index) => `k${index.toString(36)}`)
  const value = Object.fromEntries(keys.map((key) => [key, key]))
  for (let round = 0; round < 2; round++) assert.deepEqual(unpack(pack(value)), value)
})

test('bytes of a small part do not share memory with the frame', () => {
  const frame = pack([Buffer.from('key'), 'x'.repeat(100)])
  const [part] = unpack(frame) as [Buffer]
  frame.fill(0)
  assert.equal(part.toString(), 'key')
})
