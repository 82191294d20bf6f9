import { flag, type OptionSpec, text } from './option.ts'

/** What every command knows. */
export const commonOptions: readonly OptionSpec[] = [
  flag(['--version'], 'Print the version and end.'),
  flag(['-V', '--versions-report'], 'Print the versions of the program, its libraries and this system, and end.'),
  flag(['-h', '--help'], 'Print this help and end.'),
  text(['-c', '--config-dir'], 'DIR', 'Folder of the configuration; otherwise $SALT_CONFIG_DIR, else /etc/salt.'),
  text(['--saltfile'], 'FILE', 'Not supported.', {
    refused: 'there are no Saltfiles; give the options on the command line',
  }),
  flag(['--hard-crash'], 'Accepted: an error shows its stack with `-l debug`.'),
]

export const noParse = text(
  ['--no-parse'],
  'NAMES',
  'Names of keyword arguments, with commas between them, whose values are taken as text as they stand.',
)

export const noProgress = flag(
  ['--no-progress'],
  'Show no line on the terminal that says what is being done until the result is there.',
  { isOurs: true },
)

export const argsStdin = flag(['--args-stdin'], 'Read more options and arguments from standard input, one a line.')

export const userOption = text(['-u', '--user'], 'USER', 'Run as this system user. Needs to be started by root.')

/** Salt's external authentication. The local bus asks for its key file instead. */
export const eauthOptions: readonly OptionSpec[] = (
  [
    [['-a', '--auth', '--eauth', '--external-auth'], 'EAUTH'],
    [['-T', '--make-token'], undefined],
    [['--username'], 'NAME'],
    [['--password'], 'PASSWORD'],
  ] as const
).map(([names, value]) => {
  const refused = 'external authentication is not supported here; whoever may read the bus key may give orders'
  return value === undefined
    ? flag(names, 'Not supported.', { refused })
    : text(names, value, 'Not supported.', { refused })
})
