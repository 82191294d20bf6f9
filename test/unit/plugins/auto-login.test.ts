import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hiddenPassword } from '../../../src/plugins/modules/user-mac/auto-login.ts'

test('the password for the login window is hidden, ended by a zero, and in blocks of 12 bytes', () => {
  assert.equal(hiddenPassword('').toString('hex'), '7d895223d2bcddeaa3b91f7d')
  assert.equal(hiddenPassword('abc').toString('hex'), '1ceb3123d2bcddeaa3b91f7d')
  assert.equal(hiddenPassword('x'.repeat(11)).length, 12)
  assert.equal(hiddenPassword('x'.repeat(12)).length, 24)
})
