import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clipped, progressText, runsStates } from '../../../src/cli/state-progress.ts'

const ended = { id: 'nginx', result: true, hasChanges: false, number: 3, total: 40 }

test('a state that has ended is one short line', () => {
  assert.equal(progressText(ended), '3/40 nginx: right')
  assert.equal(progressText({ ...ended, hasChanges: true }), '3/40 nginx: changed')
  assert.equal(progressText({ ...ended, result: null }), '3/40 nginx: would change')
  assert.equal(progressText({ ...ended, result: false, hasChanges: true }), '3/40 nginx: failed')
})

test('an id cannot make more of the line than one, nor command the terminal', () => {
  assert.equal(progressText({ ...ended, id: 'a\n\u001b[2Jb' }), '3/40 a [2Jb: right')
})

test('second attempts and listeners do not count beyond the end', () => {
  assert.equal(progressText({ ...ended, number: 41 }), '40/40 nginx: right')
})

test('a line is cut where the terminal ends', () => {
  assert.equal(clipped('12345', 5), '12345')
  assert.equal(clipped('123456', 5), '1234…')
  assert.equal(clipped('日本語です', 6), '日本…')
})

test('jobs that run states', () => {
  for (const fun of ['state.apply', 'state.highstate', 'state.single']) assert.equal(runsStates(fun), true, fun)
  for (const fun of ['state.show_sls', 'test.ping', 'stateful.x']) assert.equal(runsStates(fun), false, fun)
  assert.equal(runsStates(['test.ping', 'state.sls']), true)
})
