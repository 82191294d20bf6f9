import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { asksForDebug, describeFailure } from '../../../src/cli/failure.ts'

test('a failure is one line, with where and hint below it', () => {
  const error = new SaltError('configuration', 'unknown key `timout`', {
    where: '/etc/salt/master:3',
    hint: 'timeout?',
  })
  assert.equal(
    describeFailure(error, false),
    'salt: unknown key `timout` [configuration]\n  where: /etc/salt/master:3\n  hint: timeout?\n',
  )
})

test('the code stands on the first line, above an excerpt', () => {
  const error = new SaltError('configuration', 'mapping values are not allowed\n    a: b: c\n        ^')
  assert.equal(
    describeFailure(error, false),
    'salt: mapping values are not allowed [configuration]\n    a: b: c\n        ^\n',
  )
})

test('the stack and those of its causes are shown on debug only', () => {
  const error = new SaltError('internal', 'broken', { cause: new TypeError('inner fault') })
  assert.doesNotMatch(describeFailure(error, false), /inner fault|at /)
  const shown = describeFailure(error, true)
  assert.match(shown, /^salt: broken \[internal\]\nSaltError: broken\n +at /)
  assert.match(shown, /caused by: TypeError: inner fault\n +at /)
})

test('a fault of the program says how to report it', () => {
  assert.match(describeFailure(new SaltError('internal', 'broken'), false), /hint: .*-l debug/)
})

const lines: readonly (readonly [line: string, debug: boolean])[] = [
  ['-l debug', true],
  ['-ldebug', true],
  ['--log-level=trace', true],
  ['--log-level garbage', true],
  ['-l info', false],
  ['debug', false],
  ['--log-file-level=debug', false],
  ['-l', false],
]
for (const [line, debug] of lines) {
  test(`${line} ${debug ? 'asks' : 'does not ask'} for debug output`, () => {
    assert.equal(asksForDebug(line.split(' ')), debug)
  })
}
