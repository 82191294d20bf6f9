/** Applies states in a process of its own and prints what came of each, as JSON: for tests that need another view of the disk. */
import { toJson } from '../../src/base/json.ts'
import { StateHost } from './state-host.ts'

const [states = '[]', config = '{}'] = process.argv.slice(2)
const host = new StateHost({ config: JSON.parse(config) })
const outcomes: unknown[] = []
for (const [state, args] of JSON.parse(states)) {
  // What the modules take is not what is measured.
  await host.test(state, args)
  const before = process.resourceUsage().maxRSS
  const performed = await host.apply(state, args)
  outcomes.push({ ...performed, grownKib: process.resourceUsage().maxRSS - before })
}
process.stdout.write(`${toJson(outcomes)}\n`)
