/** What `salt run` and `salt wheel` share: a function that runs inside the master. */
import { isRecord } from '../base/narrow.ts'
import { didYouMean } from '../base/text.ts'
import type { RunnerItem, RunStep } from '../client/api.ts'
import type { Registry } from '../engine/functions/catalogue.ts'
import type { RunnerFunctionDefinition } from '../engine/plugin.ts'
import { callingUser } from './calling-user.ts'
import { argsStdin, commonOptions, eauthOptions, noParse, noProgress, userOption } from './options/common.ts'
import { loggingOptions } from './options/logging.ts'
import { type CommandSpec, flag, integer, type OptionGroup, text } from './options/option.ts'
import { outputOptions } from './options/output.ts'
import { type OptionValues, parseCommand, printHelp } from './parse-command.ts'
import { Printer, printerFor } from './printer.ts'
import { Interrupt } from './publish/interrupt.ts'
import { RunningView } from './publish/running-view.ts'
import { stepText } from './state-progress.ts'

export interface MasterFunctionCommand {
  readonly spec: CommandSpec
  /** What the master's bus calls it. */
  readonly method: 'runner' | 'wheel'
  registry(): Promise<Registry<RunnerFunctionDefinition>>
}

const incompleteExit = 64

/** @param what as a person calls the functions: `runners`. */
export function masterFunctionGroups(what: string): readonly OptionGroup[] {
  return [
    {
      title: 'Options',
      options: [
        ...commonOptions,
        userOption,
        integer(['-t', '--timeout'], 'SECONDS', 'How long a function that asks minions waits for silent ones.'),
        flag(['--async'], 'Print the id of the run and end, without waiting.'),
        flag(['-d', '--doc', '--documentation'], `Print the documentation of ${what} whose name begins so, or all.`),
        flag(['--quiet'], 'Do not print the result.'),
        noProgress,
        text(['--jid'], 'JID', 'Accepted: a run gets an id of its own.'),
        flag(['--skip-grains'], 'Accepted: the master has no grains.'),
        argsStdin,
        noParse,
      ],
    },
    { title: 'External authentication', options: eauthOptions },
    { title: 'Output', options: outputOptions },
    { title: 'Logging', options: loggingOptions() },
  ]
}

export async function runMasterFunction(command: MasterFunctionCommand, argv: readonly string[]): Promise<number> {
  const parsed = await parseCommand(command.spec, argv)
  if (typeof parsed === 'number') return parsed
  const { options, words } = parsed
  const [fun = '', ...args] = words
  if (options.has('doc')) return await printDocs(command, options, fun)
  if (fun === '') {
    printHelp(command.spec)
    return incompleteExit
  }
  return await call(command, options, fun, args)
}

async function call(
  { method }: MasterFunctionCommand,
  options: OptionValues,
  fun: string,
  words: readonly string[],
): Promise<number> {
  const { loadMasterOptions } = await import('../engine/options/master-options.ts')
  const master = await loadMasterOptions({ configDir: options.text('config-dir') })
  // Only root can become another user; anybody else is let in, or not, as who he is.
  const user = options.text('user') ?? (process.geteuid?.() === 0 ? master.values.user : undefined)
  if (user !== undefined) (await import('./become-user.ts')).becomeUser(user)
  const { parseWords } = await import('../engine/arguments/parse.ts')
  const arg = await parseWords(words, { noParse: options.text('no-parse')?.split(',') ?? [] })
  const view = options.has('no-progress') ? undefined : RunningView.onTerminal()
  const printer = options.has('quiet')
    ? new Printer({ color: false, outputter: 'quiet' })
    : printerFor(options, { view, config: master.view, arg })
  const { connectMasterBus } = await import('../client/master-bus.ts')
  await using bus = await connectMasterBus({ sockDir: master.paths.sock_dir })
  const timeout = options.integer('timeout')
  const interrupt = new Interrupt()
  let begun: RunStep | undefined
  const onItem = (item: RunnerItem): void => {
    if (item.kind === 'step') begun = item.step
    show(item, printer, view)
  }
  try {
    const result = await bus.call(
      method,
      {
        fun,
        arg,
        user: callingUser(),
        detach: options.has('async'),
        ...(timeout === undefined ? {} : { timeout }),
      },
      { signal: interrupt.signal, onItem },
    )
    if (options.has('async')) {
      await printer.line(`Executed ${method} with job ID: ${result.jid}`)
      return 0
    }
    const { value, out = result.out } = presented(result.return)
    await printer.show(value, { out, retcode: result.retcode })
    const near = didYouMean(result.nearest ?? [])
    if (near !== '') process.stderr.write(`There is no function ${fun}.${near}\n`)
    return result.retcode === 0 && !result.success ? 1 : result.retcode
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    return Interrupt.tell('', begun === undefined ? '' : endedAt(begun))
  } finally {
    interrupt.end()
    view?.end()
  }
}

/** A runner may say by its result how that is to be shown. */
function presented(value: unknown): { readonly value: unknown; readonly out?: string } {
  if (!isRecord(value) || Object.keys(value).length !== 2) return { value }
  const { data, outputter } = value
  return data === undefined || typeof outputter !== 'string' ? { value } : { value: data, out: outputter }
}

/** An orchestration goes no further; what minions have begun, they end. */
function endedAt(step: RunStep): string {
  return `The run ended at step ${stepText(step)}: no further step begins. What it has begun on minions goes on:\n\nsalt run jobs.active\n`
}

function show(item: RunnerItem, printer: Printer, view: RunningView | undefined): void {
  if (item.kind === 'waiting') view?.begin(item.minions)
  else if (item.kind === 'settled') view?.settled(item.id)
  else if (item.kind === 'step') view?.step(item.step)
  else if (item.kind === 'line') void printer.line(item.text)
  else void printer.show(item.value, { out: item.out, retcode: item.retcode })
}

async function printDocs(command: MasterFunctionCommand, options: OptionValues, begin: string): Promise<number> {
  const { PluginCatalogue } = await import('../engine/functions/catalogue.ts')
  const { printDocsOf } = await import('./docs-of.ts')
  const catalogue = new PluginCatalogue(await command.registry(), { grains: {} })
  return await printDocsOf(catalogue, begin, printerFor(options), 'CLI Example')
}
