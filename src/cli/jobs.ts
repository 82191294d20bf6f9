/** `salt jobs [JID]`: what runs and has run lately, and following a job again. */
import { SaltError } from '../base/errors.ts'
import type { JobSummary } from '../client/api.ts'
import type { MasterBus } from '../client/master-bus.ts'
import type { ConfigView } from '../engine/config-view.ts'
import { terminalColumns } from './columns.ts'
import { commonOptions } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { type OptionValues, parseCommand, usageError } from './parse-command.ts'
import { printerFor } from './printer.ts'

export const spec: CommandSpec = {
  name: 'salt jobs',
  usage: '[options] [jid]',
  operands: ['jobs'],
  about:
    'Lists the jobs that run, that wait for minions, and that have ended lately. With a job id, takes that job up again: prints what has returned, then the rest as it comes, and ends as the command that began the job would have.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        integer(
          ['-n', '--number'],
          'NUMBER',
          'How many jobs to list; 20 when left out. Those that are open are listed all.',
        ),
        flag(['-s', '--static'], 'Print all returns together at the end.'),
        flag(['-p', '--progress'], 'Count the returns on the terminal as they come.'),
        flag(['-v', '--verbose'], 'Print the id of the job first.'),
        flag(['--hide-timeout'], 'Do not print minions that did not return; they still count for the exit code.'),
        flag(['--summary'], 'Print numbers at the end.'),
      ],
    },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt jobs', doc: 'What runs, and what has run lately' },
    { line: 'salt jobs 20261121025504701682', doc: 'Wait for a job that Ctrl-C or --async left running' },
    { line: 'salt jobs -n 5 --out json', doc: 'The newest jobs as data' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const [jid, ...more] = words
  if (more.length > 0) return usageError(spec, 'one job id at a time')
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  const { connectMasterBus } = await import('../client/master-bus.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  await using bus = await connectMasterBus({ sockDir: master.paths.sock_dir })
  return jid === undefined ? await list(bus, options) : await follow(bus, options, jid, master.view)
}

async function list(bus: Pick<MasterBus, 'call'>, options: OptionValues): Promise<number> {
  const limit = options.integer('number')
  if (limit !== undefined && limit < 0) throw new SaltError('usage', 'a number of jobs cannot be negative')
  const found = await bus.call('jobs', limit === undefined ? {} : { limit })
  const printer = printerFor(options)
  if (printer.outputter === undefined) {
    const { jobTable } = await import('./jobs/job-table.ts')
    const columns = process.stdout.isTTY === true && !options.has('out-file') ? terminalColumns() : undefined
    await printer.line(jobTable(found, Date.now(), columns))
  } else await printer.show(Object.fromEntries(found.map(({ jid, ...job }) => [jid, job])))
  return 0
}

export async function follow(
  bus: Pick<MasterBus, 'call'>,
  options: OptionValues,
  jid: string,
  config?: ConfigView,
): Promise<number> {
  const [job] = await bus.call('jobs', { jid })
  if (job === undefined) throw unknownJob(jid)
  const { JobReport } = await import('./publish/job-report.ts')
  const { RunningView } = await import('./publish/running-view.ts')
  const view = RunningView.onTerminal()
  const printer = printerFor(options, { view, ...(config === undefined ? {} : { config }) })
  const report = new JobReport({ options, view, printer, isDocs: isDocs(job) })
  return await report.follow((following) => bus.call('follow', { jid }, following))
}

function isDocs({ fun }: JobSummary): boolean {
  return fun === 'sys.doc'
}

function unknownJob(jid: string): SaltError {
  const hint = /^\d{20}/.test(jid)
    ? 'See `salt jobs` for those that it knows.'
    : 'See `salt jobs` for job ids: they have 20 digits.'
  return new SaltError('no-match', `the master knows no job ${jid}`, { hint })
}
