import { s } from '../../../base/schema.ts'
import { assertOperand } from '../../../engine/functions/host-programs.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import { crontabOf, readCrontab } from './crontab.ts'
import { jobFunctions, user } from './job-functions.ts'
import { parseTab, type Tab } from './tab.ts'

const orNull = (what: string) => s.union([s.string(), s.null()], what)

const entryFields = {
  cmd: s.string('The command'),
  comment: orNull('What stands above it'),
  commented: s.boolean('Whether it is a comment, and does not run'),
  identifier: orNull('By which it is found when its command changes'),
}

const jobSchema = s.object({
  minute: s.string(),
  hour: s.string(),
  daymonth: s.string(),
  month: s.string(),
  dayweek: s.string(),
  ...entryFields,
})

const tabSchema = s.object({
  pre: s.array(s.string(), "Lines that are not Salt's"),
  crons: s.array(jobSchema),
  special: s.array(s.object({ spec: s.string('@reboot, …'), ...entryFields })),
  env: s.array(s.object({ name: s.string(), value: s.string() })),
})

function shown({ pre, crons, special, env }: Tab) {
  return { pre, crons, special, env: [...env] }
}

function listTab(name: string, doc: string) {
  return fn({
    doc,
    args: { user },
    returns: tabSchema,
    examples: [`salt '*' cron.${name} root`],
    run: async (ctx, args) => shown(parseTab(await readCrontab(ctx, args.user))),
  })
}

const path = s.path('File that holds the crontab')

export const cron = defineModule({
  name: 'cron',
  doc: 'Tells and changes the crontabs of users with the program crontab.',
  available: ({ grains }) => grains.kernel !== 'Windows' || 'it works on POSIX systems only',
  functions: {
    ...jobFunctions,
    list_tab: listTab('list_tab', 'Show the crontab of a user: variables, jobs, and the lines that are not from Salt.'),
    ls: listTab('ls', 'Show the crontab of a user, as list_tab does.'),
    raw_cron: fn({
      doc: 'Show the crontab of a user as it is.',
      args: { user },
      returns: s.text(),
      examples: ["salt '*' cron.raw_cron root"],
      run: (ctx, args) => readCrontab(ctx, args.user),
    }),
    get_entry: fn({
      doc: 'Show a job of a crontab, by its identifier or its command; false where there is none.',
      args: {
        user,
        identifier: s.optional(s.string('Identifier of the job')),
        cmd: s.optional(s.command('Command of the job')),
      },
      returns: s.union([jobSchema, s.literal([false])]),
      examples: ["salt '*' cron.get_entry root identifier=task1"],
      async run(ctx, args) {
        const { crons } = parseTab(await readCrontab(ctx, args.user))
        return crons.find((job) => job.identifier === args.identifier || job.cmd === args.cmd) ?? false
      },
    }),
    write_cron_file: fn({
      doc: 'Put a file in place of the whole crontab of a user.',
      args: { user, path },
      returns: s.boolean(),
      examples: ["salt '*' cron.write_cron_file root /tmp/new_cron"],
      async run(ctx, args) {
        assertOperand(args.path, 'the path of a file')
        return (await ctx.exec([...(await crontabOf(ctx, args.user)), args.path])).retcode === 0
      },
    }),
    write_cron_file_verbose: fn({
      doc: 'Put a file in place of the whole crontab of a user, and show what crontab says.',
      args: { user, path },
      returns: s.object({ pid: s.integer(), retcode: s.integer(), stdout: s.text(), stderr: s.text() }),
      examples: ["salt '*' cron.write_cron_file_verbose root /tmp/new_cron"],
      async run(ctx, args) {
        assertOperand(args.path, 'the path of a file')
        const { pid, retcode, stdout, stderr } = await ctx.exec([...(await crontabOf(ctx, args.user)), args.path])
        return { pid, retcode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }
      },
    }),
  },
})
