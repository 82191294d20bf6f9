import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, type StateDefinition, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'

const name = s.string('Name of the job')
const persist = s.withDefault(s.boolean('Keep the change in the file, for the next start of the minion'), true)

type Given = Readonly<Record<string, unknown>>

async function currentJobs(ctx: StateContext): Promise<Given> {
  const jobs = await ctx.salt('schedule.list', [], { show_all: true, return_yaml: false })
  return isRecord(jobs) ? jobs : {}
}

interface Answer {
  readonly result: boolean
  readonly comment: string
  readonly changes: Given
}

async function call(ctx: StateContext, fun: string, job: string, given: Given): Promise<Answer> {
  const answer = await ctx.salt(`schedule.${fun}`, [job], given)
  const { result, comment, changes } = isRecord(answer) ? answer : {}
  return {
    result: result === true,
    comment: Array.isArray(comment) ? comment.join('\n') : pythonString(comment ?? ''),
    changes: isRecord(changes) ? changes : {},
  }
}

/** Asks the function what it would do; when it is done, the comment is that of the state. */
async function planCall(
  ctx: StateContext,
  { fun, job, given, comment, changes }: Given & Record<'fun' | 'job' | 'comment', string> & { given: Given },
): Promise<StatePlan> {
  const preview = await call(ctx, fun, job, { ...given, test: true })
  if (!preview.result) return impossible(preview.comment)
  return pending({
    comment: preview.comment,
    changes: isRecord(changes) ? changes : preview.changes,
    async apply() {
      const answer = await call(ctx, fun, job, { ...given, test: false })
      return answer.result ? done(comment, answer.changes) : failed(answer.comment, answer.changes)
    },
  })
}

async function planPresent(ctx: StateContext, job: string, given: Given): Promise<StatePlan> {
  const current = await currentJobs(ctx)
  if (!Object.hasOwn(current, job)) {
    const changes = { [job]: 'added' }
    return await planCall(ctx, { fun: 'add', job, given, comment: `Adding new job ${job} to schedule`, changes })
  }
  const wanted = await ctx.salt('schedule.build_schedule_item', [job], given)
  if (isRecord(wanted) && wanted.result === false) return impossible(pythonString(wanted.comment))
  if (isDeepStrictEqual(wanted, current[job])) return right(`Job ${job} in correct state`)
  return await planCall(ctx, { fun: 'modify', job, given, comment: `Modifying job ${job} in schedule` })
}

async function planAbsent(ctx: StateContext, job: string, given: Given): Promise<StatePlan> {
  if (!Object.hasOwn(await currentJobs(ctx), job)) return right(`Job ${job} not present in schedule`)
  const changes = { [job]: 'removed' }
  return await planCall(ctx, { fun: 'delete', job, given, comment: `Removed job ${job} from schedule`, changes })
}

function switching(on: boolean): StateDefinition {
  const verb = on ? 'enable' : 'disable'
  const word = on ? 'Enabled' : 'Disabled'
  return state({
    doc: on ? 'Let a job of the schedule run.' : 'Let a job of the schedule not run.',
    args: { name, persist },
    examples: [`job1:\n  schedule.${verb}d`],
    async plan(ctx, { name: job, persist: keeps }) {
      const current = (await currentJobs(ctx))[job]
      if (current === undefined) return right(`Job ${job} not present in schedule`)
      if (isRecord(current) && current.enabled === on) return right(`Job ${job} is ${verb}d already`)
      const changes = { [job]: `${verb}d` }
      const comment = `${word} job ${job} from schedule`
      return await planCall(ctx, { fun: `${verb}_job`, job, given: { persist: keeps }, comment, changes })
    },
  })
}

export const schedule = defineStates({
  name: 'schedule',
  doc: 'Keeps the jobs that a minion runs by itself.',
  functions: {
    present: state({
      doc: 'Have a job in the schedule, with these options and no others.',
      args: {
        name,
        function: s.optional(s.string('The function that it runs')),
        job_args: s.optional(s.any('Arguments of the function, as a list')),
        job_kwargs: s.optional(s.any('Keyword arguments of the function')),
        seconds: s.optional(s.any('Run every so many seconds')),
        minutes: s.optional(s.any('Run every so many minutes')),
        hours: s.optional(s.any('Run every so many hours')),
        days: s.optional(s.any('Run every so many days')),
        when: s.optional(s.any('Run at these times: a date, or a list')),
        cron: s.optional(s.any('Run when this line of cron says')),
        persist,
      },
      extra: s.any('Any other option of a job: splay, range, once, enabled, maxrunning, returner, return_job …'),
      examples: [
        'job3:\n  schedule.present:\n    - function: test.ping\n    - seconds: 3600\n    - splay: 10',
        "every morning:\n  schedule.present:\n    - function: state.apply\n    - job_args: [httpd]\n    - job_kwargs:\n        test: True\n    - cron: '0 6 * * *'",
      ],
      plan(ctx, { name: job, ...want }, { extra }) {
        const given = Object.entries({ ...want, ...extra }).filter(([, value]) => value !== undefined)
        return planPresent(ctx, job, Object.fromEntries(given))
      },
    }),
    absent: state({
      doc: 'Have no such job in the schedule.',
      args: { name, persist },
      extra: s.any('Accepted, and without effect: so that options need not be removed with the job'),
      examples: ['job1:\n  schedule.absent'],
      plan: (ctx, { name: job, persist: keeps }) => planAbsent(ctx, job, { persist: keeps }),
    }),
    enabled: switching(true),
    disabled: switching(false),
  },
})
