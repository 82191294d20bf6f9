import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutletStatus } from '../../../src/engine/outlet/outlet-status.ts'
import { run } from '../../support/runner-world.ts'

const status = (name: string): OutletStatus => ({
  name,
  returner: 'file',
  state: 'idle',
  waiting: 0,
  bytes: 0,
  delivered: 3,
  failed_attempts: 0,
  dropped: 0,
  since: '2026-11-21T03:00:00.000Z',
  last_error: null,
  failing_since: null,
})
const outlets = ['event_return file', 'sink audit', 'sink audit.logins'].map(status)

test('sinks.status shows all outlets, or the one that is named', async () => {
  const names = async (...words: string[]): Promise<string[]> =>
    Object.keys((await run({ outlets }, 'sinks.status', ...words)).value as object)
  assert.deepEqual(await names(), ['event_return file', 'sink audit', 'sink audit.logins'])
  assert.deepEqual(await names('audit'), ['sink audit'])
  assert.deepEqual(await names('sink audit.logins'), ['sink audit.logins'])
  assert.deepEqual(await names('event_return'), ['event_return file'])
  const fault = {
    code: 'bad-arguments',
    message: /no outlet 'audt'. Did you mean 'audit'/,
    hint: /There are event_return file, /,
  }
  await assert.rejects(names('audt'), fault)
  const { name: _, ...figures } = status('sink audit')
  assert.deepEqual((await run({ outlets }, 'sinks.status', 'audit')).value, { 'sink audit': figures })
})
