/** Runs the examples of all states on the host that enter.sh has laid out: each as a state file of its own, dry first. */
import { toJson } from '../../../src/base/json.ts'
import { pythonString } from '../../../src/base/python-repr.ts'
import type { LowChunk } from '../../../src/engine/state/low-chunk.ts'
import type { PerformedState } from '../../../src/engine/state/perform.ts'
import { loadOutputter } from '../../../src/plugins/outputters/outputters.ts'
import { stateRegistry } from '../../../src/plugins/registry.ts'
import { keptBeacons, keptSchedule } from '../minion-keepers.ts'
import { type StateUse, stateUses } from '../state-examples.ts'
import { StateHost } from '../state-host.ts'
import type { ExampleRun } from './examples.ts'

export interface ExampleWorld {
  readonly config: Readonly<Record<string, unknown>> & { readonly config_dir: string }
  readonly grains: Readonly<Record<string, unknown>>
  readonly pillar: Readonly<Record<string, unknown>>
  /** Makes what an example has changed what it was. */
  restore(example: string): void
}

/** No example takes longer, unless it hangs. */
const longestMs = 20_000

export async function runStateExamples(world: ExampleWorld): Promise<Record<string, ExampleRun>> {
  const runs: Record<string, ExampleRun> = {}
  const environment = { ...process.env }
  for (const [module, { functions }] of Object.entries(await stateRegistry.loadDocs())) {
    for (const [short, { examples }] of Object.entries(functions)) {
      for (const example of examples) {
        runs[example] ??= await run(world, `${module}.${short}`, example)
        world.restore(example)
        process.env = { ...environment }
      }
    }
  }
  return runs
}

async function run(world: ExampleWorld, name: string, example: string): Promise<ExampleRun> {
  const unavailable = await whyUnavailable(world, name)
  if (unavailable !== undefined) return { retcode: 1, failed: 'unknown-function', told: unavailable, unavailable }
  const { config, grains, pillar } = world
  const job = { function: 'test.ping', seconds: 3600, enabled: true }
  const host = new StateHost({
    id: 'web1',
    config,
    grains,
    pillar,
    services: {
      schedule: keptSchedule({ job1: job }, config.config_dir),
      beacons: await keptBeacons({ ps: [{ processes: { 'salt-master': 'stopped' } }] }, config.config_dir, grains),
    },
    emit: async () => true,
    signal: AbortSignal.timeout(longestMs),
  })
  const shown: string[] = []
  const changed: LowChunk[] = []
  try {
    for (const use of stateUses(example)) {
      const dry = await host.test(use.name, use.args)
      const performed = await performOne(host, use, changed)
      shown.push(await outcomeText(use, performed))
      const refusal = refusalOf(use, performed, dry)
      if (refusal !== undefined) return { retcode: 1, output: shown.join('\n'), ...refusal }
    }
  } catch (error) {
    return { retcode: 1, failed: 'internal', told: error instanceof Error ? error.message : String(error) }
  }
  return { retcode: 0, output: shown.join('\n') }
}

async function performOne(host: StateHost, use: StateUse, changed: LowChunk[]): Promise<PerformedState> {
  const performed = await host.apply(use.name, use.args)
  const hasChanged = Object.keys(performed.changes).length > 0
  const isWoken = use.written.watch !== undefined && changed.length > 0 && !hasChanged && performed.result === true
  const final = isWoken ? await host.watch(use.name, use.args) : performed
  if (Object.keys(final.changes).length > 0) {
    const [state = '', fun = ''] = use.name.split('.')
    const about = { state, fun, id: use.id, name: String(use.args.name), sls: 'web.init', env: 'base', order: 1 }
    changed.push({ ...about, requisites: [], args: use.args })
  }
  return final
}

/** Id, result and comment, then the changes as the terminal shows them. */
async function outcomeText(use: StateUse, { result, comment, changes }: PerformedState) {
  const words = comment.trim() === '' ? '' : `, ${comment.trim().replaceAll('\n', '\n    ')}`
  const head = `${use.id}: ${pythonString(result)}${words}`
  if (Object.keys(changes).length === 0) return head
  const nested = await loadOutputter('nested')
  const plain: unknown = JSON.parse(toJson(changes))
  const lines = (nested?.render({ changes: plain }, { color: false, retcode: 0 }) ?? '').trimEnd().split('\n').slice(1)
  return [head, ...lines].join('\n')
}

/** A state of an example must succeed, and its dry run must have said so. */
function refusalOf(
  { name }: StateUse,
  { result, comment }: PerformedState,
  dry: PerformedState,
): Pick<ExampleRun, 'failed' | 'told'> | undefined {
  if (/\.(?:fail_\w+|configurable_test_state)$/.test(name)) return undefined
  if (result !== true) {
    const isProgram = /^'[^']+' is not installed/.test(comment)
    return { failed: isProgram ? 'missing-program' : 'execution-failed', told: comment }
  }
  return dry.result === false ? { failed: 'execution-failed', told: `its dry run says: ${dry.comment}` } : undefined
}

/** What the modules that have the state say of this host. */
async function whyUnavailable({ grains }: ExampleWorld, name: string): Promise<string | undefined> {
  const [module = '', short = ''] = name.split('.')
  const reasons = new Set<string>()
  for (const entry of stateRegistry.entries) {
    if (entry.name !== module || !entry.functions.includes(short)) continue
    const verdict = (await entry.load()).available?.({ grains }) ?? true
    if (verdict === true) return undefined
    reasons.add(verdict)
  }
  return [...reasons].join('; ')
}
