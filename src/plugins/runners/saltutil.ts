import { s } from '../../base/schema.ts'
import { masterSyncKinds, type SyncKind, syncExtensions } from '../../engine/functions/extension-sync.ts'
import { defineRunner, type RunnerContext, type RunnerFunctionDefinition, runnerFn } from '../../engine/plugin.ts'

const args = {
  saltenv: s.optional(s.any('Environments of the file roots, as a list or with commas; base by default')),
  extmod_whitelist: s.optional(s.any('Sync these only: names as a list or with commas')),
  extmod_blacklist: s.optional(s.any('Do not sync these: names as a list or with commas')),
}

type Given = Readonly<Record<string, unknown>>

async function sync(ctx: RunnerContext, kinds: readonly SyncKind[], given: Given): Promise<Record<string, string[]>> {
  const { config, log, signal } = ctx
  const synced: Record<string, string[]> = {}
  for (const kind of kinds) synced[kind] = await syncExtensions({ config, log, signal, services: {} }, kind, given)
  if (Object.values(synced).some((names) => names.length > 0)) await ctx.reloadPlugins()
  return synced
}

const whats: Readonly<Record<(typeof masterSyncKinds)[number], string>> = {
  runners: 'runners',
  wheel: 'wheel functions',
  modules: 'execution modules, for salt.cmd and runners that call them',
  returners: 'returners, for event_return, event_sinks, ext_job_cache and the schedule of the master',
  utils: 'files that their other plugins share',
}

function syncFunction(kind: (typeof masterSyncKinds)[number]): RunnerFunctionDefinition {
  return runnerFn({
    doc: `Bring the user's own ${whats[kind]} from the folder _${kind} of the file roots into this master.`,
    args,
    returns: s.array(s.string(), 'What is new or has changed'),
    examples: [`salt run saltutil.sync_${kind}`],
    run: async (ctx, given) => (await sync(ctx, [kind], given))[kind] ?? [],
  })
}

export const saltutil = defineRunner({
  name: 'saltutil',
  doc: "Looks after the master's own plugins.",
  functions: {
    ...Object.fromEntries(masterSyncKinds.map((kind) => [`sync_${kind}`, syncFunction(kind)])),
    sync_all: runnerFn({
      doc: "Bring all of the user's own plugins that a master can have into this master.",
      args,
      returns: s.record(s.array(s.string()), 'Kind → what is new or has changed'),
      examples: ['salt run saltutil.sync_all'],
      run: (ctx, given) => sync(ctx, masterSyncKinds, given),
    }),
    reload_plugins: runnerFn({
      doc: 'Load the runners and wheel functions of the user anew, as after a change below runner_dirs.',
      returns: s.boolean('Always true'),
      examples: ['salt run saltutil.reload_plugins'],
      async run(ctx) {
        await ctx.reloadPlugins()
        return true
      },
    }),
  },
})
