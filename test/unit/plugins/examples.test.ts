/** The examples of the function reference: each runs as shown without privileges, or it is recorded why it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moduleRegistry } from '../../../src/plugins/registry.ts'
import { judge, needs } from '../../support/example-host/examples.ts'
import { countFunctions, disagreement, readRecord } from '../../support/example-host/record.ts'
import { runExamples, whyNoExampleHost } from '../../support/example-host.ts'

const record = readRecord()
const docs = await moduleRegistry.loadDocs()
const functions: Record<string, readonly string[]> = Object.fromEntries(
  Object.entries(docs).flatMap(([module, { functions }]) =>
    Object.entries(functions).map(([short, { examples }]) => [`${module}.${short}`, examples]),
  ),
)

test('every example of the reference is recorded, and no other', () => {
  const shown = new Set(Object.values(functions).flat())
  const wrong = [...new Set(Object.keys(record)).symmetricDifference(shown)]
  assert.deepEqual(wrong, [], 'run npm run examples')
})

test('examples do what is recorded of them', { skip: whyNoExampleHost() }, async (t) => {
  const runs = await runExamples()
  const faults: string[] = []
  const lacking = new Set<string>()
  for (const [name, examples] of Object.entries(functions)) {
    for (const example of examples) {
      const run = runs.get(example)
      const verdict = judge(name, example, run)
      const fault = 'fault' in verdict ? verdict.fault : disagreement(record[example], verdict, run?.output)
      if (fault !== undefined) faults.push(`${example}: ${fault}`)
      if ('needs' in verdict && verdict.needs === 'program') lacking.add(verdict.what)
    }
  }
  const { runs: running, ...others } = countFunctions(functions, record)
  t.diagnostic(`${running} of ${Object.keys(functions).length} functions have an example that runs as shown`)
  for (const need of ['privileges', 'program', 'system', 'outside'] as const) {
    t.diagnostic(`${others[need]}: ${needs[need]}`)
  }
  t.diagnostic(`programs that are not here: ${[...lacking].sort().join(', ')}`)
  assert.deepEqual(faults, [])
})

test('an example that does other than recorded, or than its list tells, is a fault', () => {
  const shown = { output: 'web1:\n    True', retcode: 0 }
  const ping = "salt '*' test.ping"
  assert.deepEqual(judge('test.ping', ping, shown), { runs: true })
  assert.deepEqual(judge('test.ping', ping, { retcode: 1, failed: 'execution-failed', told: 'Permission denied' }), {
    needs: 'privileges',
    what: 'root',
  })
  assert.ok('fault' in judge('test.ping', ping, undefined))
  assert.ok('fault' in judge('test.ping', ping, { retcode: 1, failed: 'execution-failed', told: 'no such thing' }))
  assert.ok('fault' in judge('test.ping', ping, { ...shown, misfits: ['no text'] }))
  assert.ok('fault' in judge('user.add', "salt '*' user.add fred", shown))

  const root = { needs: 'privileges', what: 'root' } as const
  const program = { needs: 'program', what: 'nft' } as const
  assert.equal(disagreement({ shows: shown.output }, { runs: true }, shown.output), undefined)
  assert.equal(disagreement('runs', program, undefined), undefined)
  assert.equal(disagreement(program, { runs: true }, shown.output), undefined)
  assert.match(disagreement({ shows: 'web1:\n    False' }, { runs: true }, shown.output) ?? '', /shows other/)
  assert.match(disagreement('runs', root, undefined) ?? '', /needs root/)
  assert.match(disagreement(root, { runs: true }, shown.output) ?? '', /is recorded to need root/)
  assert.match(disagreement(undefined, { runs: true }, shown.output) ?? '', /not recorded/)
})
