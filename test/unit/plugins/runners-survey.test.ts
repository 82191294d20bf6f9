import assert from 'node:assert/strict'
import { test } from 'node:test'
import { returned, run } from '../../support/runner-world.ts'

const silent = { id: 'ghost', state: 'not-connected' } as const
const publish = () => [returned('gamma', 'x\ny\n'), silent, returned('beta', 'x\nz\n'), returned('alpha', 'x\ny\n')]

test('survey.hash gathers minions by their results, as the recording has it', async () => {
  const both = () => [returned('beta', true), returned('alpha', true)]
  const { value, published } = await run({ publish: both }, 'survey.hash', '*', 'test.ping')
  assert.deepEqual(value, [{ pool: ['alpha', 'beta'], result: 'True' }])
  assert.deepEqual(published, [{ tgt: '*', tgtType: 'compound', fun: 'test.ping', arg: [] }])
})

test('survey.hash sorts by size, and hands words on', async () => {
  const { value, published } = await run(
    { publish },
    'survey.hash',
    'survey_sort=up',
    'tgt_type=pcre',
    '.*',
    'cmd.run',
    'cat x',
    'cwd=/',
  )
  assert.deepEqual(value, [
    { pool: ['beta'], result: 'x\nz\n' },
    { pool: ['alpha', 'gamma'], result: 'x\ny\n' },
  ])
  assert.deepEqual(published, [{ tgt: '.*', tgtType: 'pcre', fun: 'cmd.run', arg: ['cat x'], kwargs: { cwd: '/' } }])
})

test('survey.hash writes results as Python does', async () => {
  const lists = () => [returned('alpha', { a: [1, 'two', null] })]
  const { value } = await run({ publish: lists }, 'survey.hash', '*', 'test.arg')
  assert.deepEqual(value, [{ pool: ['alpha'], result: "{'a': [1, 'two', None]}" }])
})

test('survey.diff shows differences from the first pool', async () => {
  const { value, shown } = await run({ publish }, 'survey.diff', '*', 'cmd.run', 'cat x')
  assert.equal((value as unknown[]).length, 2)
  const [first, second] = shown as [string, string]
  assert.match(first, /^minion pool :\n-+\n\['alpha', 'gamma'\]\npool size :\n-+\n {4}2\npool result :\n-+\n {4}x\ny\n/)
  assert.match(second, /\['beta'\]\n.* {4}1\ndifferences from "alpha" results :\n-+\n/s)
  assert.ok(second.endsWith('--- alpha\n+++ beta\n@@ -2 +2 @@\n-y\n+z\n\n'), second)
})

for (const [words, message] of [
  [[], /needs a target and a function/],
  [['*'], /needs a target and a function/],
  [['*', 'test.ping', 'survey_sort=sideways'], /survey_sort must be down or up/],
  [['*', 'test.ping', 'tgt_type=glob'], /tgt_type must be compound or pcre/],
] as const) {
  test(`survey.hash ${words.join(' ')} is refused`, async () => {
    await assert.rejects(run({}, 'survey.hash', ...words), { code: 'bad-arguments', message })
  })
}
