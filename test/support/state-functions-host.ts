import { parseWords } from '../../src/engine/arguments/parse.ts'
import { type CallOutcome, callFunction } from '../../src/engine/functions/call.ts'
import type { Grains } from '../../src/engine/plugin.ts'
import { ConfigFolder } from './config-folder.ts'
import { fakeStates } from './fake-states.ts'
import { FunctionHost, type HostOptions, samplePublishedJob } from './function-host.ts'

export interface StateFunctionsOptions extends Omit<HostOptions, 'job' | 'signal'> {
  /** SLS files by their paths below the file root. */
  readonly files?: Readonly<Record<string, string>>
}

/** A minion that calls functions of `state` for jobs, over a file root of its own, with fake states beside the built-in ones. */
export class StateFunctionsHost implements Disposable {
  readonly folder: ConfigFolder
  /** What fake states did. */
  readonly applied: string[] = []
  grains: Grains
  readonly #options: StateFunctionsOptions
  #jobs = 0

  constructor(options: StateFunctionsOptions = {}) {
    this.#options = options
    this.grains = options.grains ?? {}
    const files = Object.entries(options.files ?? {}).map(([path, text]) => [`srv/${path}`, text])
    this.folder = new ConfigFolder(Object.fromEntries(files))
  }

  /** The jid of the job that was called last. */
  get jid(): string {
    return `2026112102383503${String(7000 + this.#jobs)}`
  }

  /** As typed on a command line, as a job of its own. */
  type(name: string, ...words: readonly string[]): Promise<CallOutcome> {
    return this.typeUntil(new AbortController().signal, name, ...words)
  }

  async typeUntil(signal: AbortSignal, name: string, ...words: readonly string[]): Promise<CallOutcome> {
    this.#jobs += 1
    const { jid } = this
    const arg = await parseWords(words)
    const host = new FunctionHost({
      ...this.#options,
      grains: this.grains,
      job: { ...samplePublishedJob, jid, fun: name, arg },
      config: {
        id: 'alpha',
        file_client: 'local',
        config_dir: this.folder.path,
        conf_file: this.folder.file('minion'),
        cachedir: this.folder.file('cache'),
        file_roots: { base: [this.folder.file('srv')] },
        ...this.#options.config,
      },
    })
    host.catalogues.states.setUserModules([fakeStates(this.applied)])
    return await callFunction({ name, arg, context: { ...host.inputs, signal } })
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }
}
