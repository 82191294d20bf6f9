/** `salt event`: the event bus of the master or of a minion, on the command line. */
import { argsStdin, commonOptions, noParse } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, type OptionSpec, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { parseCommand, usageError } from './parse-command.ts'

const eventForms = ['pretty', 'line', 'json'] as const
const matchWords = ['startswith', 'endswith', 'find', 'regex', 'fnmatch', 'glob'] as const

const shownOutputOptions = new Set(['--out-file', '--out-file-append'])

export const spec: CommandSpec = {
  name: 'salt event',
  usage: 'listen|send [options] [pattern | tag [data] [name=value …]]',
  operands: [['listen', 'send'], []],
  about:
    'Listens to the event bus of this master, or of this minion, and fires events on it. `listen` prints the events whose tag fits the pattern as they come, all without one, until Ctrl-C; it goes on when the daemon was started anew, and tells on stderr what is missing. `send` fires one event: DATA is a mapping, name=value adds to it.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        flag(['--minion'], 'The bus of the minion of this configuration folder, not that of the master.'),
        argsStdin,
        noParse,
      ],
    },
    {
      title: 'For listen',
      options: [
        text(
          ['--match'],
          'HOW',
          `How the pattern fits: ${matchWords.join(', ')}. Without it glob where the pattern has a * or a ?, else startswith.`,
          { choices: matchWords },
        ),
        integer(
          ['--count'],
          'NUMBER',
          'End after so many events. When Ctrl-C comes before, the exit code is 130, and 0 without a count.',
        ),
        text(['--timeout'], 'SECONDS', 'End after so many seconds; with 75 where --count asked for more.'),
        integer(
          ['--since'],
          'NUMBER',
          'Begin behind the event of this number, with those that the daemon has kept; 0 for all of them.',
        ),
        flag(['-q', '--quiet'], 'Say nothing on stderr of how it goes, only of events that are missing.'),
      ],
    },
    {
      title: 'Output',
      options: [
        text(
          ['--out', '--output'],
          'FORMAT',
          'pretty: tag and indented JSON; line: tag and JSON on one line; json: one JSON object a line, with tag, number (seq) and data. Pretty when left out.',
          { choices: eventForms },
        ),
        ...outputOptions.filter(isShown),
      ],
    },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt event listen', doc: 'Everything that happens' },
    { line: "salt event listen 'salt/job/*/ret/*' --out json", doc: 'The returns of all jobs, one JSON object a line' },
    { line: 'salt event listen salt/minion/web1/start --count 1 --timeout 60', doc: 'Wait for a minion' },
    { line: "salt event send my/deploy '{stage: done}' version=2", doc: 'Fire an event' },
    { line: 'salt event send --minion my/tag message=hello', doc: 'The same on the bus of the minion' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const [verb, ...rest] = words
  if (verb === 'listen') {
    if (rest.length > 1) return usageError(spec, 'one pattern at a time; quote it where the shell would replace it')
    return await (await import('./events/listen.ts')).listen(options, rest[0])
  }
  if (verb === 'send') {
    const [tag, ...data] = rest
    if (tag === undefined) return usageError(spec, 'send needs a tag')
    return await (await import('./events/send.ts')).send(options, tag, data)
  }
  return usageError(spec, 'say listen or send')
}

function isShown({ names }: OptionSpec): boolean {
  return names.some((name) => shownOutputOptions.has(name))
}
