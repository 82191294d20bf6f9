import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import type { TargetOutcome, TargetState } from '../../client/api.ts'
import { jobRecordOf, loadOfReturns } from '../../engine/jobs/archived-job.ts'
import { formatStartTime } from '../../engine/jobs/jid.ts'
import { compileJobFilter } from '../../engine/jobs/job-filter.ts'
import type { JobFilter, JobRecord } from '../../engine/jobs/types.ts'
import { defineRunner, type RunnerContext, runnerFn } from '../../engine/plugin.ts'

/** Newest jobs that are looked at in another system. */
const mostArchived = 10_000

const jid = s.string('Job id')
const extSource = s.optional(
  s.string('The returner to read from, instead of the store of the master and of what it has configured besides'),
)
const displayProgress = s.withDefault(s.boolean('Accepted, and without effect here'), false)
const jobRecords = s.record(s.any(), 'Job id → the job')

/** What a reader sees of a job, by Salt's names. */
function described(job: JobRecord): Record<string, unknown> {
  return {
    Function: job.fun,
    Arguments: job.arg,
    Target: job.tgt,
    'Target-type': job.tgtType,
    User: job.user,
    ...(job.metadata === undefined ? {} : { Metadata: job.metadata }),
  }
}

function resultOf({ ret }: TargetOutcome): Record<string, unknown> {
  return {
    return: ret?.return,
    retcode: ret?.retcode,
    success: ret?.success,
    ...(ret?.out === undefined || ret.out === 'nested' ? {} : { out: ret.out }),
  }
}

interface FoundJob {
  readonly job: JobRecord | undefined
  readonly outcomes: readonly TargetOutcome[]
}

/** From the store of the master, else from elsewhere; with a source only from there. */
async function find(ctx: RunnerContext, id: string, source: string | undefined): Promise<FoundJob> {
  const job = isOwn(source) ? ctx.jobs.get(id) : undefined
  if (job !== undefined) return { job, outcomes: ctx.jobs.outcomes(id) }
  const found = await ctx.archive.use(source, async (reader) => ({
    load: await reader.load(id),
    returns: await reader.returns(id),
  }))
  if (found === undefined) return { job: undefined, outcomes: [] }
  const { returns } = found
  // A backend that has only returns still tells by them what was asked.
  const load = found.load ?? loadOfReturns(returns)
  return {
    job: load && jobRecordOf(load),
    outcomes: returns.map((ret) => ({ id: ret.id, state: ret.success ? 'returned' : 'failed', ret })),
  }
}

/** Whether the store of the master is asked first. */
function isOwn(source: string | undefined): boolean {
  return source === undefined || source === '' || source === 'local_cache'
}

/** Those of the store of the master, or of the source. */
async function list(ctx: RunnerContext, filter: JobFilter, source: string | undefined): Promise<readonly JobRecord[]> {
  if (isOwn(source)) return ctx.jobs.list(filter)
  const loads = (await ctx.archive.use(source, (reader) => reader.list(mostArchived))) ?? []
  const found = loads.map((load) => jobRecordOf(load)).filter(compileJobFilter(filter))
  return filter.limit === undefined ? found : found.slice(-filter.limit)
}

/** A job with the results of its minions; those that have none are listed with their state. */
function detailed(id: string, { job, outcomes }: FoundJob): Record<string, unknown> {
  if (job === undefined)
    return { Error: 'The job cache has no job with this id.', StartTime: formatStartTime(id), Result: {} }
  const silent = outcomes.filter(({ ret }) => ret === undefined)
  return {
    ...described(job),
    Minions: job.minions,
    StartTime: formatStartTime(id),
    Result: Object.fromEntries(
      outcomes.filter(({ ret }) => ret !== undefined).map((outcome) => [outcome.id, resultOf(outcome)]),
    ),
    ...(silent.length === 0
      ? {}
      : { States: Object.fromEntries(silent.map(({ id: minion, state }) => [minion, state])) }),
  }
}

/** `Minion did not return. [queued: until …]` */
function missingText({ state, reason }: TargetOutcome): string {
  const why = ['queued', 'withdrawn', 'expired'].includes(state) && reason !== undefined ? `: ${reason}` : ''
  return `Minion did not return. [${state}${why}]`
}

