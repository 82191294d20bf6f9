/** `salt audit`: the record of who asked what of whom, and what was decided. */
import { SaltError } from '../base/errors.ts'
import { commonOptions } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { type OptionValues, parseCommand, usageError } from './parse-command.ts'
import { printerFor } from './printer.ts'

const standardCount = 10

export const spec: CommandSpec = {
  name: 'salt audit',
  usage: 'verify|tail [options] [files]',
  operands: [['verify', 'tail'], 'files'],
  about:
    'Reads the audit log of the master. `verify` finds lines that were changed, added, moved or taken away, and ends with 0 when there are none, with 1 when there are; without files it looks at the log of the configuration and at all that was put aside from it. `tail` prints the last lines.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        integer(['-n', '--lines'], 'NUMBER', `How many lines tail prints; ${standardCount} when left out.`),
        flag(['-f', '--follow'], 'Go on to print lines as they are added, until Ctrl-C.'),
        {
          ...text(
            ['--expect'],
            'NUMBER:HASH',
            'A line that verify named as the last one some time ago: its hash must still be this. May be given several times.',
          ),
          kind: 'list',
        },
      ],
    },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt audit verify', doc: 'Is the log as it was written?' },
    { line: 'salt audit tail -n 50', doc: 'What was asked for lately' },
    { line: 'salt audit tail -f --out json', doc: 'Every request as it is decided, as data' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const [verb, ...files] = words
  if (verb === 'verify') return await verify(options, files)
  if (verb === 'tail' && files.length === 0) return await tail(options)
  return usageError(spec, verb === 'tail' ? 'tail reads the log of the configuration only' : 'say verify or tail')
}

async function verify(options: OptionValues, files: readonly string[]): Promise<number> {
  const { verifyLog } = await import('./audit/verify-log.ts')
  const path = files.length === 0 ? await logPath(options) : ''
  return await verifyLog({ path, files, expected: options.list('expect') }, printerFor(options))
}

async function tail(options: OptionValues): Promise<number> {
  const { tailLog } = await import('./audit/tail-log.ts')
  const controller = new AbortController()
  const path = await logPath(options)
  const count = options.integer('lines') ?? standardCount
  if (count < 0) throw new SaltError('usage', 'a number of lines cannot be negative')
  const isFollowed = options.has('follow')
  if (isFollowed) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  await tailLog({ path, count, isFollowed }, printerFor(options), controller.signal)
  return 0
}

async function logPath(options: OptionValues): Promise<string> {
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  const { audit_file: path } = master.values
  if (path !== '') return path
  throw new SaltError('configuration', 'the master keeps no audit log: audit_file is empty', {
    where: master.where(['audit_file']) ?? master.configFile,
  })
}
