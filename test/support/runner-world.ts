import assert from 'node:assert/strict'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { TargetOutcome, TargetState } from '../../src/client/api.ts'
import { parseWords } from '../../src/engine/arguments/parse.ts'
import { DataBanks } from '../../src/engine/cache/data-banks.ts'
import { FileServer } from '../../src/engine/files/file-server.ts'
import { bindArguments } from '../../src/engine/functions/bind.ts'
import { PluginCatalogue } from '../../src/engine/functions/catalogue.ts'
import { jidToTime } from '../../src/engine/jobs/jid.ts'
import { compileJobFilter } from '../../src/engine/jobs/job-filter.ts'
import type { JobFilter, JobRecord, JobStore } from '../../src/engine/jobs/types.ts'
import { KeyRing } from '../../src/engine/keys/key-ring.ts'
import { KeyStore } from '../../src/engine/keys/key-store.ts'
import type { OutletStatus } from '../../src/engine/outlet/outlet.ts'
import type { Grains, MasterRun, PillarDesk, RunnerContext, RunnerPublish } from '../../src/engine/plugin.ts'
import type { JobCacheReader } from '../../src/engine/returner.ts'
import { moduleRegistry, runnerRegistry, wheelRegistry } from '../../src/plugins/registry.ts'

export const jid = '20261121025504701682'

export function returned(id: string, value: unknown, success = true): TargetOutcome {
  const ret = { id, jid, fun: 'x', fun_args: [], return: value, retcode: success ? 0 : 1, success }
  return { id, state: success ? 'returned' : 'failed', ret }
}

export function record(id: string, more: Partial<JobRecord> = {}): JobRecord {
  const startedAt = jidToTime(id) ?? 0
  return {
    jid: id,
    fun: 'test.ping',
    arg: [],
    tgt: '*',
    tgtType: 'glob',
    user: 'root',
    minions: ['alpha', 'beta'],
    startedAt,
    closedAt: startedAt,
    ...more,
  }
}

export interface World {
  readonly pillar?: PillarDesk
  readonly publish?: (request: RunnerPublish) => readonly TargetOutcome[]
  readonly jobs?: readonly JobRecord[]
  readonly outcomes?: readonly TargetOutcome[]
  readonly connected?: readonly string[]
  readonly accepted?: readonly string[]
  readonly running?: readonly MasterRun[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly grains?: Readonly<Record<string, Grains>>
  readonly banks?: DataBanks
  /** What can be read from a returner, or from the configured one. */
  readonly archive?: (name: string | undefined) => JobCacheReader | undefined
  readonly outlets?: readonly OutletStatus[]
}

const noPillar: PillarDesk = {
  compile: async () => ({}),
  top: async () => ({ top: {}, errors: [] }),
  clearCache: () => undefined,
  cached: () => ({}),
}

function storeOf({ jobs = [], outcomes = [] }: World): JobStore {
  const refuse = () => assert.fail('a runner only reads')
  return {
    add: refuse,
    setOutcome: refuse,
    close: refuse,
    removeBefore: refuse,
    get: (id) => jobs.find((job) => job.jid === id),
    outcomes: (id) => (jobs.some((job) => job.jid === id) ? outcomes : []),
    list(filter: JobFilter = {}) {
      const found = jobs.filter(compileJobFilter(filter))
      return filter.limit === undefined ? found : found.slice(-filter.limit)
    },
    open: () => jobs.filter((job) => job.closedAt === undefined),
    states: () => Object.fromEntries(outcomes.map(({ id, state }): [string, TargetState] => [id, state])),
    [Symbol.dispose]() {},
  }
}

/** Runs a runner as typed, in a world of the test's making; what it asked, showed and fired. */
export async function run(world: World, name: string, ...words: readonly string[]) {
  const published: RunnerPublish[] = []
  const shown: unknown[] = []
  const fired: unknown[] = []
  const forgotten: string[] = []
  const runners = new PluginCatalogue(runnerRegistry, { grains: {} })
  const found = await runners.load(name)
  assert.ok(found.kind === 'loaded', name)
  const ctx: RunnerContext = {
    config: { get: (key) => world.config?.[key], all: world.config ?? { id: 'master' } },
    configFile: '/nonexistent/master',
    log: silentLog,
    signal: new AbortController().signal,
    user: 'root',
    jid,
    jobs: storeOf(world),
    minions: {
      accepted: () => world.accepted ?? [],
      connected: () => world.connected ?? [],
      grains: (id) => world.grains?.[id],
      forgetGrains: (id) => forgotten.push(id),
      match: () => world.accepted ?? [],
    },
    keys: new KeyRing(new KeyStore('/nonexistent'), () => assert.fail('no key is moved here')),
    outlets: () => world.outlets ?? [],
    archive: {
      async use(name, work) {
        const reader = world.archive?.(name)
        return reader && (await work(reader))
      },
    },
    banks: world.banks ?? new DataBanks(':memory:', { clock: systemClock, log: silentLog }),
    pillar: world.pillar ?? noPillar,
    files: new FileServer({ get: (key) => world.config?.[key], all: world.config ?? {} }),
    reactor: { rules: () => [], add: () => {}, remove: () => {} },
    functions: new PluginCatalogue(moduleRegistry, { grains: {} }),
    runners,
    wheels: new PluginCatalogue(wheelRegistry, { grains: {} }),
    reloadPlugins: async () => {},
    running: () => world.running ?? [],
    salt: async (fun, args, kwargs) => ({ fun, args, kwargs }),
    async publish(request) {
      published.push(request)
      return world.publish?.(request) ?? []
    },
    async follow(_id, onOutcome) {
      for (const outcome of world.outcomes ?? []) onOutcome(outcome)
    },
    withdraw: () => [],
    setRetcode: () => {},
    emit: async (tag, data) => fired.push([tag, data]) > 0,
    progress: (value) => shown.push(value),
    step: () => {},
    print: async (line) => {
      shown.push(line)
    },
    listen: () => assert.fail('nobody listens to events here'),
    host: () => assert.fail('no function of the host is wanted here'),
  }
  const bound = bindArguments(found.definition, name, await parseWords(words))
  const value = await found.definition.run(ctx, bound.args as never, bound.more)
  return { value, published, shown, fired, forgotten }
}
