import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertMinionId, isMinionId } from '../../../../src/engine/keys/minion-id.ts'

describe('minion ids', () => {
  for (const id of [
    'alpha',
    'web-01.example.com',
    'žluťoučký',
    '世界',
    'a_b',
    'user@host',
    '10.0.0.1',
    'a..b',
    '😀',
    'x'.repeat(255),
    'é',
  ]) {
    it(`may be ${id.slice(0, 30)}`, () => assert.equal(isMinionId(id), true))
  }

  const refused: [id: string, why: RegExp][] = [
    ['', /is empty/],
    ['.', /starts with a dot/],
    ['..', /starts with a dot/],
    ['.key_cache', /starts with a dot/],
    ['-A', /starts with a minus/],
    ['../../etc/passwd', /slash/],
    ['a/b', /slash/],
    ['/abs', /slash/],
    ['a\\b', /slash/],
    ['a\0', /control/],
    ['a\nb', /control/],
    ['a\x7f', /control/],
    ['a b', /space/],
    ['a\u00a0b', /space/],
    ['a\u2028', /space/],
    ['a\u200b', /invisible/],
    ['a\u202eb', /invisible/],
    ['a\ufe0f', /invisible/],
    ['a\u3164', /invisible/],
    ['\ud800', /invisible/],
    ['a\ue000', /invisible/],
    ['*', /meaning in targets/],
    ['a?', /meaning in targets/],
    ['a,b', /meaning in targets/],
    ['[a]', /meaning in targets/],
    ['e\u0301', /normal form/],
    ['x'.repeat(256), /longer than 255 bytes/],
    ['ž'.repeat(128), /longer than 255 bytes/],
  ]
  for (const [id, why] of refused) {
    it(`may not be ${JSON.stringify(id.slice(0, 30))}`, () => {
      assert.throws(
        () => assertMinionId(id),
        (error: { code?: string; message: string }) => {
          assert.match(error.message, why)
          return error.code === 'bad-id'
        },
      )
    })
  }
})
