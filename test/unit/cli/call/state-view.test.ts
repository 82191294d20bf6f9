import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateView } from '../../../../src/cli/call/state-view.ts'
import { runStates } from '../../../../src/engine/state/run.ts'
import { lowChunk, runHost } from '../../../support/state-run.ts'

/** Applies three states, each of which is asked about; the answers are given one by one. */
async function applyAsked(...answers: (string | undefined)[]) {
  const { context, applied } = runHost({ config: { id: 'alpha' } })
  const questions: string[] = []
  const view = new StateView({
    terminal: undefined,
    asks: true,
    ask(question) {
      questions.push(question)
      return Promise.resolve(answers.shift())
    },
  })
  const chunks = ['a', 'b', 'c'].map((id, index) => lowChunk({ 'fake.change': id, name: `name of ${id}` }, index))
  const { confirm } = view
  assert.ok(confirm !== undefined)
  const returns = await runStates(context, [lowChunk({ 'fake.right': 'r' }, 0), ...chunks], { test: false, confirm })
  return { applied, questions, results: Object.values(returns).map(({ result, comment }) => `${result}: ${comment}`) }
}

test('each state that would change something is asked about, with what it would do', async () => {
  const { applied, questions } = await applyAsked('y', 'yes', 'Y')
  assert.deepEqual(applied, ['a', 'b', 'c'])
  assert.equal(questions.length, 3)
  assert.equal(
    questions[0],
    'fake.change name of a (a)\nwould change\nmade:\n    ----------\n    new:\n        yes\n    old:\n        no\nDo it? [y]es, [n]o, [a]ll, [q]uit: ',
  )
})

test('no: the state fails, and the others go on', async () => {
  const { applied, results } = await applyAsked('n', 'y', 'n')
  assert.deepEqual(applied, ['b'])
  assert.deepEqual(results, [
    'true: is right',
    'false: Not done: it was declined.',
    'true: changed',
    'false: Not done: it was declined.',
  ])
})

test('all: nothing more is asked', async () => {
  const { applied, questions } = await applyAsked('n', 'a')
  assert.deepEqual(applied, ['b', 'c'])
  assert.equal(questions.length, 2)
})

test('quit, or the end of the input: the run ends', async () => {
  for (const answer of ['q', undefined]) {
    const { applied, results } = await applyAsked('y', answer)
    assert.deepEqual(applied, ['a'])
    assert.deepEqual(results, ['true: is right', 'true: changed', 'false: Not done: it was declined.'])
  }
})

test('another answer is asked again', async () => {
  const { applied, questions } = await applyAsked('perhaps', 'y', 'q')
  assert.deepEqual(applied, ['a'])
  assert.equal(questions.length, 3)
})

test('what is sensitive is not shown in the question', async () => {
  const { context } = runHost({ config: { id: 'alpha' } })
  const questions: string[] = []
  const view = new StateView({
    terminal: undefined,
    asks: true,
    ask(question) {
      questions.push(question)
      return Promise.resolve('q')
    },
  })
  const { confirm } = view
  assert.ok(confirm !== undefined)
  await runStates(context, [lowChunk({ 'fake.secret': 'a', sensitive: true }, 0)], { test: false, confirm })
  assert.match(questions[0] ?? '', /•••/)
  assert.doesNotMatch(questions[0] ?? '', /hidden/)
})

test('states are shown on one line, which goes when something is printed', async () => {
  const written: string[] = []
  const view = new StateView({ terminal: { columns: 20, write: (text) => written.push(text) }, asks: false })
  const { context } = runHost({ config: { id: 'alpha' } })
  const chunks = [lowChunk({ 'fake.change': 'a state with a long id' }, 0)]
  await runStates(context, chunks, { test: false, onReturn: (chunk, ret) => view.ended(chunk, ret, 1) })
  assert.deepEqual(written, ['\r\u001b[K1/1 a state with a…'])
  view.clear()
  view.clear()
  assert.deepEqual(written.slice(1), ['\r\u001b[K'])
})
