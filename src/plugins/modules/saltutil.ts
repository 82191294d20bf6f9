import { constants } from 'node:os'
import { systemClock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { within } from '../../base/within.ts'
import type { RunningJob } from '../../client/api.ts'
import {
  listExtensions,
  refreshPlugins,
  type SyncKind,
  syncExtensions,
  syncKinds,
} from '../../engine/functions/extension-sync.ts'
import { clearCopies } from '../../engine/functions/file-cache.ts'
import { defineModule, type FunctionContext, type FunctionDefinition, fn } from '../../engine/plugin.ts'
import { matchGlob } from '../../engine/target/glob.ts'

const jidArgument = s.string('Job id')
const jobRecord = s.record(s.any(), 'The job: its jid, fun, arg, tgt, tgt_type, ret, user and pid')
const syncArguments = {
  saltenv: s.optional(s.any('Environments of the file server, as a list or with commas; base by default')),
  refresh: s.withDefault(s.boolean('Load what was synced'), true),
  extmod_whitelist: s.optional(s.any('Sync these only: names as a list or with commas')),
  extmod_blacklist: s.optional(s.any('Do not sync these: names as a list or with commas')),
}

/** The jobs that run here, but for the one that asks. */
async function otherJobs(ctx: FunctionContext): Promise<readonly RunningJob[]> {
  const jobs = (await ctx.services.jobs?.list()) ?? []
  return jobs.filter((job) => job.jid !== ctx.job?.jid)
}

async function findJob(ctx: FunctionContext, jid: string): Promise<RunningJob | undefined> {
  return (await otherJobs(ctx)).find((job) => job.jid === jid)
}

function shown({ jid, fun, arg, tgt, tgt_type, ret, user, pid }: RunningJob): Record<string, unknown> {
  return { jid, fun, arg, tgt, tgt_type, ret, user, pid }
}

async function signalJob(ctx: FunctionContext, jid: string, signal: number): Promise<string> {
  const job = await findJob(ctx, jid)
  if (job === undefined) return ''
  return (await ctx.services.jobs?.signal(jid, signal)) === true
    ? `Signal ${signal} sent to job ${jid} at pid ${job.pid}`
    : `Job ${jid} was not running any more`
}

async function signalAll(ctx: FunctionContext, signal: number): Promise<string[]> {
  const jobs = await otherJobs(ctx)
  return Promise.all(jobs.map((job) => signalJob(ctx, job.jid, signal)))
}

function syncFunction(kind: SyncKind, name = `sync_${kind}`): FunctionDefinition {
  return fn({
    doc: `Fetch the user's own ${kind === 'output' ? 'outputters' : kind} from the folder _${kind} of the file server.`,
    args: syncArguments,
    returns: s.array(s.string(), 'What is new or has changed'),
    examples: [`salt '*' saltutil.${name}`, `salt '*' saltutil.${name} saltenv=base,dev`],
    async run(ctx, args) {
      const changed = await syncExtensions(ctx, kind, args)
      if (args.refresh) await refreshPlugins(ctx, [kind])
      return changed
    },
  })
}

const syncFunctions: Readonly<Record<string, FunctionDefinition>> = Object.fromEntries(
  syncKinds.map((kind) => [`sync_${kind}`, syncFunction(kind)]),
)

const refreshPillar = (name: string): FunctionDefinition =>
  fn({
    doc: 'Ask for pillar anew. Jobs that come later wait for it.',
    args: {
      wait: s.withDefault(s.boolean('Return when it is there'), false),
      timeout: s.withDefault(s.seconds('The longest that is waited'), 30),
      clean_cache: s.withDefault(s.boolean('What pillar_cache of the master keeps does not count any more'), true),
    },
    returns: s.boolean('False where it was waited for and did not come'),
    examples: [`salt '*' saltutil.${name}`, `salt '*' saltutil.${name} wait=True timeout=60`],
    async run(ctx, { wait, timeout, clean_cache: cleansCache }) {
      const done = ctx.services.pillar?.refresh({ cleansCache }) ?? Promise.resolve(true)
      if (!wait) return true
      let isDone = false
      const inTime = await within(
        done.then((result) => {
          isDone = result
        }),
        timeout * 1000,
        systemClock,
      )
      return inTime && isDone
    },
  })

const dayMs = 86_400_000

export const saltutil = defineModule({
  name: 'saltutil',
  doc: 'Looks after the minion itself: its running jobs, its user modules, its grains.',
  functions: {
    ...syncFunctions,
    sync_outputters: syncFunction('output', 'sync_outputters'),
    sync_all: fn({
      doc: "Fetch all of the user's own plugins from the file server.",
      args: syncArguments,
      returns: s.record(s.array(s.string()), 'Kind → what is new or has changed'),
      examples: ["salt '*' saltutil.sync_all"],
      async run(ctx, args) {
        const result: Record<string, string[]> = {}
        for (const kind of syncKinds) result[kind] = await syncExtensions(ctx, kind, args)
        if (args.refresh) await refreshPlugins(ctx, syncKinds)
        return result
      },
    }),
    list_extmods: fn({
      doc: "List the user's own plugins that have been fetched.",
      returns: s.record(s.array(s.string()), 'Kind → names'),
      examples: ["salt '*' saltutil.list_extmods"],
      run: (ctx) => listExtensions(ctx.config),
    }),
    running: fn({
      doc: 'List the jobs that run on this minion.',
      returns: s.array(jobRecord),
      examples: ["salt '*' saltutil.running"],
      run: async (ctx) => (await otherJobs(ctx)).map(shown),
    }),
    is_running: fn({
      doc: 'List the running jobs of a function.',
      args: { fun: s.string('Name of the function, with shell-style patterns') },
      returns: s.array(jobRecord),
      examples: ["salt '*' saltutil.is_running 'state.*'"],
      async run(ctx, { fun }) {
        const jobs = await otherJobs(ctx)
        return jobs.filter((job) => [job.fun].flat().some((name) => matchGlob(fun, name))).map(shown)
      },
    }),
    find_job: fn({
      doc: 'Show a job while it runs on this minion.',
      args: { jid: jidArgument },
      returns: jobRecord,
      examples: ["salt '*' saltutil.find_job 20260102030405060708"],
      async run(ctx, { jid }) {
        const job = await findJob(ctx, jid)
        return job === undefined ? {} : shown(job)
      },
    }),
    find_cached_job: fn({
      doc: 'Tell what this minion has kept of a job. Returns that the master has taken are not kept.',
      args: { jid: jidArgument },
      returns: s.any(),
      examples: ["salt '*' saltutil.find_cached_job 20260102030405060708"],
      run: (_ctx, { jid }) =>
        `This minion keeps no return of job ${jid}; ask the master: salt run jobs.lookup_jid ${jid}`,
    }),
    signal_job: fn({
      doc: 'Send a signal to the processes of a job.',
      args: { jid: jidArgument, sig: s.union([s.integer(), s.string()], 'Number or name of the signal') },
      returns: s.string('What was done; empty where no such job runs'),
      examples: ["salt '*' saltutil.signal_job 20260102030405060708 15"],
      run: (ctx, { jid, sig }) => signalJob(ctx, jid, signalNumber(sig)),
    }),
    term_job: fn({
      doc: 'End a job with SIGTERM.',
      args: { jid: jidArgument },
      returns: s.string('What was done; empty where no such job runs'),
      examples: ["salt '*' saltutil.term_job 20260102030405060708"],
      run: (ctx, { jid }) => signalJob(ctx, jid, constants.signals.SIGTERM),
    }),
    kill_job: fn({
      doc: 'End a job with SIGKILL.',
      args: { jid: jidArgument },
      returns: s.string('What was done; empty where no such job runs'),
      examples: ["salt '*' saltutil.kill_job 20260102030405060708"],
      run: (ctx, { jid }) => signalJob(ctx, jid, constants.signals.SIGKILL),
    }),
    term_all_jobs: fn({
      doc: 'End all jobs of this minion with SIGTERM.',
      returns: s.array(s.string()),
      examples: ["salt '*' saltutil.term_all_jobs"],
      run: (ctx) => signalAll(ctx, constants.signals.SIGTERM),
    }),
    kill_all_jobs: fn({
      doc: 'End all jobs of this minion with SIGKILL.',
      returns: s.array(s.string()),
      examples: ["salt '*' saltutil.kill_all_jobs"],
      run: (ctx) => signalAll(ctx, constants.signals.SIGKILL),
    }),
    refresh_grains: fn({
      doc: 'Read the grains of this minion anew.',
      args: { refresh_pillar: s.withDefault(s.boolean('Ask for pillar anew as well'), true) },
      returns: s.boolean('Always true'),
      examples: ["salt '*' saltutil.refresh_grains"],
      async run(ctx, { refresh_pillar: refreshesPillar }) {
        await ctx.services.refreshModules?.()
        await ctx.services.refreshGrains?.({ keepsPillar: !refreshesPillar })
        return true
      },
    }),
    refresh_modules: fn({
      doc: "Load the user's own modules, states, returners and beacons anew.",
      args: { async: s.withDefault(s.boolean('Accepted, and without effect here'), true) },
      returns: s.boolean('Always true'),
      examples: ["salt '*' saltutil.refresh_modules"],
      async run(ctx) {
        await ctx.services.refreshModules?.()
        return true
      },
    }),
    refresh_beacons: fn({
      doc: "Load the user's own beacons anew, and begin all beacons anew that were given up.",
      returns: s.boolean('Whether a minion runs here that was told to'),
      examples: ["salt '*' saltutil.refresh_beacons"],
      run: (ctx) => ctx.emit('beacons_refresh', {}),
    }),
    runner: fn({
      doc: 'Run a runner: for what is rendered on the master, as files of pillar, orchestrations and reactions.',
      args: {
        name: s.string('Runner and function'),
        arg: s.optional(s.any('Its arguments, as a list or one alone')),
        kwarg: s.optional(s.record(s.any(), 'Its arguments by name')),
        full_return: s.withDefault(s.boolean('Accepted, and without effect here'), false),
        saltenv: s.withDefault(s.string('Accepted, and without effect here'), 'base'),
      },
      extra: s.any('Further arguments by name'),
      returns: s.any(),
      examples: ["salt run salt.cmd saltutil.runner mine.get tgt='*' fun=network.ip_addrs"],
      async run(ctx, { name, arg, kwarg }, { extra }) {
        if (ctx.services.runner === undefined)
          throw new SaltError('execution-failed', 'Runners run inside the master: a minion asks it by publish.runner.')
        const own = Object.entries({ ...kwarg, ...extra }).filter(([key]) => !key.startsWith('__'))
        const named = own.length === 0 ? [] : [{ ...Object.fromEntries(own), __kwarg__: true }]
        const words = arg === undefined || arg === null ? [] : Array.isArray(arg) ? arg : [arg]
        return await ctx.services.runner(name, [...words, ...named])
      },
    }),
    refresh_pillar: refreshPillar('refresh_pillar'),
    pillar_refresh: refreshPillar('pillar_refresh'),
    clear_cache: fn({
      doc: 'Remove the files that cp.get_url and others have cached here. What keeps jobs and returns safe stays.',
      args: { days: s.withDefault(s.number('Only what is older than so many days; -1 for all'), -1) },
      returns: s.union([s.boolean(), s.string()], 'True, or a text that names what could not be removed'),
      examples: ["salt '*' saltutil.clear_cache", "salt '*' saltutil.clear_cache days=7"],
      async run(ctx, { days }) {
        const newest = days < 0 ? Number.POSITIVE_INFINITY : Date.now() - days * dayMs
        const kept = await clearCopies(String(ctx.config.get('cachedir')), (modifiedMs) => modifiedMs < newest)
        return kept.length === 0 || `Could not remove: ${kept.join(', ')}`
      },
    }),
    clear_job_cache: fn({
      doc: 'Accepted: this minion keeps nothing of a job once the master has its return.',
      args: { hours: s.withDefault(s.number('Accepted, and without effect here'), 24) },
      returns: s.boolean('Always true'),
      examples: ["salt '*' saltutil.clear_job_cache hours=12"],
      run: () => true,
    }),
  },
})

/** `15`, `TERM` or `SIGTERM`. */
function signalNumber(sig: number | string): number {
  const numbers: Readonly<Record<string, number>> = constants.signals
  const name = pythonString(sig).toUpperCase()
  const number = typeof sig === 'number' ? sig : (numbers[name] ?? numbers[`SIG${name}`] ?? Number(sig))
  if (Number.isInteger(number) && number > 0 && number <= 64) return number
  throw new SaltError('bad-arguments', `'${sig}' is not a signal.`)
}
