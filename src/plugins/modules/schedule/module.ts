import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { asRecord, attempt } from '../../../engine/functions/keeper-functions.ts'
import { defineModule, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { standardTimeFormat } from '../../../engine/schedule/time-format.ts'
import { ask } from './access.ts'
import { addJob, deleteJob, modifyJob, purgeJobs } from './changing.ts'
import { buildJob } from './job-item.ts'
import { listJobs, listText } from './listing.ts'
import { moveTime, reloadJobs, runJob, saveJobs, sendJob, switchAll, switchJob } from './steering.ts'

const name = s.string('Name of the job')
const options = s.any(
  'test: change nothing; persist: keep the change in the file (true); offline: change the file alone',
)
const jobOptions = s.any('Options of the job, with job_args and job_kwargs for its arguments; test, persist, offline')
const returns = s.record(s.any(), 'result, comment, and changes')
const timeFormat = s.withDefault(s.string('Form of the times, as for strptime'), standardTimeFormat)

function switching(on: boolean): Record<string, FunctionDefinition> {
  const verb = on ? 'enable' : 'disable'
  return {
    [verb]: fn({
      doc: on ? 'Let the schedule run again.' : 'Let no job of the schedule run.',
      extra: options,
      returns,
      examples: [`salt '*' schedule.${verb}`],
      run: (ctx, _args, { extra }) =>
        asRecord(attempt(`Failed to ${verb} schedule on minion`, () => switchAll(ctx, on, withoutPublication(extra)))),
    }),
    [`${verb}_job`]: fn({
      doc: on ? 'Let a job run again.' : 'Let a job run no more.',
      args: { name },
      extra: options,
      returns,
      examples: [`salt '*' schedule.${verb}_job job1`],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to ${verb} job ${args.name} in schedule`, () =>
            switchJob(ctx, args.name, on, withoutPublication(extra)),
          ),
        ),
    }),
  }
}

function sending(moves: boolean): FunctionDefinition {
  const verb = moves ? 'move' : 'copy'
  return fn({
    doc: moves ? 'Give a job to other minions, and have it no more.' : 'Give a job to other minions, too.',
    args: { name, target: s.string('Which minions; the master has to permit schedule.add by peer') },
    extra: s.any('test: change nothing'),
    returns,
    examples: [`salt web1 schedule.${verb} job1 'db*'`],
    run: (ctx, args, { extra }) => asRecord(sendJob(ctx, { ...args, moves }, withoutPublication(extra))),
  })
}

export const schedule = defineModule({
  name: 'schedule',
  doc: 'Shows and changes the jobs that a minion runs by itself. Changes reach the running minion, and outlive it.',
  functions: {
    list: fn({
      doc: 'List the scheduled jobs.',
      args: {
        show_all: s.withDefault(s.boolean('Show the jobs of the minion itself, too'), false),
        show_disabled: s.withDefault(s.boolean('Show disabled jobs'), true),
        where: s.optional(s.literal(['opts', 'pillar'], 'Only jobs of the configuration, or of pillar')),
        return_yaml: s.withDefault(s.boolean('As YAML text, with whether each is saved; else as a mapping'), true),
        offline: s.withDefault(s.boolean('What is saved, whether a minion runs or not'), false),
      },
      returns: s.any('YAML text, or a mapping'),
      examples: ["salt '*' schedule.list", "salt '*' schedule.list show_all=True return_yaml=False"],
      async run(ctx, { return_yaml: asText, ...listing }) {
        const jobs = await listJobs(ctx, listing)
        return asText ? listText(ctx, jobs) : jobs
      },
    }),
    is_enabled: fn({
      doc: 'Tell whether the schedule is enabled, or show a job.',
      args: { name: s.optional(name) },
      returns: s.any('True or false; the job, or an empty mapping where there is none'),
      examples: ["salt '*' schedule.is_enabled", "salt '*' schedule.is_enabled name=job1"],
      async run(ctx, args) {
        const jobs = await listJobs(ctx, { show_all: false, show_disabled: true, offline: false })
        return args.name === undefined || args.name === '' ? (jobs.enabled ?? true) : (jobs[args.name] ?? {})
      },
    }),
    build_schedule_item: fn({
      doc: 'Show the job that schedule.add would add.',
      args: { name },
      extra: jobOptions,
      returns: s.record(s.any(), 'The job; result and comment where it cannot be built'),
      examples: ["salt '*' schedule.build_schedule_item job1 function=test.ping seconds=3600"],
      run(ctx, args, { extra }) {
        const built = buildJob(ctx, args.name, withoutPublication(extra))
        return 'job' in built ? built.job : { comment: built.fault, result: false }
      },
    }),
    add: fn({
      doc: 'Add a job.',
      args: { name },
      extra: jobOptions,
      returns,
      examples: [
        "salt '*' schedule.add job1 function=test.ping seconds=3600",
        "salt '*' schedule.add job2 function=cmd.run job_args='[uptime]' cron='*/5 * * * *'",
      ],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to add job ${args.name} to schedule`, () =>
            addJob(ctx, args.name, withoutPublication(extra)),
          ),
        ),
    }),
    modify: fn({
      doc: 'Put another job in the place of one. Of the old one only the function stays where no other is given.',
      args: { name },
      extra: jobOptions,
      returns,
      examples: ["salt '*' schedule.modify job1 function=test.ping seconds=600"],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to modify job ${args.name} in schedule`, () =>
            modifyJob(ctx, args.name, withoutPublication(extra)),
          ),
        ),
    }),
    delete: fn({
      doc: 'Delete a job.',
      args: { name },
      extra: options,
      returns,
      examples: ["salt '*' schedule.delete job1"],
      run: (ctx, args, { extra }) =>
        asRecord(
          attempt(`Failed to delete job ${args.name} from schedule`, () =>
            deleteJob(ctx, args.name, withoutPublication(extra)),
          ),
        ),
    }),
    purge: fn({
      doc: 'Delete all jobs but those of the minion itself.',
      extra: options,
      returns,
      examples: ["salt '*' schedule.purge"],
      run: (ctx, _args, { extra }) =>
        asRecord(attempt('Failed to delete the jobs from schedule', () => purgeJobs(ctx, withoutPublication(extra)))),
    }),
    run_job: fn({
      doc: 'Run a job now.',
      args: { name, force: s.withDefault(s.boolean('Also where it is disabled'), false) },
      returns,
      examples: ["salt '*' schedule.run_job job1"],
      run: (ctx, args) =>
        asRecord(attempt(`Failed to run job ${args.name} on minion`, () => runJob(ctx, args.name, args.force))),
    }),
    ...switching(true),
    ...switching(false),
    save: fn({
      doc: 'Keep all jobs in the file that outlives the minion, those of pillar excepted.',
      extra: options,
      returns,
      examples: ["salt '*' schedule.save"],
      run: (ctx, _args, { extra }) =>
        asRecord(attempt('Failed to save schedule', () => saveJobs(ctx, withoutPublication(extra)))),
    }),
    reload: fn({
      doc: 'Take the jobs of the file again that outlives the minion.',
      returns,
      examples: ["salt '*' schedule.reload"],
      run: (ctx) => asRecord(attempt('Failed to reload schedule on minion', () => reloadJobs(ctx))),
    }),
    move: sending(true),
    copy: sending(false),
    postpone_job: fn({
      doc: 'Run a job at another time than the planned one, once.',
      args: {
        name,
        current_time: s.string('The planned time, as schedule.show_next_fire_time tells it'),
        new_time: s.string('The time to run at'),
        time_fmt: timeFormat,
      },
      extra: s.any('test: change nothing'),
      returns,
      examples: ["salt '*' schedule.postpone_job job1 2026-01-07T14:30:00 2026-01-07T16:00:00"],
      run: (ctx, { name: job, current_time: time, new_time, time_fmt }, { extra }) =>
        asRecord(
          attempt(`Failed to postpone job ${job} in schedule`, () =>
            moveTime(ctx, { func: 'postpone_job', name: job, time, new_time, time_fmt }, withoutPublication(extra)),
          ),
        ),
    }),
    skip_job: fn({
      doc: 'Leave out one run of a job.',
      args: {
        name,
        current_time: s.string('The planned time, as schedule.show_next_fire_time tells it'),
        time_fmt: timeFormat,
      },
      extra: s.any('test: change nothing'),
      returns,
      examples: ["salt '*' schedule.skip_job job1 2026-01-07T14:30:00"],
      run: (ctx, { name: job, current_time: time, time_fmt }, { extra }) =>
        asRecord(
          attempt(`Failed to skip job ${job} in schedule`, () =>
            moveTime(ctx, { func: 'skip_job', name: job, time, time_fmt }, withoutPublication(extra)),
          ),
        ),
    }),
    show_next_fire_time: fn({
      doc: 'Tell when a job runs next.',
      args: { name },
      extra: s.any('Accepted, and without effect here'),
      returns: s.record(s.any(), 'result, and next_fire_time in local time'),
      examples: ["salt '*' schedule.show_next_fire_time job1"],
      async run(ctx, args) {
        const answer = await ask(ctx, { func: 'get_next_fire_time', name: args.name })
        return { result: true, next_fire_time: answer.next_fire_time ?? null }
      },
    }),
    job_status: fn({
      doc: 'Show a job with what is known of its runs.',
      args: { name, time_fmt: timeFormat },
      returns: s.record(s.any(), 'Empty where there is no such job'),
      examples: ["salt '*' schedule.job_status job1"],
      async run(ctx, args) {
        const answer = await ask(ctx, { func: 'job_status', ...args })
        return { ...answer.data }
      },
    }),
  },
})
