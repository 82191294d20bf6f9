import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Packed, pack } from '../../../../src/base/msgpack.ts'
import type { JobReturn } from '../../../../src/client/api.ts'
import { sendableOnce, unpackReturn } from '../../../../src/engine/jobs/packed-return.ts'

const large = 'é'.repeat(100_000)
const retOf = (more: Partial<JobReturn>): JobReturn => ({
  id: 'web',
  jid: '20260101000000000000',
  fun: 'test.echo',
  fun_args: [],
  return: null,
  retcode: 0,
  success: true,
  ...more,
})

describe('a return', () => {
  it('has a large value packed once, with the same bytes', () => {
    for (const ret of [
      retOf({ return: large }),
      retOf({ return: { a: [large, 1.5, null], b: {} }, user: 'root', metadata: { long: large } }),
      retOf({ return: 1, fun_args: [large] }),
      { ...retOf({ return: [large] }), out: undefined } as unknown as JobReturn,
    ]) {
      const { ret: plain, packed } = sendableOnce(ret)
      assert.equal(plain, ret)
      assert.ok(packed.return instanceof Packed)
      assert.ok(pack(packed).equals(pack(ret)))
      assert.deepEqual(unpackReturn(pack({ seq: 1, ...packed })), { seq: 1, ...unpackReturn(pack(ret)) })
    }
  })

  it('stays as it is where it is small, and is replaced where it cannot be sent', () => {
    const small = retOf({ return: { a: 1 } })
    assert.equal(sendableOnce(small).packed, small)
    const without = retOf({ return: undefined, fun_args: [large] })
    assert.equal(sendableOnce(without).packed, without)
    let nested: unknown = large
    for (let depth = 0; depth < 64; depth++) nested = [nested]
    const { ret, packed } = sendableOnce(retOf({ return: nested }))
    assert.equal(packed, ret)
    assert.match(String(ret.return), /cannot be sent: it is nested deeper than 64 levels/)
    assert.equal(ret.success, false)
  })
})
