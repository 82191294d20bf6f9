/**
 * Measures the built binary against what it must reach.
 *
 *   npm run bench                       everything, with swarms of 100 and 1,000 minions
 *   npm run bench -- --only fan-out     one group or several: starts, commands, jobs, events, states, fan-out,
 *                                       processes
 *   npm run bench -- --swarm 100,5000   other numbers of simulated minions
 *   npm run bench -- --quick            fewer runs: to try a change, not to quote
 *   npm run bench -- --json             one JSON document instead of the table
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { events } from './bench/events.ts'
import { fanOut, fanOutToProcesses } from './bench/fan-out.ts'
import { jobs } from './bench/jobs.ts'
import { printTable, type Row } from './bench/report.ts'
import { commands, starts } from './bench/starts.ts'
import { stateCompiles } from './bench/state-compiles.ts'
import { states } from './bench/states.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    swarm: { type: 'string', default: '100,1000' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const runs = values.quick ? 5 : 21
const groups: Readonly<Record<string, () => AsyncGenerator<Row>>> = {
  starts: () => starts(runs),
  commands: () => commands(runs),
  jobs: () => jobs(values.quick ? 10_000 : 100_000),
  events: () => events(values.quick ? 50_000 : 500_000),
  states: async function* () {
    yield* stateCompiles(runs)
    yield* states(runs, values.quick ? 200 : 1000)
  },
  'fan-out': () => fanOut(values.swarm.split(',').map(Number), runs),
  processes: () => fanOutToProcesses(values.quick ? [20] : [20, 50, 100], runs),
}
const chosen = values.only === undefined ? Object.keys(groups) : values.only.split(',')
const unknown = chosen.find((name) => groups[name] === undefined)
if (unknown !== undefined) {
  console.error(`no benchmark is named ${unknown}; there are ${Object.keys(groups).join(', ')}`)
  process.exit(64)
}

const rows: Row[] = []
for (const name of chosen) {
  if (!values.json) console.error(`measuring ${name} …`)
  try {
    for await (const row of groups[name]?.() ?? []) rows.push(row)
  } catch (error) {
    console.error(`${name} came to an end:`, error)
    process.exitCode = 70
  }
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
if (values.json) console.log(JSON.stringify({ machine, rows }, null, 2))
else {
  console.log(machine)
  printTable(rows)
}