function inState(ctx: RunnerContext, { jid: id, minions }: JobRecord, state: TargetState): string[] {
  const states = ctx.jobs.states(id)
  return minions.filter((minion) => states[minion] === state)
}

/** Shows each outcome as it comes, as `salt` does; answers the state of each target. */
async function follow(ctx: RunnerContext, id: string): Promise<Record<string, string>> {
  const states: Record<string, string> = {}
  await ctx.follow(id, (outcome) => {
    const { ret, state } = outcome
    states[outcome.id] = state
    ctx.progress(
      { [outcome.id]: ret === undefined ? missingText(outcome) : ret.return },
      { outputter: ret?.out, retcode: ret?.retcode },
    )
    if (!endsWell(outcome)) ctx.setRetcode(1)
  })
  return states
}

/** Whether the command that follows a job may end with 0. */
function endsWell({ ret, state }: TargetOutcome): boolean {
  return ret === undefined ? state === 'queued' : ret.success && ret.retcode === 0
}

function words(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const list = Array.isArray(value) ? value.map(String) : String(value).split(',')
  return list.map((word) => word.trim()).filter((word) => word !== '')
}

/** A date in any form that Date knows, or as jobs are listed (`2026, Nov 21 02:55:04`); UTC where it has no zone. */
function timeOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return value * 1000
  const text = String(value).replace(/^(\d{4}), (\w{3}) (\d{1,2})/, '$3 $2 $1')
  const hasZone = /(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$/.test(text)
  const time = Date.parse(hasZone ? text : `${text}${/^\d{4}-\d{2}-\d{2}T/.test(text) ? 'Z' : ' UTC'}`)
  if (!Number.isNaN(time)) return time
  throw new SaltError('bad-arguments', `${name} is not a date: '${value}'. Write it like 2026-11-21 02:55.`)
}

interface ListRequest {
  readonly search_metadata?: unknown
  readonly search_function?: unknown
  readonly search_target?: unknown
  readonly start_time?: unknown
  readonly end_time?: unknown
}

function filterOf(request: ListRequest): JobFilter {
  const functions = words(request.search_function)
  const targets = words(request.search_target)
  const metadata = request.search_metadata
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    throw new SaltError('bad-arguments', 'search_metadata must be a mapping.')
  }
  const after = timeOf(request.start_time, 'start_time')
  const before = timeOf(request.end_time, 'end_time')
  return {
    ...(functions === undefined ? {} : { functions }),
    ...(targets === undefined ? {} : { targets }),
    ...(isRecord(metadata) ? { metadata } : {}),
    ...(after === undefined ? {} : { startedAfterMs: after }),
    ...(before === undefined ? {} : { startedBeforeMs: before }),
  }
}

function listed(jobs: readonly JobRecord[]): Record<string, unknown> {
  return Object.fromEntries(jobs.map((job) => [job.jid, { ...described(job), StartTime: formatStartTime(job.jid) }]))
}

/** Process id of each running job on each minion, asked of the minions that have open jobs. */
async function runningProcesses(
  ctx: RunnerContext,
  open: readonly JobRecord[],
): Promise<Map<string, Map<string, unknown>>> {
  const minions = new Set(open.flatMap((job) => runningOn(ctx, job)))
  const found = new Map<string, Map<string, unknown>>()
  if (minions.size === 0) return found
  const outcomes = await ctx.publish({ tgt: [...minions], tgtType: 'list', fun: 'saltutil.running' })
  for (const { id, ret } of outcomes) {
    for (const job of Array.isArray(ret?.return) ? ret.return : []) {
      if (!isRecord(job) || typeof job.jid !== 'string') continue
      const processes = found.get(job.jid) ?? new Map<string, unknown>()
      found.set(job.jid, processes.set(id, job.pid))
    }
  }
  return found
}

/** Targets without a final state; the store lists those that have one. */
function runningOn(ctx: RunnerContext, { jid: id, minions }: JobRecord): string[] {
  const states = ctx.jobs.states(id)
  return minions.filter((minion) => states[minion] === undefined || states[minion] === 'running')
}

