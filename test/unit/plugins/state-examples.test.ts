/** The examples of states in the reference: each is applied as shown without privileges, or it is recorded why it is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateRegistry } from '../../../src/plugins/registry.ts'
import { disagreement, readRecord, stateRecordFile } from '../../support/example-host/record.ts'
import { judgeState } from '../../support/example-host/state-examples.ts'
import { runStateExamples, whyNoExampleHost } from '../../support/example-host.ts'
import { stateUses } from '../../support/state-examples.ts'

const record = readRecord(stateRecordFile)
const docs = await stateRegistry.loadDocs()
const states = Object.entries(docs).flatMap(([module, { functions }]) =>
  Object.entries(functions).map(([short, { examples }]) => [`${module}.${short}`, examples] as const),
)

test('every example of a state is recorded, and no other', () => {
  const shown = new Set(states.flatMap(([, examples]) => examples))
  const wrong = [...new Set(Object.keys(record)).symmetricDifference(shown)]
  assert.deepEqual(wrong, [], 'run npm run examples')
})

test('examples of states do what is recorded of them', { skip: whyNoExampleHost() }, async (t) => {
  const runs = await runStateExamples()
  const faults: string[] = []
  let running = 0
  for (const [name, examples] of states) {
    for (const example of examples) {
      const run = runs.get(example)
      const verdict = judgeState(name, run)
      const fault = 'fault' in verdict ? verdict.fault : disagreement(record[example], verdict, run?.output)
      if (fault !== undefined) faults.push(`${example}: ${fault}`)
      if ('runs' in verdict) running += 1
    }
  }
  t.diagnostic(`${running} examples of ${states.length} states run as shown`)
  assert.deepEqual(faults, [])
})

test('what came of an example is judged', () => {
  const ran = { output: 'a: True, Success!', retcode: 0 }
  assert.deepEqual(judgeState('test.nop', ran), { runs: true })
  assert.ok('fault' in judgeState('test.nop', undefined))
  const failed = (told: string) => ({ retcode: 1, failed: 'execution-failed', told })
  assert.deepEqual(judgeState('file.managed', failed('Permission denied')), { needs: 'privileges', what: 'root' })
  assert.deepEqual(judgeState('git.latest', failed("'git' is not installed")), { needs: 'program', what: 'git' })
  assert.deepEqual(judgeState('service.running', failed('it did not start')), { needs: 'system', what: 'systemd' })
  assert.ok('fault' in judgeState('file.managed', failed('something odd')))
})

test('state files are read with what they use', () => {
  const uses = stateUses(
    'a:\n  file.managed:\n    - mode: 1\n    - require: [b]\nb:\n  pkg:\n    - installed\n    - name: c\nd: test.nop',
  )
  assert.deepEqual(
    uses.map(({ id, name, args }) => [id, name, args]),
    [
      ['a', 'file.managed', { name: 'a', mode: 1 }],
      ['b', 'pkg.installed', { name: 'c' }],
      ['d', 'test.nop', { name: 'd' }],
    ],
  )
  assert.throws(() => stateUses('- a'), /mapping from ids/)
})
