/** `salt run RUNNER [ARGUMENTS]`: runs a runner inside the master. */
import { callingUser } from './calling-user.ts'
import { argsStdin, commonOptions, eauthOptions, noParse, userOption } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { type OptionValues, parseCommand, printHelp } from './parse-command.ts'
import { Printer, printerFor } from './printer.ts'
import { Interrupt } from './publish/interrupt.ts'

const incompleteExit = 64

export const spec: CommandSpec = {
  name: 'salt run',
  usage: '[options] <function> [arguments]',
  about: 'Runs a runner inside the master, prints what it shows on its way, and then its result.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        userOption,
        integer(['-t', '--timeout'], 'SECONDS', 'How long a runner that asks minions waits for silent ones.'),
        flag(['--async'], 'Print the id of the run and end, without waiting.'),
        flag(['-d', '--doc', '--documentation'], 'Print the documentation of runners whose name begins so, or all.'),
        flag(['--quiet'], 'Do not print the result.'),
        text(['--jid'], 'JID', 'Accepted: a run gets an id of its own.'),
        flag(['--skip-grains'], 'Accepted: the master has no grains.'),
        argsStdin,
        noParse,
      ],
    },
    { title: 'External authentication', options: eauthOptions },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt run manage.status', doc: 'Which minions are up, which are down' },
    { line: 'salt run jobs.list_jobs', doc: 'What was run lately' },
    { line: 'salt run jobs.lookup_jid 20261121025504701682', doc: 'What a job returned' },
    { line: 'salt run -d jobs', doc: 'The functions of the runner jobs' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const [fun = '', ...args] = words
  if (options.has('doc')) return await printDocs(options, fun)
  if (fun === '') {
    printHelp(spec)
    return incompleteExit
  }
  return await callRunner(options, fun, args)
}

async function callRunner(options: OptionValues, fun: string, words: readonly string[]): Promise<number> {
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  const user = options.text('user') ?? master.values.user
  if (user !== undefined) (await import('./become-user.ts')).becomeUser(user)
  const { parseWords } = await import('../engine/arguments/parse.ts')
  const arg = await parseWords(words, { noParse: options.text('no-parse')?.split(',') ?? [] })
  const printer = options.has('quiet') ? new Printer({ color: false, outputter: 'quiet' }) : printerFor(options)
  const { connectMasterBus } = await import('../client/master-bus.ts')
  await using bus = await connectMasterBus({ sockDir: master.paths.sock_dir })
  const timeout = options.integer('timeout')
  const interrupt = new Interrupt()
  try {
    const result = await bus.call(
      'runner',
      {
        fun,
        arg,
        user: callingUser(),
        detach: options.has('async'),
        ...(timeout === undefined ? {} : { timeout }),
      },
      { signal: interrupt.signal, onItem: ({ value, out }) => void printer.show(value, { out }) },
    )
    if (options.has('async')) {
      await printer.line(`Executed runner with job ID: ${result.jid}`)
      return 0
    }
    await printer.show(result.return, { out: result.out, retcode: result.retcode })
    return result.retcode === 0 && !result.success ? 1 : result.retcode
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    return Interrupt.tell('')
  } finally {
    interrupt.end()
  }
}

async function printDocs(options: OptionValues, begin: string): Promise<number> {
  const { PluginCatalogue } = await import('../engine/functions/catalogue.ts')
  const { runnerRegistry } = await import('../plugins/registry.ts')
  const { printDocsOf } = await import('./docs-of.ts')
  return await printDocsOf(
    new PluginCatalogue(runnerRegistry, { grains: {} }),
    begin,
    printerFor(options),
    'CLI Example',
  )
}
