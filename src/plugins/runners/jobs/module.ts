import { s } from '../../../base/schema.ts'
import { formatStartTime } from '../../../engine/jobs/jid.ts'
import { defineRunner, runnerFn } from '../../../engine/plugin.ts'
import { filterOf, searchArguments, words } from './job-search.ts'
import { described, detailed, listed, missingText } from './job-texts.ts'
import { followJob, inState, runningOn, runningProcesses } from './open-jobs.ts'
import { findJob, listJobs } from './remembered-jobs.ts'

const jid = s.string('Job id')
const extSource = s.optional(
  s.string('The returner to read from, instead of the store of the master and of what it has configured besides'),
)
const displayProgress = s.withDefault(s.boolean('Accepted, and without effect here'), false)
const jobRecords = s.record(s.any(), 'Job id → the job')

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
        const { job, outcomes } = await findJob(ctx, args.jid, args.ext_source)
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
      run: (ctx, args) => followJob(ctx, args.jid),
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
      run: async (ctx, { jid: id, ext_source }) => ({ jid: id, ...detailed(id, await findJob(ctx, id, ext_source)) }),
    }),
    print_job: runnerFn({
      doc: 'Show a job under its id.',
      args: { jid, ext_source: extSource },
      returns: jobRecords,
      examples: ['salt run jobs.print_job 20260102030405060708'],
      run: async (ctx, { jid: id, ext_source }) => ({ [id]: detailed(id, await findJob(ctx, id, ext_source)) }),
    }),
    list_jobs: runnerFn({
      doc: 'List the jobs that the master remembers. Where several filters are given, a job must pass all of them.',
      args: {
        ext_source: extSource,
        outputter: s.optional(s.string('Accepted, and without effect here')),
        ...searchArguments,
        display_progress: displayProgress,
      },
      returns: jobRecords,
      examples: [
        'salt run jobs.list_jobs',
        `salt run jobs.list_jobs search_function='test.*,cmd.run' search_target='web*'`,
        `salt run jobs.list_jobs start_time='2026-11-21 02:00' end_time='2026-11-21 04:00'`,
      ],
      run: async (ctx, args) => listed(await listJobs(ctx, filterOf(args), args.ext_source)),
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
        const newest = await listJobs(ctx, { limit: filter_find_job ? count * 2 + 100 : count }, ext_source)
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
        const newest = (await listJobs(ctx, { ...filter, limit: 1 }, args.ext_source)).at(-1)
        if (newest === undefined) return false
        return { [newest.jid]: detailed(newest.jid, await findJob(ctx, newest.jid, args.ext_source)) }
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
        const { outcomes } = await findJob(ctx, args.jid, args.ext_source)
        return Object.fromEntries(outcomes.map(({ id, ret }) => [id, Boolean(ret?.return)]))
      },
    }),
  },
})
