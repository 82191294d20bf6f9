/** `salt dev`: a fleet in one terminal, gone without a trace at the end; and `salt dev schema`, for editors. */
import { commonOptions } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, text } from './options/option.ts'
import { parseCommand, usageError } from './parse-command.ts'

const defaultMinions = 2
const mostMinions = 50
const fleetOptions = commonOptions.filter(({ names }) => !names.includes('--config-dir'))

export const spec: CommandSpec = {
  name: 'salt dev',
  usage: '[options] [schema]',
  operands: [['schema']],
  about:
    'Runs a master and two minions on this machine, in a temporary folder and on loopback, with their keys accepted, and prints what to type. Ctrl-C ends them and removes the folder. `salt dev schema` prints the JSON Schema of SLS files instead, by which editors complete and check them.',
  groups: [
    {
      title: 'Options',
      options: [
        ...fleetOptions,
        flag(['--demo'], 'Run a few commands against the fleet, print them with their output, and end.'),
        integer(['--minions'], 'NUMBER', 'How many minions; 2 when left out.'),
        flag(['--keep'], 'Leave the folder at the end.'),
        text(['--state'], 'STATE', 'With schema: only what stands below this state, such as file.managed.'),
        text(
          ['--own'],
          'NAME',
          'With schema: a family of states of your own, from _states; may be given several times.',
          {
            kind: 'list',
          },
        ),
      ],
    },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt dev', doc: 'A fleet until Ctrl-C' },
    { line: 'salt dev --demo', doc: 'See it at work' },
    { line: 'salt dev schema > sls.schema.json', doc: 'What an editor needs to complete SLS files' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  if (words[0] === 'schema') {
    if (words.length > 1) return usageError(spec, `'${words[1]}' is too much: a single state is given with --state`)
    const { printSchema } = await import('./dev/schema.ts')
    return await printSchema({ state: options.text('state'), own: options.list('own') })
  }
  if (options.has('state') || options.has('own')) return usageError(spec, '--state and --own go with schema')
  const minions = options.integer('minions') ?? defaultMinions
  if (words.length > 0) return usageError(spec, `'${words[0]}' is too much: it takes options, or the word schema`)
  if (minions < 0 || minions > mostMinions) return usageError(spec, `--minions takes a number from 0 to ${mostMinions}`)
  if (minions === 0 && options.has('demo')) return usageError(spec, '--demo needs a minion')
  const { DevFleet } = await import('./dev/fleet.ts')
  const { runDemo } = await import('./dev/demo.ts')
  await using fleet = await DevFleet.start(minions, options)
  if (options.has('demo')) return await runDemo(fleet)
  process.stdout.write(fleet.welcome())
  await fleet.untilSignal()
  return 0
}
