import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Packed, PackedList, pack, packParts, unpack } from '../../../src/base/msgpack.ts'
import { release } from '../../../src/base/release.ts'

describe('what is packed already', () => {
  it('is copied as it is', () => {
    const inner = new Packed(pack({ a: [1, 'two'] }))
    assert.deepEqual(unpack(pack({ before: 1, inner, list: [inner, inner] })), {
      before: 1,
      inner: { a: [1, 'two'] },
      list: [{ a: [1, 'two'] }, { a: [1, 'two'] }],
    })
  })

  it('stands beside the rest where it is large', () => {
    const large = new Packed(pack({ text: 'x'.repeat(10_000) }))
    const small = new Packed(pack('small'))
    const value = { first: large, middle: small, last: large, end: true }
    const parts = packParts(value)
    assert.deepEqual(
      parts.map((part) => part === large.bytes),
      [false, true, false, true, false],
    )
    assert.deepEqual(Buffer.concat(parts), pack(value))
    assert.deepEqual(
      packParts(large),
      [Buffer.alloc(0), large.bytes].filter(({ byteLength }) => byteLength > 0),
    )
    assert.throws(() => packParts({ large, bad: () => {} }), { code: 'bad-arguments' })
    assert.deepEqual(packParts('after that'), [pack('after that')])
  })
})

describe('a list that is packed value by value', () => {
  it('becomes an array, again and again', () => {
    const list = new PackedList()
    list.add({ a: 1 })
    list.add('text')
    assert.deepEqual([list.count, list.size], [2, pack({ a: 1 }).byteLength + pack('text').byteLength])
    assert.deepEqual(unpack(list.take().bytes), [{ a: 1 }, 'text'])
    assert.deepEqual([list.count, list.size], [0, 0])
    for (let value = 0; value < 70_000; value++) list.add(value)
    assert.deepEqual(
      unpack(list.take().bytes),
      Array.from({ length: 70_000 }, (_, value) => value),
    )
    assert.deepEqual(unpack(list.take().bytes), [])
  })

  it('has nothing of a value that cannot be packed', () => {
    const list = new PackedList()
    list.add(1)
    assert.throws(() => list.add({ good: 'x'.repeat(50_000), bad: Symbol('s') }), { code: 'bad-arguments' })
    assert.throws(() => list.add([[[1]]], 2), { code: 'bad-arguments' })
    list.add(2)
    assert.deepEqual(unpack(list.take().bytes), [1, 2])
  })
})

describe('memory that is given back', () => {
  it('is that of large bytes, and never that of others', () => {
    const large = new Uint8Array(100_000)
    release(large)
    assert.equal(large.byteLength, 0)
    const whole = new Uint8Array(200_000)
    release(whole.subarray(0, 100_000))
    release(whole.subarray(100_000))
    assert.equal(whole.byteLength, 200_000)
    const small = Buffer.from('small')
    release(small)
    assert.equal(small.toString(), 'small')
  })
})
