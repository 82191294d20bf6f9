/** Runs one function in this process and prints its result. */
import { systemClock } from '../../base/clock.ts'
import { asSaltError } from '../../base/errors.ts'
import { hidingLog } from '../../base/hiding-log.ts'
import { createLog, type LogOutput } from '../../base/log-output.ts'
import { SecretTexts } from '../../base/secret-texts.ts'
import type { JobReturn } from '../../client/api.ts'
import { type FunctionCalls, parseMultiFunction } from '../../engine/arguments/multi-function.ts'
import { shownArguments } from '../../engine/arguments/parse.ts'
import { currentUser } from '../../engine/functions/accounts.ts'
import { type CallOutcome, callFunction } from '../../engine/functions/call.ts'
import type { ContextInputs } from '../../engine/functions/context.ts'
import { extensionFolders, hasUserPlugins } from '../../engine/functions/extension-folders.ts'
import { GrainsSource } from '../../engine/functions/grains.ts'
import { JidClock } from '../../engine/jobs/jid.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import { showsStates } from '../../engine/pillar/pillar-presence.ts'
import type { FunctionServices, Grains } from '../../engine/plugin.ts'
import { type Catalogues, createCatalogues } from '../../plugins/catalogues.ts'
import { grainsRegistry } from '../../plugins/registry.ts'
import type { OptionValues } from '../parse-command.ts'
import { type Printer, printerFor } from '../printer.ts'
import { returnersOf } from '../publish/returners.ts'
import { CallEnd } from './call-end.ts'
import { CallerPillar } from './caller-pillar.ts'
import { printFailure } from './failure.ts'
import { forwarding } from './forwarding.ts'
import { MasterLink } from './master-link.ts'
import { runningJobs, runningKeepers } from './running-jobs.ts'
import { onlookerFor, type StateView } from './state-view.ts'

export class Caller {
  readonly #options: OptionValues
  readonly #minion: MinionOptions
  readonly #printer: Printer
  readonly #log: LogOutput
  readonly #grains: GrainsSource
  readonly #catalogues: Catalogues
  /** Undefined where no master is to be asked. */
  readonly #link: MasterLink | undefined
  readonly #secrets = new SecretTexts()
  readonly #pillar: CallerPillar
  #returners: Awaited<ReturnType<typeof returnersOf>> = { ret: '' }
  /** Shows states as they end, and asks before them; undefined where neither is wanted. */
  readonly #onlooker: StateView | undefined
  readonly #jid = new JidClock(systemClock).next()

