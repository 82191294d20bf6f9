import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../../src/base/errors.ts'
import { fileText } from '../../../../src/engine/files/file-text.ts'

test('text is as it is, the mark of its order of bytes included', () => {
  assert.equal(fileText(Buffer.from('\ufeffä🙂\n'), 'f'), '\ufeffä🙂\n')
  assert.equal(fileText(new Uint8Array(Buffer.from('xab')).subarray(1), 'f'), 'ab')
})

const faults: readonly (readonly [bytes: readonly number[], byte: string, where: string])[] = [
  [[0xe4, 0x3a], '0xe4 at position 0', 'f:1:1'],
  [[0x61, 0x0a, 0xc3, 0xa4, 0xff, 0x62], '0xff at position 4', 'f:2:2'],
  [[0x61, 0xc3], '0xc3 at position 1', 'f:1:2'],
  [[0x61, 0xed, 0xa0, 0x80], '0xed at position 1', 'f:1:2'],
]
for (const [bytes, byte, where] of faults) {
  test(`bytes that are none are refused with their place: ${byte}`, () => {
    assert.throws(
      () => fileText(Uint8Array.from(bytes), 'f'),
      (error) =>
        error instanceof SaltError &&
        error.where === where &&
        error.message === `the file f is no UTF-8 text: byte ${byte}`,
    )
  })
}
