import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { assertOperand, linesOf, mustRun, wordsOf } from '../../engine/functions/host-programs.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

const jobSchema = s.object({
  job: s.integer('Its number'),
  date: s.string('YYYY-MM-DD'),
  time: s.string('HH:MM:SS'),
  queue: s.string('A letter'),
  user: s.string(),
  tag: s.string('Empty: none'),
})

const jobs = s.array(jobSchema)
const jobsSchema = s.object({ jobs })

interface Job {
  job: number
  date: string
  time: string
  queue: string
  user: string
  tag: string
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `5	Sat Nov 21 10:46:00 2026 a root` */
function parseLine(line: string): Omit<Job, 'tag'> | undefined {
  const [job = '', , month = '', day = '', time = '', year = '', queue = '', user = ''] = wordsOf(line)
  const number = months.indexOf(month) + 1
  if (!/^\d+$/.test(job) || number === 0) return undefined
  const date = [year, String(number).padStart(2, '0'), day.padStart(2, '0')].join('-')
  return { job: Number(job), date, time, queue, user }
}

/** A job that was set with a tag has it in a comment of its script. */
async function tagOf(ctx: FunctionContext, job: number): Promise<string> {
  const { stdout } = await ctx.exec(['at', '-c', String(job)])
  return /^### SALT: (.*\S)/m.exec(stdout)?.[1] ?? ''
}

async function listJobs(ctx: FunctionContext): Promise<Job[]> {
  const { stdout } = await mustRun(ctx, ['atq'])
  const jobs: Job[] = []
  for (const line of linesOf(stdout)) {
    const job = parseLine(line)
    if (job !== undefined) jobs.push({ ...job, tag: await tagOf(ctx, job.job) })
  }
  return jobs
}

/** The jobs of a tag, or the one of a number. */
async function jobsOf(ctx: FunctionContext, tag: string): Promise<Job[]> {
  return (await listJobs(ctx)).filter((job) => job.tag === tag || String(job.job) === tag)
}

async function remove(ctx: FunctionContext, jobs: readonly Job[], tag: string | null) {
  const removed = jobs.map((job) => String(job.job))
  if (removed.length > 0) await mustRun(ctx, ['atrm', ...removed])
  return { jobs: { removed, tag } }
}

function tagLine(tag: unknown): string {
  if (tag === undefined || tag === null) return ''
  const text = String(tag).trim()
  if (/[\r\n\0]/.test(text)) throw new SaltError('bad-arguments', 'a tag must not have line breaks')
  return `### SALT: ${text}\n`
}

async function schedule(
  ctx: FunctionContext,
  timespec: string,
  command: readonly unknown[],
  { tag, runas }: { readonly tag?: unknown; readonly runas?: unknown },
) {
  assertOperand(timespec, 'a time for at')
  const stdin = `${tagLine(tag)}${command.map(String).join(' ')}\n`
  const { retcode, stderr } = await ctx.exec(['at', timespec], {
    stdin,
    ...(runas === undefined || runas === null ? {} : { runas: String(runas) }),
  })
  if (retcode !== 0) {
    ctx.setRetcode(retcode)
    const isTime = stderr.includes('bad time specification') || stderr.includes('Garbled time')
    return { jobs: [], error: isTime ? 'invalid timespec' : stderr.trim() }
  }
  // The shell may write about itself before: "warning: commands will be executed using /bin/sh".
  const job = /^job (\d+) at /m.exec(stderr)?.[1]
  return job === undefined ? { jobs: [], error: stderr.trim() } : { jobs: await jobsOf(ctx, job) }
}

const number = (what: string) => s.optional(s.integer(what))

export const at = defineModule({
  name: 'at',
  doc: 'Sets, shows and removes jobs that run once, with the program at.',
  available: ({ grains }) => grains.kernel !== 'Windows' || 'it works on POSIX systems only',
  functions: {
    atq: fn({
      doc: 'List the jobs that wait: all, or those of a tag, or the one of a number.',
      args: { tag: s.optional(s.string('Tag or number of a job')) },
      returns: jobsSchema,
      examples: ["salt '*' at.atq", "salt '*' at.atq backup"],
      run: async (ctx, args) => ({ jobs: args.tag === undefined ? await listJobs(ctx) : await jobsOf(ctx, args.tag) }),
    }),
    atrm: fn({
      doc: 'Remove jobs: those of given numbers, all of a tag, or all.',
      rest: s.any('Numbers of jobs; or all, and then a tag if not all are meant'),
      returns: s.object({
        jobs: s.object({
          removed: s.array(s.string(), 'Numbers of the jobs'),
          tag: s.union([s.string(), s.null()]),
        }),
      }),
      examples: ["salt '*' at.atrm 1 2 3", "salt '*' at.atrm all", "salt '*' at.atrm all backup"],
      async run(ctx, _args, { rest }) {
        const [first, tag, ...others] = rest.map(String)
        if (first === undefined) return { jobs: { removed: [], tag: null } }
        if (first === 'all')
          return remove(ctx, tag === undefined ? await listJobs(ctx) : await jobsOf(ctx, tag), tag ?? null)
        const wanted = [first, tag, ...others]
        const jobs = await listJobs(ctx)
        return remove(
          ctx,
          jobs.filter((job) => wanted.includes(String(job.job))),
          null,
        )
      },
    }),
    at: fn({
      doc: 'Set a job that runs once.',
      args: { timespec: s.optional(s.string('When, as the program at takes it: 12:05am, now + 5 minutes')) },
      rest: s.any('Words of the command'),
      extra: s.any('tag: a name for the job; runas: the user whose job it is'),
      returns: s.union([jobsSchema, s.object({ jobs, error: s.string() })]),
      examples: [
        "salt '*' at.at 12:05am '/sbin/reboot' tag=reboot",
        "salt '*' at.at '3:05am +3 days' 'bin/myscript' tag=nightly runas=jim",
      ],
      run(ctx, { timespec }, { rest, extra }) {
        return timespec === undefined || rest.length === 0 ? { jobs: [] } : schedule(ctx, timespec, rest, extra)
      },
    }),
    atc: fn({
      doc: 'Show the script of a job, with the environment that it runs in.',
      args: { jobid: s.integer('Number of the job') },
      returns: s.union([s.text(), s.object({ error: s.string() })]),
      examples: ["salt '*' at.atc 5"],
      async run(ctx, { jobid }) {
        const { stdout } = await ctx.exec(['at', '-c', String(jobid)])
        return stdout.trim() === '' ? { error: `invalid job id '${jobid}'` } : stdout.trimEnd()
      },
    }),
    jobcheck: fn({
      doc: 'List the jobs that wait and fit all that is given.',
      args: {
        runas: s.optional(s.string('User whose job it is')),
        tag: s.optional(s.string('Its tag')),
        hour: number('Hour when it runs'),
        minute: number('Minute when it runs'),
        day: number('Day of the month when it runs'),
        month: number('Month when it runs'),
        year: number('Year when it runs, with two digits or four'),
      },
      returns: s.union([jobsSchema, s.object({ jobs, note: s.string() }), s.object({ error: s.string() })]),
      examples: ["salt '*' at.jobcheck runas=jim day=13", "salt '*' at.jobcheck tag=rose hour=3 minute=5"],
      async run(ctx, args) {
        if (Object.values(args).every((value) => value === undefined)) return { error: 'You have given a condition' }
        const jobs = (await listJobs(ctx)).filter((job) => fits(job, args))
        return jobs.length === 0 ? { jobs, note: 'No match jobs or time format error' } : { jobs }
      },
    }),
  },
})

interface Condition {
  readonly runas?: string | undefined
  readonly tag?: string | undefined
  readonly hour?: number | undefined
  readonly minute?: number | undefined
  readonly day?: number | undefined
  readonly month?: number | undefined
  readonly year?: number | undefined
}

function fits(job: Job, { runas, tag, hour, minute, day, month, year }: Condition): boolean {
  const [jobYear, jobMonth, jobDay] = job.date.split('-').map(Number)
  const [jobHour, jobMinute] = job.time.split(':').map(Number)
  const fullYear = year !== undefined && year < 100 ? 2000 + year : year
  const pairs = [
    [runas, job.user],
    [tag, job.tag],
    [hour, jobHour],
    [minute, jobMinute],
    [day, jobDay],
    [month, jobMonth],
    [fullYear, jobYear],
  ]
  return pairs.every(([wanted, is]) => wanted === undefined || wanted === is)
}
