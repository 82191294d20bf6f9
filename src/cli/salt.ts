/** `salt TARGET FUNCTION [ARGUMENTS]`: runs a function on minions and prints what comes back. */

import { editDistance, nearest } from '../base/text.ts'
import type { MasterOptions } from '../engine/options/master-options.ts'
import { commands } from './commands.ts'
import { likelySlips } from './normalize-words.ts'
import { argsStdin, commonOptions, eauthOptions, noParse, noProgress } from './options/common.ts'
import { executorOptions } from './options/executors.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { returnerOptions } from './options/returners.ts'
import { targetOptions } from './options/target.ts'
import { type OptionValues, parseCommand, printHelp, usageError } from './parse-command.ts'
import { printerFor } from './printer.ts'
import { optionFault } from './publish/option-fault.ts'

const incompleteExit = 42

export const spec: CommandSpec = {
  name: 'salt',
  usage: "[options] '<target>' <function> [arguments]",
  operands: ['targets', 'functions'],
  about:
    'Runs a function on all minions that the target means, prints each return as it comes, and names the state of every minion that does not return.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        integer(
          ['-t', '--timeout'],
          'SECONDS',
          'How long a silent minion is waited for; 5 unless configured otherwise.',
        ),
        flag(['-s', '--static'], 'Print all returns together at the end.'),
        flag(
          ['-p', '--progress'],
          'Say on the terminal from the start who has not returned yet; without it, after a second.',
        ),
        noProgress,
        flag(['--async'], 'Print the id of the job and end, without waiting.'),
        integer(['--subset'], 'NUMBER', 'Use this many connected minions of the target, chosen at random.'),
        flag(['-v', '--verbose'], 'Print the id of the job first.'),
        flag(['--show-jid'], 'The same on one line.'),
        flag(['--hide-timeout'], 'Do not print minions that did not return; they still count for the exit code.'),
        text(['-b', '--batch', '--batch-size'], 'SIZE', 'Run on so many minions at a time: 5, or 10%.'),
        integer(['--batch-wait'], 'SECONDS', 'Wait so long after each return before the next minion begins.'),
        integer(['--batch-safe-limit'], 'NUMBER', 'Use batches by itself when the target means more minions.'),
        integer(['--batch-safe-size'], 'NUMBER', 'Size of these batches; 8 when left out.'),
        flag(['--failhard'], 'End a batch run at the first return that reports a failure.'),
        ...returnerOptions,
        flag(['-d', '--doc', '--documentation'], 'Print the documentation of functions, modules or everything.'),
        text(
          ['--args-separator'],
          'TEXT',
          'What stands between the arguments of several functions instead of a comma.',
        ),
        flag(['--summary'], 'Print numbers at the end.'),
        text(['--metadata'], 'MAPPING', 'Data of your own to be stored with the job.'),
        text(['--jid'], 'JID', 'Use this id for the job.'),
        text(
          ['--queue'],
          'TIME',
          'Let minions that are away run the job when they come, within this time: 90 (seconds), 30m, 12h, 7d; otherwise queue_ttl of the master.',
          { implied: '', isOurs: true },
        ),
        flag(['--preview-target'], 'Print which minions the target means, and run nothing.'),
        flag(['-H', '--hosts'], 'The same; without a target, all whose keys are accepted.'),
        flag(['--config-dump'], 'Print the configuration of the master, and run nothing.'),
        argsStdin,
        noParse,
      ],
    },
    { title: 'Kind of target (a glob for ids when none is given)', options: targetOptions },
    { title: 'Executors', options: executorOptions },
    { title: 'External authentication', options: eauthOptions },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: "salt '*' test.ping", doc: 'Who is there?' },
    { line: "salt 'web*' cmd.run 'df -h /' --out txt", doc: 'A shell command on all web servers' },
    { line: "salt -C 'G@os:Debian and not db*' test.version", doc: 'Debian machines that are no databases' },
    { line: "salt '*' test.ping,cmd.run , uptime", doc: 'Two functions in one job; the comma parts their arguments' },
    { line: "salt --queue=7d 'laptop*' pkg.upgrade", doc: 'Also those that are away now, if they come within a week' },
    {
      line: "salt '*' --return=master_bus --return_kwargs '{tag: mine}' status.loadavg",
      doc: 'Each return as an event of your own, for a program that waits for it',
    },
    { line: "salt -d '*' cmd.run", doc: 'What is cmd.run?' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options } = parsed
  const words = options.has('doc') ? docWords(parsed.words) : [...parsed.words]
  if (words === undefined) return usageError(spec, 'You can only get documentation for one method at one time.')
  const fault = optionFault(options)
  if (fault !== undefined) return usageError(spec, fault)
  if (options.has('config-dump')) return await dumpConfiguration(options)
  if (options.has('hosts') && words.length === 0) words.push('*')
  if (words.length === 0) return incomplete('Cannot execute command without defining a target.')
  const isPreview = options.has('preview-target') || options.has('hosts')
  if (words.length === 1 && !isPreview) return incomplete('Incomplete options passed.', words)
  const master = await masterOptions(options)
  return await publish(options, words, master)
}

async function publish(options: OptionValues, words: readonly string[], master: MasterOptions): Promise<number> {
  const { jobRequest } = await import('./publish/job-request.ts')
  const { connectMasterBus } = await import('../client/master-bus.ts')
  const { PublishCommand } = await import('./publish/publish-command.ts')
  const { RunningView } = await import('./publish/running-view.ts')
  const { runsStates } = await import('./state-progress.ts')
  const asked = await jobRequest(options, words, master.values.timeout)
  if (asked.ret !== '')
    await (await import('./publish/unknown-returners.ts')).tellUnknownReturners(asked.ret, master.values.file_roots)
  await using bus = await connectMasterBus({ sockDir: master.paths.sock_dir })
  const view = options.has('no-progress') ? undefined : RunningView.onTerminal()
  const looked = view !== undefined && runsStates(asked.fun) && !options.has('batch')
  const request = looked ? { ...asked, progress: true as const } : asked
  const printer = printerFor(options, { view, config: master.view, arg: request.arg })
  return await new PublishCommand({ bus, request, options, view, printer }).run()
}

async function masterOptions(options: OptionValues): Promise<MasterOptions> {
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  return await loadMasterOptions({ configDir: options.text('config-dir') })
}

/** With `-d` the function is `sys.doc`, and a missing target means everybody. Undefined when too much is asked for. */
function docWords(words: readonly string[]): string[] | undefined {
  const [tgt = '*', ...rest] = words
  const names = rest[0] === 'sys.doc' ? rest.slice(1) : rest
  return names.length > 1 ? undefined : [tgt, 'sys.doc', ...names]
}

function incomplete(message: string, [word = '']: readonly string[] = []): number {
  printHelp(spec)
  process.stderr.write(`\n${message}\n\n${commandHint(word)}`)
  return incompleteExit
}

/** A word alone is more likely a command than a target, where it is one or nearly one. */
function commandHint(word: string): string {
  const names = commands.map(({ name }) => name)
  if (names.includes(word)) return `A command stands before its options: salt ${word} …\n`
  const slips = Math.min(likelySlips, Math.floor(word.length / 2))
  const near = nearest(word, names, 1).filter((name) => editDistance(word, name) <= slips)
  return near.map((name) => `Did you mean salt ${name}?\n`).join('')
}

async function dumpConfiguration(options: OptionValues): Promise<number> {
  const { view } = await masterOptions(options)
  await printerFor(options).show(view.all, { out: 'yaml' })
  return 0
}
