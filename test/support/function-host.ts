import { SaltError } from '../../src/base/errors.ts'
import { type Log, type LogFields, silentLog } from '../../src/base/log.ts'
import { parseWords } from '../../src/engine/arguments/parse.ts'
import { type CallOutcome, callFunction } from '../../src/engine/functions/call.ts'
import type { ContextInputs } from '../../src/engine/functions/context.ts'
import type { ExecResult, JobContext, ModuleDefinition } from '../../src/engine/plugin.ts'
import { type Catalogues, createCatalogues } from '../../src/plugins/catalogues.ts'

export type RecordedRun = string | Partial<ExecResult>

export interface HostOptions {
  /** `alpha` by default. */
  readonly id?: string
  readonly grains?: Readonly<Record<string, unknown>>
  readonly pillar?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  readonly job?: JobContext
  readonly services?: ContextInputs['services']
  readonly emit?: ContextInputs['emit']
  readonly signal?: AbortSignal
  readonly processGroups?: Set<number>
  /** Recorded programs, and no others: command line → its output, or all of its result; a list: one for each run. */
  readonly programs?: Readonly<Record<string, RecordedRun | readonly RecordedRun[]>>
  /** Folder that stands for `/`. */
  readonly root?: string
  /** In place of the built-in modules. */
  readonly modules?: readonly ModuleDefinition[]
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: LogFields | undefined
}

/** Calls functions as a minion does, and keeps what they log. */
export class FunctionHost {
  readonly catalogues: Catalogues
  readonly logged: LogLine[] = []
  /** Command lines of the recorded programs that were run, in their order. */
  readonly ran: string[] = []
  readonly #options: HostOptions

  constructor(options: HostOptions = {}) {
    this.#options = options
    this.catalogues = createCatalogues({ grains: options.grains ?? {} })
    if (options.modules !== undefined) this.catalogues.catalogue.setUserModules(options.modules)
  }

  get log(): Log {
    const write = (level: string) => (message: string, fields?: LogFields) => {
      this.logged.push({ level, message, fields })
    }
    return {
      ...silentLog,
      warning: write('warning'),
      error: write('error'),
      info: write('info'),
      debug: write('debug'),
    }
  }

  get inputs(): ContextInputs {
    const { grains = {}, pillar = {}, config = {}, job, services, emit, signal, processGroups } = this.#options
    const { id = 'alpha', programs, root } = this.#options
    return {
      id,
      grains: () => grains,
      pillar,
      config: { get: (name) => config[name], all: config },
      log: this.log,
      signal: signal ?? new AbortController().signal,
      job,
      ...this.catalogues,
      ...(services === undefined ? {} : { services }),
      ...(programs === undefined ? {} : { exec: (argv: readonly string[]) => this.#replay(argv, programs) }),
      ...(root === undefined ? {} : { root }),
      ...(emit === undefined ? {} : { emit }),
      ...(processGroups === undefined ? {} : { processGroups }),
    }
  }

  async #replay(argv: readonly string[], programs: NonNullable<HostOptions['programs']>): Promise<ExecResult> {
    const line = argv.join(' ')
    this.ran.push(line)
    const before = this.ran.filter((other) => other === line).length - 1
    const runs = [programs[line] ?? []].flat()
    const recorded = runs[Math.min(before, runs.length - 1)]
    if (recorded === undefined) throw new SaltError('missing-program', `nothing was recorded for: ${line}`)
    const result = { pid: 4711, retcode: 0, stdout: '', stderr: '', timedOut: false }
    return typeof recorded === 'string' ? { ...result, stdout: recorded } : { ...result, ...recorded }
  }

  call(name: string | readonly string[], ...arg: readonly unknown[]): Promise<CallOutcome> {
    return callFunction({ name, arg, context: this.inputs, jid: '20261121023835037363' })
  }

  /** As typed on a command line. */
  async type(name: string, ...words: readonly string[]): Promise<CallOutcome> {
    return this.call(name, ...(await parseWords(words)))
  }
}

export const samplePublishedJob: JobContext = {
  jid: '20261121023835037363',
  fun: 'test.arg',
  arg: [1, 'two', { __kwarg__: true, kw: 3 }],
  tgt: '*',
  tgtType: 'glob',
  ret: '',
  user: 'root',
}
