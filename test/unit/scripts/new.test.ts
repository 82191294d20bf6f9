import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scaffold } from '../../../scripts/new.ts'

test('a new module is named after its word', () => {
  const made = scaffold(['module', 'disk_usage']) ?? assert.fail('nothing was made')
  assert.ok(made.path.endsWith('/src/plugins/modules/disk-usage.ts'))
  assert.match(made.text, /export const diskUsage = defineModule\(\{\n {2}name: 'disk_usage',/)
})

test('a new runner', () => {
  const made = scaffold(['runner', 'cache']) ?? assert.fail('nothing was made')
  assert.ok(made.path.endsWith('/src/plugins/runners/cache.ts'))
  assert.match(made.text, /defineRunner\(\{/)
})

test('a new state plans', () => {
  const made = scaffold(['state', 'motd_text']) ?? assert.fail('nothing was made')
  assert.ok(made.path.endsWith('/src/plugins/states/motd-text.ts'))
  assert.match(made.text, /export const motdText = defineStates\(\{\n {2}name: 'motd_text',/)
  assert.equal(made.test, 'state-conformance')
})

for (const words of [
  [],
  ['module'],
  ['stat', 'x'],
  ['state', 'X'],
  ['module', 'X'],
  ['module', '../x'],
  ['module', 'a', 'b'],
]) {
  test(`'${words.join(' ')}' makes nothing`, () => assert.equal(scaffold(words), undefined))
}
