import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../engine/state/plan.ts'

interface Wishes {
  readonly name: string
  readonly timespec: string
  readonly tag: string | undefined
  readonly user: string | undefined
  readonly job: string | undefined
  readonly unique_tag: boolean
}

/** Jobs as the functions of `at` list them. */
function jobsIn(answer: unknown): Record<string, unknown>[] {
  return isRecord(answer) && Array.isArray(answer.jobs) ? answer.jobs.filter(isRecord) : []
}

async function planPresent(ctx: StateContext, want: Wishes): Promise<StatePlan> {
  const { timespec, tag, user } = want
  const job = want.job ?? want.name
  if (want.unique_tag && tag === undefined) return impossible('no tag provided and unique_tag is set to True')
  if (want.unique_tag && jobsIn(await ctx.salt('at.atq', [tag])).length > 0) {
    return right(`atleast one job with tag ${tag} exists.`)
  }
  const comment = `job ${job} added and will run ${user === undefined ? '' : `as ${user} `}on ${timespec}`
  return pending({
    comment,
    changes: {},
    async apply() {
      if (user !== undefined) {
        const info = await ctx.salt('user.info', [user])
        if (!isRecord(info) || Object.keys(info).length === 0) return failed(`user ${user} does not exists`)
      }
      const more = { ...(tag === undefined ? {} : { tag }), ...(user === undefined ? {} : { runas: user }) }
      const answer = await ctx.salt('at.at', [timespec, job], more)
      if (isRecord(answer) && answer.error !== undefined) return failed(String(answer.error))
      return done(comment, jobsIn(answer)[0] ?? {})
    },
  })
}

interface AbsentWishes {
  readonly jobid: number | undefined
  readonly [condition: string]: unknown
}

async function planAbsent(ctx: StateContext, want: AbsentWishes): Promise<StatePlan> {
  const { name: _name, jobid, ...conditions } = want
  const given = Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined))
  const found = await waiting(ctx, jobid, given)
  if (found.length === 0) {
    return right(jobid === undefined ? 'removed 0 job(s)' : `job with id ${jobid} not present`)
  }
  return pending({
    comment: `removed ${found.length} job(s)`,
    changes: {},
    async apply() {
      const answer = await ctx.salt('at.atrm', found)
      const jobs = isRecord(answer) && isRecord(answer.jobs) ? answer.jobs : {}
      const removed = Array.isArray(jobs.removed) ? jobs.removed : []
      if (removed.length < found.length) return failed(`removed ${removed.length} job(s)`, { removed })
      return done(jobid === undefined ? `removed ${removed.length} job(s)` : `job with id ${jobid} was removed`, {
        removed,
      })
    },
  })
}

/** Numbers of the jobs that are meant. */
async function waiting(ctx: StateContext, jobid: number | undefined, conditions: Readonly<Record<string, unknown>>) {
  const answer =
    jobid === undefined && Object.keys(conditions).length > 0
      ? await ctx.salt('at.jobcheck', [], conditions)
      : await ctx.salt('at.atq')
  const jobs = jobsIn(answer).map(({ job }) => Number(job))
  return jobid === undefined ? jobs : jobs.filter((job) => job === jobid)
}

const presentArguments = {
  name: s.command('The command'),
  timespec: s.string('When, as the program at takes it: 9:09 11/04/15, now + 5 minutes'),
  tag: s.optional(s.string('A name for the job')),
  user: s.optional(s.string('Whose job it is')),
  job: s.optional(s.command('The command, in place of name')),
  unique_tag: s.withDefault(s.boolean('Add nothing where a job of this tag waits already'), false),
}

const number = (what: string) => s.optional(s.integer(what))

export const at = defineStates({
  name: 'at',
  doc: 'Sets and removes jobs that run once.',
  functions: {
    present: state({
      doc: 'Add a job that runs once. Each run adds another, but for unique_tag.',
      args: presentArguments,
      examples: [
        'rose:\n  at.present:\n    - job: echo "I love saltstack" > /root/love\n    - timespec: "9:09 11/09/30"\n    - tag: love\n    - unique_tag: true',
      ],
      plan: planPresent,
    }),
    absent: state({
      doc: 'Remove jobs that wait: those that all conditions fit, or all.',
      args: {
        name: s.string('Any text'),
        jobid: number('Number of the job'),
        tag: s.optional(s.string('Its tag')),
        runas: s.optional(s.string('Whose job it is')),
        hour: number('Hour when it runs'),
        minute: number('Minute when it runs'),
        day: number('Day of the month when it runs'),
        month: number('Month when it runs'),
        year: number('Year when it runs'),
      },
      examples: ['no roses:\n  at.absent:\n    - tag: rose\n    - hour: 5'],
      plan: (ctx, want) => planAbsent(ctx, want as unknown as AbsentWishes),
    }),
    watch: state({
      doc: 'Add a job that runs once when something that the state watches has changed.',
      args: presentArguments,
      examples: [
        'minion restart:\n  at.watch:\n    - job: salt call --local service.restart salt-minion\n    - timespec: now + 1 min\n    - watch:\n      - file: /etc/salt/minion',
      ],
      plan: () => right(''),
      watch: planPresent,
    }),
  },
})
