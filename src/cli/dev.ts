/** `salt dev`: a fleet in one terminal, gone without a trace at the end. */
import { commonOptions } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer } from './options/option.ts'
import { parseCommand, usageError } from './parse-command.ts'

const defaultMinions = 2
const mostMinions = 50
const fleetOptions = commonOptions.filter(({ names }) => !names.includes('--config-dir'))

export const spec: CommandSpec = {
  name: 'salt dev',
  usage: '[options]',
  about:
    'Runs a master and two minions on this machine, in a temporary folder and on loopback, with their keys accepted, and prints what to type. Ctrl-C ends them and removes the folder.',
  groups: [
    {
      title: 'Options',
      options: [
        ...fleetOptions,
        flag(['--demo'], 'Run a few commands against the fleet, print them with their output, and end.'),
        integer(['--minions'], 'NUMBER', 'How many minions; 2 when left out.'),
        flag(['--keep'], 'Leave the folder at the end.'),
      ],
    },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt dev', doc: 'A fleet until Ctrl-C' },
    { line: 'salt dev --demo', doc: 'See it at work' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const minions = options.integer('minions') ?? defaultMinions
  if (words.length > 0) return usageError(spec, `'${words[0]}' is too much: it takes options only`)
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
