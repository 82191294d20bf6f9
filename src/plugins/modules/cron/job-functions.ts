/** Setting and removing jobs. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { assertOneLine, changeCrontab } from './crontab.ts'
import { changed, fresh, hasTimes, isMatch, isSame, settledTimes } from './match.ts'
import { type Entry, timeFields } from './tab.ts'

export const user = s.string('Whose crontab')
const cmd = s.command('The command')
const commented = s.withDefault(s.boolean('Write the job as a comment, so that it does not run'), false)
const comment = s.optional(s.text('What stands above the job'))
const identifier = s.optional(s.string('Name of the job, by which it is found when its command changes'))
const outcome = s.string('new, updated, present, or what crontab complained about')
const removal = s.string('removed, absent, or what crontab complained about')

const when = (what: string) =>
  s.string(`${what}, as in a crontab; random, or a range in quotes such as '10:20' to draw from`)
const whenLeft = (what: string) => s.optional(s.string(`Only where the ${what} is this`))

/** Puts an entry in place of the first that matches, or at the end, and tells what that is. */
function putEntry<E extends Entry>(
  entries: E[],
  matches: (entry: E) => boolean,
  make: (now: E | undefined) => E,
): string {
  const at = entries.findIndex(matches)
  const now = entries[at]
  const wanted = make(now)
  if (now === undefined) {
    entries.push(wanted)
    return 'new'
  }
  if (isSame(now, wanted)) return 'present'
  entries[at] = wanted
  return 'updated'
}

function removeFirst<E>(entries: E[], matches: (entry: E) => boolean): string {
  const at = entries.findIndex(matches)
  if (at < 0) return 'absent'
  entries.splice(at, 1)
  return 'removed'
}

function assertTime(value: string, what: string): void {
  if (/^\S+$/.test(value)) return
  throw new SaltError('bad-arguments', `${JSON.stringify(value)} cannot be the ${what} of a job`)
}

const setJob = fn({
  doc: 'Set a job of a crontab. What is said of it replaces what it has; a job without an identifier is found by its command.',
  args: {
    user,
    minute: when('Minute'),
    hour: when('Hour'),
    daymonth: when('Day of the month'),
    month: when('Month'),
    dayweek: when('Day of the week'),
    cmd,
    commented,
    comment,
    identifier,
  },
  returns: outcome,
  examples: ["salt '*' cron.set_job root '*' '*' '*' '*' 1 /usr/local/weekly"],
  run(ctx, args) {
    assertOneLine([args.cmd, args.identifier])
    for (const field of timeFields) assertTime(args[field], field)
    return changeCrontab(ctx, args.user, ({ crons }) =>
      putEntry(
        crons,
        (job) => isMatch(job, args.cmd, args.identifier),
        (job) => {
          const times = settledTimes(args, job)
          return job === undefined ? { ...times, ...fresh(args) } : { ...changed(job, args), ...times }
        },
      ),
    )
  },
})

const removeJobFields = {
  user,
  cmd,
  minute: whenLeft('minute'),
  hour: whenLeft('hour'),
  daymonth: whenLeft('day of the month'),
  month: whenLeft('month'),
  dayweek: whenLeft('day of the week'),
  identifier,
}

function removeJob(name: string, doc: string) {
  return fn({
    doc,
    args: removeJobFields,
    returns: removal,
    examples: [`salt '*' cron.${name} root /usr/local/weekly`, `salt '*' cron.${name} root /usr/bin/foo dayweek=1`],
    run: (ctx, args) =>
      changeCrontab(ctx, args.user, ({ crons }) =>
        removeFirst(crons, (job) => isMatch(job, args.cmd, args.identifier) && hasTimes(job, args)),
      ),
  })
}

export const jobFunctions = {
  set_job: setJob,
  rm_job: removeJob('rm_job', 'Remove a job of a crontab.'),
  rm: removeJob('rm', 'Remove a job of a crontab, as rm_job does.'),
  set_special: fn({
    doc: 'Set a job that runs at a moment with a name.',
    args: { user, special: s.string('@reboot, @hourly, @daily, …'), cmd, commented, comment, identifier },
    returns: outcome,
    examples: ["salt '*' cron.set_special root @hourly 'echo foobar'"],
    run(ctx, args) {
      assertOneLine([args.cmd, args.identifier])
      if (!/^@\w+$/.test(args.special)) {
        throw new SaltError('bad-arguments', `${JSON.stringify(args.special)} is not the name of a moment`, {
          hint: 'Use @reboot, @hourly, @daily, @weekly, @monthly or @yearly.',
        })
      }
      return changeCrontab(ctx, args.user, ({ special }) =>
        putEntry(
          special,
          (job) => isMatch(job, args.cmd, args.identifier),
          (job) => ({ ...(job === undefined ? fresh(args) : changed(job, args)), spec: args.special }),
        ),
      )
    },
  }),
  rm_special: fn({
    doc: 'Remove a job that runs at a moment with a name.',
    args: { user, cmd, special: s.optional(s.string('Only where the moment is this')), identifier },
    returns: removal,
    examples: ["salt '*' cron.rm_special root /usr/bin/foo"],
    run: (ctx, args) =>
      changeCrontab(ctx, args.user, ({ special }) =>
        removeFirst(
          special,
          (job) => isMatch(job, args.cmd, args.identifier) && (args.special === undefined || args.special === job.spec),
        ),
      ),
  }),
  set_env: fn({
    doc: 'Set a variable of a crontab.',
    args: { user, name: s.string('Name of the variable'), value: s.optional(s.string('Its value; empty by default')) },
    returns: outcome,
    examples: ["salt '*' cron.set_env root MAILTO user@example.com"],
    run(ctx, args) {
      assertOneLine([args.name, args.value])
      const name = args.name
      if (!/^\w+$/.test(name)) {
        throw new SaltError('bad-arguments', `${JSON.stringify(name)} cannot be the name of a variable`)
      }
      const value = args.value === undefined || args.value === '' ? '""' : args.value
      return changeCrontab(ctx, args.user, ({ env }) => {
        const at = env.findIndex((variable) => variable.name === name)
        if (env[at]?.value === value) return 'present'
        env.splice(at < 0 ? env.length : at, 1, { name, value })
        return at < 0 ? 'new' : 'updated'
      })
    },
  }),
  rm_env: fn({
    doc: 'Remove a variable of a crontab.',
    args: { user, name: s.string('Name of the variable') },
    returns: removal,
    examples: ["salt '*' cron.rm_env root MAILTO"],
    run: (ctx, args) =>
      changeCrontab(ctx, args.user, ({ env }) => removeFirst(env, (variable) => variable.name === args.name)),
  }),
}
