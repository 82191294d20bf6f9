import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clipped, progressText, runsStates, stepText } from '../../../src/cli/state-progress.ts'

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

test('where the line is short, the id gives way and not what has become of it', () => {
  const long = { ...ended, id: 'nginx is installed from the repository' }
  assert.equal(progressText({ ...long, result: false }, 30), '3/40 nginx is install…: failed')
  assert.equal(progressText(long, 200), '3/40 nginx is installed from the repository: right')
  assert.equal(progressText(long, 12), '3/40 nginx …')
  assert.equal(progressText(long, 0), '')
})

test('a step that has begun', () => {
  assert.equal(stepText({ id: 'deploy\nweb', number: 2, total: 3 }), '2/3 deploy web')
  assert.equal(stepText({ id: 'deploy web', number: 4, total: 3 }, 8), '3/3 dep…')
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
