import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { run } from '../../../src/cli/dev.ts'
import { capture } from '../../support/captured-output.ts'
import { fitsSchema } from '../../support/json-schema.ts'

test('salt dev schema prints the schema of all states', async () => {
  const { result, stdout } = await capture(() => run(['schema']))
  assert.equal(result, 0)
  const schema: unknown = JSON.parse(stdout)
  assert.ok(fitsSchema({ include: ['a'], x: 'test.nop', y: { 'test.nop': [{ require: ['x'] }] } }, schema))
  assert.ok(!fitsSchema({ x: 'test.nob' }, schema))
})

test('salt dev schema --state prints that of one', async () => {
  const { stdout } = await capture(() => run(['schema', '--state', 'test.nop']))
  assert.equal(JSON.parse(stdout).title, 'test.nop')
  await assert.rejects(
    run(['schema', '--state', 'test.nob']),
    (error) => error instanceof SaltError && error.message === "there is no state test.nob. Did you mean 'test.nop'?",
  )
})

test('options of the schema go with nothing else', async () => {
  const { result, stderr } = await capture(() => run(['--state', 'test.nop']))
  assert.equal(result, 64)
  assert.match(stderr, /--state and --own go with schema/)
})