const listArguments = {
  search_metadata: s.optional(s.any('Mapping: jobs that have all of this metadata')),
  search_function: s.optional(s.any('Functions with shell-style patterns, as a list or with commas')),
  search_target: s.optional(s.any('Targets with shell-style patterns, as a list or with commas')),
  start_time: s.optional(s.any('Jobs that started at this time or later')),
  end_time: s.optional(s.any('Jobs that started at this time or earlier')),
}

export const jobs = defineRunner({
  name: 'jobs',
  doc: 'Tells of jobs that run or have run.',
  functions: {
    active: runnerFn({
      doc: 'List the jobs that run now, with the minions that they run on.',
      args: { display_progress: displayProgress },
      returns: jobRecords,
      examples: ['salt run jobs.active'],
      async run(ctx) {
        const open = ctx.jobs.open()
        const processes = await runningProcesses(ctx, open)
        const result: Record<string, unknown> = {}
        for (const job of open) {
          // What ended while the minions were asked is not active any more.
          const running = runningOn(ctx, job)
          if (running.length === 0) continue
          result[job.jid] = {
            ...described(job),
            StartTime: formatStartTime(job.jid),
            Running: running.map((minion) => ({ [minion]: processes.get(job.jid)?.get(minion) ?? null })),
            Returned: ctx.jobs
              .outcomes(job.jid)
              .filter(({ ret }) => ret !== undefined)
              .map(({ id }) => id),
          }
        }
        return result
      },
    }),
    lookup_jid: runnerFn({
      doc: 'Show what the minions returned for a job.',
      args: {
        jid,
        ext_source: extSource,
        returned: s.withDefault(s.boolean('Show the minions that returned'), true),
        missing: s.withDefault(s.boolean('Show the minions that did not return'), false),
        display_progress: displayProgress,
      },
      returns: s.record(s.any(), 'Minion → its result; under `data` with `outputter`, where the results ask for one'),
      examples: [
        'salt run jobs.lookup_jid 20260102030405060708',
        'salt run jobs.lookup_jid 20260102030405060708 missing=true',
      ],
      async run(ctx, args) {
        const { job, outcomes } = await find(ctx, args.jid, args.ext_source)
        // Who asks after a job that may wait wants to know whether it still does.
        const missing = args.missing || job?.queue !== undefined
        const shown = outcomes.filter(({ ret }) => (ret === undefined ? missing : args.returned))
        const data = Object.fromEntries(
          shown.map((outcome) => [outcome.id, outcome.ret?.return ?? missingText(outcome)]),
        )
        const outputter = shown.find(({ ret }) => ret !== undefined)?.ret?.out
        return outputter === undefined ? data : { outputter, data }
      },
    }),
    follow: runnerFn({
      doc: 'Take up a job again: show what has returned, and the rest as it comes, until the job ends. Its exit code is that of the job.',
      args: { jid },
      returns: s.record(s.string(), 'Minion → its state at the end'),
      examples: ['salt run jobs.follow 20260102030405060708'],
      outputter: 'quiet',
      run: (ctx, args) => follow(ctx, args.jid),
    }),
    list_queued: runnerFn({
      doc: 'List the jobs that wait for minions which are away, with the time when they expire.',
      returns: jobRecords,
      examples: ['salt run jobs.list_queued'],
      run(ctx) {
        const result: Record<string, unknown> = {}
        for (const job of ctx.jobs.open()) {
          const waiting = inState(ctx, job, 'queued')
          if (job.queue === undefined || waiting.length === 0) continue
          result[job.jid] = {
            ...described(job),
            StartTime: formatStartTime(job.jid),
            Expires: new Date(job.queue.expiresAt).toISOString(),
            Queued: waiting,
          }
        }
        return result
      },
    }),
    withdraw: runnerFn({
      doc: 'Take back a queued job, from all minions that it waits for or from some. What has been delivered goes on.',
      args: { jid, minions: s.optional(s.any('Ids, as a list or with commas')) },
      returns: s.array(s.string(), 'Minions that will not get it any more'),
      examples: [
        'salt run jobs.withdraw 20260102030405060708',
        'salt run jobs.withdraw 20260102030405060708 web1,web2',
      ],
      run: (ctx, args) => [...ctx.withdraw(args.jid, words(args.minions))],
    }),
    list_job: runnerFn({
      doc: 'Show a job: what was asked of whom, and what came back.',
      args: { jid, ext_source: extSource, display_progress: displayProgress },
      returns: s.record(s.any()),
      examples: ['salt run jobs.list_job 20260102030405060708'],
      run: async (ctx, { jid: id, ext_source }) => ({ jid: id, ...detailed(id, await find(ctx, id, ext_source)) }),
    }),
    print_job: runnerFn({
      doc: 'Show a job under its id.',
      args: { jid, ext_source: extSource },
      returns: jobRecords,
      examples: ['salt run jobs.print_job 20260102030405060708'],
      run: async (ctx, { jid: id, ext_source }) => ({ [id]: detailed(id, await find(ctx, id, ext_source)) }),
    }),
    list_jobs: runnerFn({
      doc: 'List the jobs that the master remembers. Where several filters are given, a job must pass all of them.',
      args: {
        ext_source: extSource,
        outputter: s.optional(s.string('Accepted, and without effect here')),
        ...listArguments,
        display_progress: displayProgress,
      },
      returns: jobRecords,
      examples: [
        'salt run jobs.list_jobs',
        `salt run jobs.list_jobs search_function='test.*,cmd.run' search_target='web*'`,
        `salt run jobs.list_jobs start_time='2026-11-21 02:00' end_time='2026-11-21 04:00'`,
      ],
      run: async (ctx, args) => listed(await list(ctx, filterOf(args), args.ext_source)),
    }),
    list_jobs_filter: runnerFn({
      doc: 'List the newest jobs.',
      args: {
        count: s.integer('How many', { minimum: 1 }),
        filter_find_job: s.withDefault(s.boolean('Leave out jobs that only ask after other jobs'), true),
        ext_source: extSource,
        outputter: s.optional(s.string('Accepted, and without effect here')),
        display_progress: displayProgress,
      },
      returns: jobRecords,
      examples: ['salt run jobs.list_jobs_filter 10'],
      async run(ctx, { count, filter_find_job, ext_source }) {
        const newest = await list(ctx, { limit: filter_find_job ? count * 2 + 100 : count }, ext_source)
        const kept = filter_find_job ? newest.filter(({ fun }) => fun !== 'saltutil.find_job') : newest
        return listed(kept.slice(-count))
      },
    }),
    last_run: runnerFn({
      doc: 'Show the newest job.',
      args: {
        ext_source: extSource,
        outputter: s.optional(s.string('Accepted, and without effect here')),
        metadata: s.optional(s.any('Mapping: a job that has all of this metadata')),
        function: s.optional(s.any('Functions with shell-style patterns')),
        target: s.optional(s.any('Targets with shell-style patterns')),
        display_progress: displayProgress,
      },
      returns: s.union([jobRecords, s.boolean()], 'The job under its id; false where there is none'),
      examples: ['salt run jobs.last_run', 'salt run jobs.last_run function=cmd.run'],
      async run(ctx, args) {
        const filter = filterOf({
          search_metadata: args.metadata,
          search_function: args.function,
          search_target: args.target,
        })
        const newest = (await list(ctx, { ...filter, limit: 1 }, args.ext_source)).at(-1)
        if (newest === undefined) return false
        return { [newest.jid]: detailed(newest.jid, await find(ctx, newest.jid, args.ext_source)) }
      },
    }),
    master: runnerFn({
      doc: 'List the runners and wheel functions that run inside the master now, this one not.',
      returns: s.array(s.record(s.any()), 'Each with jid, fun, arg, user and pid'),
      examples: ['salt run jobs.master'],
      run: (ctx) =>
        ctx
          .running()
          .filter((run) => run.jid !== ctx.jid)
          .map((run) => ({ ...run, arg: [...run.arg], pid: process.pid })),
    }),
    exit_success: runnerFn({
      doc: 'Tell for each minion of a job whether it returned something that counts as true.',
      args: { jid, ext_source: extSource },
      returns: s.record(s.boolean()),
      examples: ['salt run jobs.exit_success 20260102030405060708'],
      async run(ctx, args) {
        const { outcomes } = await find(ctx, args.jid, args.ext_source)
        return Object.fromEntries(outcomes.map(({ id, ret }) => [id, Boolean(ret?.return)]))
      },
    }),
  },
})
