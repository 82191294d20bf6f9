/** Runs the examples of all functions and states on the test host, and records what became of them for the reference. */
import { writeFileSync } from 'node:fs'
import type { ModuleDocs } from '../src/engine/functions/catalogue.ts'
import { moduleRegistry, stateRegistry } from '../src/plugins/registry.ts'
import { type ExampleRun, type Fault, judge, type Verdict } from '../test/support/example-host/examples.ts'
import {
  type Recorded,
  recordFile,
  stateRecordFile,
  steadyOutcome,
  steadyOutput,
} from '../test/support/example-host/record.ts'
import { judgeState } from '../test/support/example-host/state-examples.ts'
import { runExamples, runStateExamples, whyNoExampleHost } from '../test/support/example-host.ts'

interface Kind {
  readonly file: URL
  readonly docs: Readonly<Record<string, ModuleDocs>>
  run(): Promise<ReadonlyMap<string, ExampleRun>>
  judge(name: string, example: string, run: ExampleRun | undefined): Verdict | Fault
  steady(name: string, example: string, output: string | undefined): string | undefined
}

const reason = whyNoExampleHost()
if (reason !== false) throw new Error(`The examples cannot be run here: ${reason}`)

const kinds: readonly Kind[] = [
  { file: recordFile, docs: await moduleRegistry.loadDocs(), run: runExamples, judge, steady: steadyOutput },
  {
    file: stateRecordFile,
    docs: await stateRegistry.loadDocs(),
    run: runStateExamples,
    judge: (name, _example, run) => judgeState(name, run),
    steady: (name, _example, output) => steadyOutcome(name, output),
  },
]

/** `npm run examples states` records those of states alone. */
const chosen = process.argv.includes('states') ? kinds.slice(1) : kinds
for (const kind of chosen) await recordExamples(kind)

async function recordExamples({ file, docs, run, judge: judgeOne, steady }: Kind): Promise<void> {
  const runs = await run()
  const again = await run()
  const record: Record<string, Recorded> = {}
  for (const [module, { functions }] of Object.entries(docs)) {
    for (const [short, { examples }] of Object.entries(functions)) {
      for (const example of examples) {
        const name = `${module}.${short}`
        const one = runs.get(example)
        const verdict = judgeOne(name, example, one)
        if ('fault' in verdict) {
          process.exitCode = 1
          console.error(`${example}: ${verdict.fault}`)
        } else if ('runs' in verdict) {
          const isSame = one?.output === again.get(example)?.output
          const output = isSame ? steady(name, example, one?.output) : undefined
          record[example] = output === undefined ? 'runs' : { shows: output }
        } else record[example] = verdict
      }
    }
  }
  const lines = Object.entries(record).map(([example, one]) => `  ${JSON.stringify(example)}: ${JSON.stringify(one)}`)
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`)
}
