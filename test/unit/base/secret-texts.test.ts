import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaltError } from '../../../src/base/errors.ts'
import { hidingLog } from '../../../src/base/hiding-log.ts'
import { type LogFields, silentLog } from '../../../src/base/log.ts'
import { SecretTexts } from '../../../src/base/secret-texts.ts'

function secretsOf(...texts: readonly string[]): SecretTexts {
  const secrets = new SecretTexts()
  secrets.add(texts)
  return secrets
}

test('dots stand for a text wherever it is part of', () => {
  const secrets = secretsOf('hunter2', 'hunter2 and more')
  assert.equal(secrets.hide('-phunter2 hunter2'), '-p••• •••')
  assert.equal(secrets.hide('x hunter2 and more'), 'x •••')
  assert.equal(secrets.hide('nothing'), 'nothing')
})

test('each line of a text counts, but for the marks of keys', () => {
  const secrets = secretsOf('-----BEGIN KEY-----\nabcdefgh12\nshort\n-----END KEY-----\n')
  assert.equal(secrets.hide('+abcdefgh12\n-short\n-----BEGIN KEY-----'), '+•••\n-short\n-----BEGIN KEY-----')
})

test('what is too short is not looked for', () => {
  assert.deepEqual(secretsOf('yes', ' ab ', '').all, [])
})

test('values are copied only where they change', () => {
  const secrets = secretsOf('hunter2')
  const clean = { a: [1, 'x', { b: null }] }
  assert.equal(secrets.hideIn(clean), clean)
  const date = new Date()
  assert.deepEqual(secrets.hideIn({ a: ['hunter2', clean], date, hunter2: 1 }), { a: ['•••', clean], date, '•••': 1 })
  assert.equal(new SecretTexts().hideIn('hunter2'), 'hunter2')
  assert.equal((secrets.hideIn(new Error('with hunter2')) as Error).message, 'with •••')
  const fault = secrets.hideIn(new SaltError('bad-arguments', 'with hunter2', { where: 'hunter2:1', hint: 'none' }))
  assert.deepEqual(fault.toRecord(), { code: 'bad-arguments', message: 'with •••', where: '•••:1', hint: 'none' })
  const circle: Record<string, unknown> = { text: 'hunter2' }
  circle.self = circle
  assert.equal((secrets.hideIn(circle) as Record<string, unknown>).text, '•••')
})

test('keys are hidden as well, and none is lost by it', () => {
  const secrets = secretsOf('hunter2', 'correct horse')
  const returns = { 'cmd_|-a_|-echo hunter2_|-run': 1, 'cmd_|-a_|-echo correct horse_|-run': 2, b: 3 }
  assert.deepEqual(secrets.hideIn(returns), { 'cmd_|-a_|-echo •••_|-run': 1, 'cmd_|-a_|-echo •••_|-run•••': 2, b: 3 })
  assert.deepEqual(secrets.hideIn({ '•••': 1, hunter2: 2 }), { '•••': 1, '••••••': 2 })
})

test('a log shows none of them', () => {
  const seen: (readonly [string, LogFields | undefined])[] = []
  const log = hidingLog(
    { ...silentLog, error: (message, fields) => seen.push([message, fields]) },
    secretsOf('hunter2'),
  )
  log.error('with hunter2', { error: new Error('of hunter2'), argv: ['-p', 'hunter2'] })
  assert.deepEqual(seen, [['with •••', { error: new Error('of •••'), argv: ['-p', '•••'] }]])
})
