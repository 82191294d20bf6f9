/** `salt call FUNCTION [ARGUMENTS]`: runs a function on this machine. */
import { resolve } from 'node:path'
import { argsStdin, commonOptions, noParse, noProgress, userOption } from './options/common.ts'
import { executorOptions } from './options/executors.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { returnerOptions } from './options/returners.ts'
import { type OptionValues, parseCommand, printHelp, usageError } from './parse-command.ts'
import { executorFault } from './publish/executors.ts'
import { returnerFault } from './publish/returners.ts'

const incompleteExit = 64

export const spec: CommandSpec = {
  name: 'salt call',
  usage: '[options] <function> [arguments]',
  operands: ['functions'],
  about:
    'Runs a function on this machine with the configuration of its minion, whether the minion runs or not. With a master, the master is told the result; --local asks no master.',
  groups: [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        userOption,
        flag(['--local'], 'Ask no master.'),
        text(['--master'], 'HOST', 'Use this master instead of the configured one.'),
        text(['--id'], 'ID', 'Use this minion id instead of the configured one.'),
        integer(['-t', '--timeout'], 'SECONDS', 'How long to try to reach the master; `auth_timeout` when left out.'),
        flag(
          ['--no-return-event'],
          'Do not tell the master the result; it is then asked only if the function needs it.',
        ),
        flag(['-g', '--grains'], 'Print the grains of this machine.'),
        flag(['-d', '--doc', '--documentation'], 'Print the documentation of functions whose name begins so, or all.'),
        flag(['--retcode-passthrough'], 'End with the return code of the function.'),
        flag(['--metadata'], 'Print what the master is told, not the result alone.'),
        flag(['--set-metadata'], 'Accepted: the master keeps the result in any case.'),
        noProgress,
        flag(['--confirm-each'], 'Ask on the terminal before each state that would change something.', {
          isOurs: true,
        }),
        ...returnerOptions,
        { ...text(['-m', '--module-dirs'], 'DIR', 'Further folder with modules of your own.'), kind: 'list' },
        text(['--file-root'], 'DIR', 'Take files from this folder, and ask no master.'),
        text(['--pillar-root'], 'DIR', 'Take pillar from this folder, and ask no master.'),
        text(['--states-dir'], 'DIR', 'Take states from this folder, and ask no master.'),
        text(['--cachedir'], 'DIR', 'Cache folder instead of the configured one.'),
        flag(['--skip-grains'], 'Do not find out the grains of this machine.'),
        flag(['--refresh-grains-cache'], 'Accepted: grains are always found out anew.'),
        text(['--proxyid'], 'ID', 'Not supported.', { refused: 'there are no proxy minions' }),
        flag(['--enable-profiling'], 'Not supported.', {
          refused: 'run it with NODE_OPTIONS=--cpu-prof to get a profile',
        }),
        text(['--profiling-path'], 'DIR', 'Not supported.', { refused: 'use NODE_OPTIONS=--cpu-prof-dir=DIR' }),
        argsStdin,
        noParse,
      ],
    },
    { title: 'Executors', options: executorOptions },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ],
  examples: [
    { line: 'salt call --local test.ping', doc: 'Does it run here?' },
    { line: 'salt call grains.item os osrelease', doc: 'What is this machine?' },
    { line: "salt call publish.publish 'db*' test.ping", doc: 'Ask other minions, where the master permits it' },
    { line: 'salt call --local -d test', doc: 'The functions of the module test' },
  ],
}

export async function run(argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const fault = returnerFault(options) ?? executorFault(options.text('module-executors'))
  if (fault !== undefined) return usageError(spec, fault)
  if (words.length === 0 && !options.has('grains') && !options.has('doc')) {
    printHelp(spec)
    return incompleteExit
  }
  if (options.has('confirm-each') && !(process.stdin.isTTY === true && process.stderr.isTTY === true)) {
    return usageError(spec, '--confirm-each asks on a terminal, and this is none.')
  }
  const user = options.text('user')
  if (user !== undefined) (await import('./become-user.ts')).becomeUser(user)
  const { loadMinionOptions } = await import('../engine/options/minion-options.ts')
  const minion = await loadMinionOptions({
    configDir: options.text('config-dir'),
    overrides: overridesOf(options),
  })
  const { Caller } = await import('./call/caller.ts')
  return await new Caller(options, minion).run(words)
}

function overridesOf(options: OptionValues): Record<string, unknown> {
  const folder = (key: string): string | undefined => {
    const given = options.text(key)
    return given === undefined ? undefined : resolve(given)
  }
  const fileRoot = folder('file-root') ?? folder('states-dir')
  const isLocal = ['local', 'file-root', 'pillar-root', 'states-dir'].some((key) => options.has(key))
  const pillarRoot = folder('pillar-root')
  const modules = options.list('module-dirs').map((path) => resolve(path))
  return {
    id: options.text('id'),
    master: options.text('master'),
    cachedir: folder('cachedir'),
    log_level: options.text('log-level'),
    ...(isLocal ? { file_client: 'local', use_master_when_local: false } : {}),
    ...(fileRoot === undefined ? {} : { file_roots: { base: [fileRoot] } }),
    ...(pillarRoot === undefined ? {} : { pillar_roots: { base: [pillarRoot] } }),
    ...(modules.length === 0 ? {} : { module_dirs: modules }),
  }
}
