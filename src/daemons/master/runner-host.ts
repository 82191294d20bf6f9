import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { didYouMean } from '../../base/text.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { RunnerItem, RunnerRequest, RunnerResult, TargetOutcome } from '../../client/api.ts'
import { bindArguments, SignatureError } from '../../engine/functions/bind.ts'
import type { PluginCatalogue } from '../../engine/functions/catalogue.ts'
import { invalidArgumentsText } from '../../engine/functions/doc-text.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import type { JobStore } from '../../engine/jobs/types.ts'
import type {
  Catalogue,
  ConfigView,
  MinionDirectory,
  RunnerContext,
  RunnerFunctionDefinition,
  RunnerPublish,
} from '../../engine/plugin.ts'
import type { Publisher } from './publisher.ts'

export interface RunnerHostOptions {
  readonly runners: PluginCatalogue<RunnerFunctionDefinition>
  readonly functions: Catalogue
  readonly publisher: Publisher
  readonly store: JobStore
  readonly minions: MinionDirectory
  readonly bus: EventBus
  readonly jids: JidClock
  readonly config: ConfigView
  readonly log: Log
  readonly defaultTimeoutSeconds: number
}

export interface RunnerCall extends RunnerRequest {
  /** Id of the minion that asked, from its session. */
  readonly requesterId?: string
}

/** Runs runners inside the master, each as `salt/run/JID/new` … `salt/run/JID/ret`. */
export class RunnerHost {
  readonly #options: RunnerHostOptions

  constructor(options: RunnerHostOptions) {
    this.#options = options
  }

  run(call: RunnerCall, item: (item: RunnerItem) => boolean, signal: AbortSignal): Promise<RunnerResult> {
    return this.#run(call, this.#options.jids.next(), item, signal)
  }

  /** Starts a runner that runs on when its caller is gone, and answers its jid. */
  detach(call: RunnerCall): string {
    const jid = this.#options.jids.next()
    void this.#run(call, jid, () => true, new AbortController().signal)
    return jid
  }

  async #run(
    call: RunnerCall,
    jid: string,
    item: (item: RunnerItem) => boolean,
    signal: AbortSignal,
  ): Promise<RunnerResult> {
    const { bus, log } = this.#options
    const described = { fun: `runner.${call.fun}`, jid, user: call.user, fun_args: call.arg }
    bus.fire(tagOf('salt/run/:jid/new', jid), described)
    let result: RunnerResult
    try {
      result = { jid, ...(await this.#call(call, jid, item, signal)) }
    } catch (thrown) {
      const error = asSaltError(thrown, 'execution-failed')
      if (error.code === 'internal') log.error('a runner failed', { fun: call.fun, jid, error: thrown })
      result = { jid, return: `Exception occurred in runner ${call.fun}: ${error.message}`, success: false, retcode: 1 }
    }
    bus.fire(tagOf('salt/run/:jid/ret', jid), { ...described, return: result.return, success: result.success })
    return result
  }

  async #call(
    call: RunnerCall,
    jid: string,
    item: (item: RunnerItem) => boolean,
    signal: AbortSignal,
  ): Promise<Omit<RunnerResult, 'jid'>> {
    const loaded = await this.#options.runners.load(call.fun)
    if (loaded.kind === 'unavailable') {
      const hint = didYouMean(loaded.nearest)
      return { return: `${loaded.message}${hint}`, success: false, retcode: 1 }
    }
    const { definition } = loaded
    try {
      const bound = bindArguments(definition, call.fun, call.arg)
      const value = await definition.run(this.#context(call, jid, item, signal), bound.args as never, bound.more)
      return {
        return: value ?? null,
        success: true,
        retcode: 0,
        ...(definition.outputter === undefined ? {} : { out: definition.outputter }),
      }
    } catch (error) {
      if (!(error instanceof SaltError) || error.code !== 'bad-arguments') throw error
      const text =
        error instanceof SignatureError ? invalidArgumentsText(call.fun, error.message, definition) : error.message
      return { return: text, success: false, retcode: 1 }
    }
  }

  #context(call: RunnerCall, jid: string, item: (item: RunnerItem) => boolean, signal: AbortSignal): RunnerContext {
    const { bus, config, log, store, minions, functions, runners } = this.#options
    return {
      config,
      log,
      signal,
      user: call.user,
      jid,
      ...(call.requesterId === undefined ? {} : { requesterId: call.requesterId }),
      jobs: store,
      minions,
      functions,
      runners,
      publish: (request) => this.#publish(request, call, signal),
      emit: (tag, data) => {
        bus.fire(tag, data)
        return Promise.resolve(true)
      },
      progress: (value, options) => {
        bus.fire(`salt/run/${jid}/progress`, { value })
        item({ kind: 'progress', value, ...(options?.outputter === undefined ? {} : { out: options.outputter }) })
      },
    }
  }

  async #publish(request: RunnerPublish, call: RunnerCall, signal: AbortSignal): Promise<readonly TargetOutcome[]> {
    const outcomes: TargetOutcome[] = []
    const kwargs = request.kwargs === undefined ? [] : [{ ...request.kwargs, __kwarg__: true }]
    const publishing = this.#options.publisher.publishAndWait(
      {
        tgt: request.tgt,
        tgt_type: request.tgtType ?? 'glob',
        fun: request.fun,
        arg: [...(request.arg ?? []), ...kwargs],
        ret: '',
        user: call.user,
        timeout: request.timeoutSeconds ?? call.timeout ?? this.#options.defaultTimeoutSeconds,
      },
      {},
      (item) => {
        if (item.kind === 'outcome') outcomes.push(item)
      },
      signal,
    )
    await publishing.catch((error: unknown) => {
      // To a runner, nobody is a target like any other.
      if (!(error instanceof SaltError) || error.code !== 'no-match') throw error
    })
    return outcomes
  }
}
