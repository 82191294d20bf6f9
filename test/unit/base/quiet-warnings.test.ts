import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quietWarnings } from '../../../src/base/quiet-warnings.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordedLog } from '../../support/recorded-log.ts'

test('the same warning is told once in ten minutes, another one at once', async () => {
  const clock = new FakeClock()
  const { log, lines } = new RecordedLog()
  const quiet = quietWarnings(log, clock)
  const twice = (file: string): void => {
    for (let count = 0; count < 2; count++) quiet.warning('ignored', { file })
  }
  twice('one')
  twice('two')
  await clock.advance(599_000)
  twice('one')
  assert.deepEqual(lines, ['WARNING ignored file=one', 'WARNING ignored file=two'])
  await clock.advance(1000)
  twice('one')
  assert.equal(lines.length, 3)
})

test('what it remembers is bounded', () => {
  const { log, lines } = new RecordedLog()
  const quiet = quietWarnings(log, new FakeClock())
  for (let number = 0; number < 1001; number++) quiet.warning('ignored', { number })
  quiet.warning('ignored', { number: 0 })
  assert.equal(lines.length, 1002)
})