  constructor(options: OptionValues, minion: MinionOptions) {
    this.#options = options
    this.#minion = minion
    this.#onlooker = onlookerFor(options)
    this.#printer = printerFor(options, { view: this.#onlooker, config: minion.view })
    const { values } = minion
    const level = values.log_level_logfile
    this.#log = createLog({
      level: values.log_level,
      logFile: options.text('log-file'),
      ...(level === undefined ? {} : { logFileLevel: level }),
      consoleFormat: values.log_fmt_console,
    })
    this.#grains = new GrainsSource({ registry: grainsRegistry, config: minion.view, log: this.#log })
    const grains = (): Grains => this.#readGrains()
    this.#catalogues = createCatalogues({
      get grains() {
        return grains()
      },
    })
    const asksMaster =
      values.master_type !== 'disable' && (values.file_client !== 'local' || values.use_master_when_local)
    this.#link = asksMaster
      ? new MasterLink(minion, (options.integer('timeout') ?? values.auth_timeout) * 1000, this.#log)
      : undefined
    this.#pillar = new CallerPillar({
      config: minion.view,
      log: hidingLog(this.#log, this.#secrets),
      secrets: this.#secrets,
      masters: () => this.#link?.masters ?? [],
      inputs: () => this.#context(new AbortController().signal),
      refreshMinion: () => this.#emit('pillar_refresh', {}),
    })
  }

  /** Resolves to the exit code. Throws `master-unreachable` and the like before anything was run, but see `isLeftToMinion`. */
  async run(words: readonly string[]): Promise<number> {
    await using _log = this.#log
    await using link = this.#link
    const [fun = '', ...args] = words
    if (this.#options.has('doc')) return await this.#printDocs(fun)
    this.#returners = await returnersOf(this.#options)
    await this.#prepare()
    if (this.#options.has('grains')) return await this.#printGrains()
    const tellsMaster = link !== undefined && !this.#options.has('no-return-event')
    const isConnected = tellsMaster && (await this.#connect(link, fun))
    await this.#pillar.load(fun, isConnected)
    return await this.#call(fun, args, tellsMaster ? link : undefined)
  }

  /** Without a master only what the minion of this host is left with goes on; that the return is not told is said in the end. */
  async #connect(link: MasterLink, fun: string): Promise<boolean> {
    try {
      await link.connect()
      return true
    } catch (error) {
      if (asSaltError(error).code !== 'master-unreachable' || !(await this.#isLeftToMinion(fun))) throw error
      return false
    }
  }

  async #isLeftToMinion(fun: string): Promise<boolean> {
    const found = await this.#catalogues.catalogue.load(fun)
    if (found.kind !== 'loaded' || found.definition.isLeftToMinion !== true || this.#options.has('master')) return false
    const { minionAnswers } = await import('../../client/master-bus.ts')
    return await minionAnswers({ sockDir: this.#minion.paths.sock_dir, id: this.#minion.id })
  }

  async #call(fun: string, words: readonly string[], link: MasterLink | undefined): Promise<number> {
    const noParse = this.#options.text('no-parse')?.split(',') ?? []
    const calls = await parseMultiFunction(fun, words, ',', { noParse })
    const { outcome, endedWith } = await this.#run(calls)
    if (endedWith !== undefined) {
      if (outcome.isPartial === true)
        await this.#printer.show({ local: outcome.return }, { out: outcome.out, retcode: 1 })
      return endedWith
    }
    const ret = this.#return(calls, outcome)
    if (outcome.failure !== undefined && typeof calls.fun === 'string' && typeof outcome.return === 'string') {
      await printFailure(calls.fun, outcome.failure, this.#catalogues.catalogue)
    } else {
      const shown = this.#options.has('metadata') ? { ...ret } : outcome.return
      await this.#printer.show({ local: shown }, { out: outcome.out, retcode: outcome.retcode })
    }
    const told = link === undefined ? 0 : await this.#tellMaster(link, ret)
    const given = await this.#giveToReturners(ret)
    if (outcome.retcode === 0) return told || given
    return this.#options.has('retcode-passthrough') ? outcome.retcode : 1
  }

  /** `endedWith`: the exit code, where a signal has ended the function. */
  async #run(calls: FunctionCalls): Promise<{ readonly outcome: CallOutcome; readonly endedWith: number | undefined }> {
    using end = new CallEnd()
    const called = await callFunction({
      name: calls.fun,
      arg: calls.arg,
      context: this.#context(end.signal),
      jid: this.#jid,
    })
    this.#onlooker?.clear()
    const outcome = showsStates(calls.fun) ? this.#secrets.hideIn(called) : called
    return { outcome, endedWith: end.exitCode }
  }

  #return(calls: FunctionCalls, outcome: CallOutcome): JobReturn {
    return {
      id: this.#minion.id,
      jid: this.#jid,
      fun: calls.fun,
      fun_args: shownArguments(calls.fun, calls.arg),
      return: outcome.return,
      retcode: outcome.retcode,
      success: outcome.success,
      ...(outcome.out === undefined ? {} : { out: outcome.out }),
      user: currentUser(),
    }
  }

  /** The function has run: that the master could not be told is worth an exit code, and no more. */
  async #tellMaster(link: MasterLink, ret: JobReturn): Promise<number> {
    try {
      await link.tell(ret)
      return 0
    } catch (thrown) {
      const error = asSaltError(thrown)
      process.stderr.write(`salt call: the master was not told the result: ${error.message} [${error.code}]\n`)
      return error.exitCode
    }
  }

  /** Those of the command line and those of the configuration. */
  async #giveToReturners(ret: JobReturn): Promise<number> {
    const names = this.#returners
    if (names.ret === '' && this.#minion.values.return.length === 0) return 0
    const { giveReturn } = await import('./returners.ts')
    const { returners: registry } = this.#catalogues
    const masters = this.#link?.masters ?? []
    return await giveReturn(ret, names, { minion: this.#minion, log: this.#log, masters, registry })
  }

  #context(signal: AbortSignal): ContextInputs {
    return {
      id: this.#minion.id,
      grains: () => this.#readGrains(),
      pillar: this.#pillar.current,
      config: this.#minion.view,
      log: hidingLog(this.#log, this.#secrets),
      signal,
      ...this.#catalogues,
      services: this.#services(),
      emit: (tag, data) => this.#emit(tag, this.#secrets.hideIn(data)),
    }
  }

  #services(): FunctionServices {
    const neighbor = { sockDir: this.#minion.paths.sock_dir, id: this.#minion.id }
    return {
      ...(this.#onlooker === undefined ? {} : { onlooker: this.#onlooker }),
      jobs: runningJobs(neighbor),
      ...runningKeepers(neighbor),
      pillar: this.#pillar.service,
      refreshGrains: () => this.#grains.refresh(),
      refreshModules: () => this.#refreshModules(),
      ...(this.#link === undefined ? {} : { masters: this.#link.masters, ...this.#forwarding() }),
    }
  }

  /** Not to masters that this command alone was told of. */
  #forwarding(): Pick<FunctionServices, 'fireMaster'> {
    const { id, paths } = this.#minion
    return this.#options.has('master') ? {} : forwarding({ sockDir: paths.sock_dir, id })
  }

  /** On the bus of the minion that runs here, if one does. */
  async #emit(tag: string, data: Readonly<Record<string, unknown>>): Promise<boolean> {
    const { connectMinionBus } = await import('../../client/master-bus.ts')
    try {
      await using bus = await connectMinionBus({ sockDir: this.#minion.paths.sock_dir, id: this.#minion.id })
      return await bus.call('fire', { tag, data })
    } catch (thrown) {
      this.#log.debug('the event was not fired', { tag, reason: asSaltError(thrown).message })
      return false
    }
  }

  #readGrains(): Grains {
    return this.#options.has('skip-grains') ? {} : { ...this.#grains.read(), id: this.#minion.id }
  }

  async #prepare(): Promise<void> {
    if (!this.#options.has('skip-grains')) await this.#grains.prepare()
    const { view } = this.#minion
    if (extensionFolders(view, 'grains').length > 0) {
      const { loadUserGrains } = await import('../../engine/functions/user-plugins.ts')
      this.#grains.setUserPlugins(await loadUserGrains(view, this.#log))
      await this.#grains.refresh()
    }
    if (hasUserPlugins(view)) await this.#loadUserPlugins()
  }

  /** Also those of the minion that runs here, which uses what was synced as well. */
  async #refreshModules(): Promise<void> {
    await this.#loadUserPlugins()
    await this.#emit('module_refresh', {})
  }

  async #loadUserPlugins(): Promise<void> {
    const { loadUserPlugins } = await import('../../engine/functions/user-plugins.ts')
    await loadUserPlugins(this.#catalogues, this.#minion.view, this.#log)
  }

  async #printGrains(): Promise<number> {
    await this.#printer.show({ local: this.#readGrains() }, { out: 'grains' })
    return 0
  }

  async #printDocs(begin: string): Promise<number> {
    const { printDocsOf } = await import('../docs-of.ts')
    return await printDocsOf(this.#catalogues.catalogue, begin, this.#printer, 'CLI Example')
  }
}
