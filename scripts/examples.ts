/** Runs the examples of all functions on the test host, and records what became of them for the function reference. */
import { writeFileSync } from 'node:fs'
import { moduleRegistry } from '../src/plugins/registry.ts'
import { judge } from '../test/support/example-host/examples.ts'
import { type Recorded, recordFile, steadyOutput } from '../test/support/example-host/record.ts'
import { runExamples, whyNoExampleHost } from '../test/support/example-host.ts'

const reason = whyNoExampleHost()
if (reason !== false) throw new Error(`The examples cannot be run here: ${reason}`)

const runs = await runExamples()
const again = await runExamples()
const record: Record<string, Recorded> = {}
for (const [module, { functions }] of Object.entries(await moduleRegistry.loadDocs())) {
  for (const [short, { examples }] of Object.entries(functions)) {
    for (const example of examples) {
      const name = `${module}.${short}`
      const run = runs.get(example)
      const verdict = judge(name, example, run)
      if ('fault' in verdict) {
        process.exitCode = 1
        console.error(`${example}: ${verdict.fault}`)
      } else if ('runs' in verdict) {
        const output = run?.output === again.get(example)?.output ? steadyOutput(name, example, run?.output) : undefined
        record[example] = output === undefined ? 'runs' : { shows: output }
      } else record[example] = verdict
    }
  }
}
const lines = Object.entries(record).map(([example, one]) => `  ${JSON.stringify(example)}: ${JSON.stringify(one)}`)
writeFileSync(recordFile, `{\n${lines.join(',\n')}\n}\n`)
