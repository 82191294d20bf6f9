import { asSaltError, SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { indent } from '../../base/text.ts'
import type { EventData } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { RunnerItem, RunnerRequest, RunnerResult } from '../../client/api.ts'
import { shownArguments } from '../../engine/arguments/parse.ts'
import type { FleetJob, FleetService, MasterCall, RunnerPublish } from '../../engine/fleet.ts'
import { type BoundArguments, bindArguments, SignatureError } from '../../engine/functions/bind.ts'
import { renderDoc } from '../../engine/functions/doc-text.ts'
import type { JidClock } from '../../engine/jobs/jid.ts'
import type { KeyRing } from '../../engine/keys/key-ring.ts'
import type { FunctionContext, JobContext, MasterRun, RunnerContext } from '../../engine/plugin.ts'
import { listenTo } from './bus-listening.ts'
import type { FleetCaller, FleetJobs } from './fleet-jobs.ts'
import { type JobFollower, outcomeOf } from './live-job.ts'
import { type LocalCall, type LocalContextOptions, masterId } from './local-functions.ts'
import type { Publisher } from './publisher.ts'

/** What every run finds, whoever asked. */
export type RunnerSurroundings = Pick<
  RunnerContext,
  | 'config'
  | 'configFile'
  | 'log'
  | 'jobs'
  | 'archive'
  | 'minions'
  | 'banks'
  | 'outlets'
  | 'reactor'
  | 'pillar'
  | 'files'
  | 'functions'
  | 'runners'
  | 'wheels'
  | 'reloadPlugins'
>

export interface RunnerHostOptions {
  /** Wheel functions manage the master itself; the host that serves minions knows none. */
  readonly kind: 'runner' | 'wheel'
  readonly surroundings: RunnerSurroundings
  /** Runs of all hosts of this master by jid. */
  readonly running: Map<string, MasterRun>
  readonly publisher: Publisher
  readonly fleetJobs: FleetJobs
  readonly bus: EventBus
  readonly jids: JidClock
  readonly defaultTimeoutSeconds: number
  keysFor(user: string): KeyRing
  /** Calls an execution function on this host. */
  callLocally(call: LocalCall): Promise<unknown>
  /** What an execution function on this host gets. */
  hostContext(options: LocalContextOptions): Promise<FunctionContext>
  /** Runs a runner or wheel function because of another one, whose caller sees what it shows. */
  callMaster(kind: 'runner' | 'wheel', call: RunnerCall, within: RunOfCaller): Promise<RunnerResult>
}

/** What a run inside another one takes from that. */
export interface RunOfCaller {
  readonly item: TellItem
  readonly signal: AbortSignal
}

export interface RunnerCall extends RunnerRequest {
  /** Id of the minion that asked, from its session. */
  readonly requesterId?: string
  /** The run that began this one. */
  readonly parentJid?: string
}

/** Resolves when the caller has taken it, where there is one. */
type TellItem = (item: RunnerItem) => Promise<void> | void

/** One call at work. */
interface Run {
  readonly call: RunnerCall
  readonly jid: string
  readonly item: TellItem
  readonly signal: AbortSignal
  retcode: number
}

function jobOf({ call, jid }: Run): JobContext {
  const { fun, arg, user } = call
  return { jid, fun: `runner.${fun}`, arg, tgt: masterId(), tgtType: 'glob', ret: '', user }
}

interface Outcome extends Omit<RunnerResult, 'jid'> {
  readonly isSecret: boolean
}

const eventTags = {
  runner: { prefix: 'salt/run', new: 'salt/run/:jid/new', ret: 'salt/run/:jid/ret' },
  wheel: { prefix: 'salt/wheel', new: 'salt/wheel/:jid/new', ret: 'salt/wheel/:jid/ret' },
} as const

/** Stands for a result that is for its caller alone. */
export const hidden = '**********'

/** A mapping as it is, as Salt's runners fire it; what a runner only prints in Salt is under `data`. */
function progressData(value: unknown): EventData {
  if (!isRecord(value)) return { data: value }
  return isRecord(value.event) ? value.event : value
}

function failed(text: string): Outcome {
  return { return: text, success: false, retcode: 1, isSecret: false }
}

/** Runs runners, or wheel functions, inside the master: each as `salt/run/JID/new` … `/ret`, or `salt/wheel/JID/…`. */
export class RunnerHost {
  readonly #options: RunnerHostOptions

  constructor(options: RunnerHostOptions) {
    this.#options = options
  }

  run(call: RunnerCall, item: TellItem, signal: AbortSignal): Promise<RunnerResult> {
    return this.#run({ call, jid: this.#options.jids.next(), item, signal, retcode: 0 })
  }

  /** Starts a runner that runs on when its caller is gone, and answers its jid. */
  detach(call: RunnerCall): string {
    const jid = this.#options.jids.next()
    void this.#run({ call, jid, item: () => {}, signal: new AbortController().signal, retcode: 0 })
    return jid
  }

  async #run(run: Run): Promise<RunnerResult> {
    const { call, jid } = run
    const { bus, kind, running } = this.#options
    const described = { fun: `${kind}.${call.fun}`, jid, user: call.user, fun_args: shownArguments(call.fun, call.arg) }
    const tags = eventTags[kind]
    bus.fire(tagOf(tags.new, jid), described)
    running.set(jid, { jid, fun: described.fun, arg: call.arg, user: call.user })
    const { isSecret, ...result } = await this.#outcome(run)
    running.delete(jid)
    bus.fire(tagOf(tags.ret, jid), { ...described, return: isSecret ? hidden : result.return, success: result.success })
    return { jid, ...result }
  }

  async #outcome(run: Run): Promise<Outcome> {
    try {
      return await this.#call(run)
    } catch (thrown) {
      const { call, jid } = run
      const { kind, surroundings } = this.#options
      const error = asSaltError(thrown, 'execution-failed')
      if (error.code === 'internal') surroundings.log.error(`a ${kind} failed`, { fun: call.fun, jid, error: thrown })
      return failed(`Exception occurred in ${kind} ${call.fun}: ${error.message}`)
    }
  }

  async #call(run: Run): Promise<Outcome> {
    const { call } = run
    const { kind, surroundings } = this.#options
    const loaded = await surroundings[kind === 'runner' ? 'runners' : 'wheels'].load(call.fun)
    if (loaded.kind === 'unavailable') return { ...failed(loaded.message), nearest: loaded.nearest }
    const { definition } = loaded
    let bound: BoundArguments | undefined
    try {
      bound = bindArguments(definition, call.fun, call.arg)
      const value = await definition.run(this.#context(run), bound.args as never, bound.more)
      return {
        return: value ?? null,
        success: true,
        retcode: run.retcode,
        isSecret: definition.isSecret === true,
        ...(definition.outputter === undefined ? {} : { out: definition.outputter }),
      }
    } catch (error) {
      if (!(error instanceof SaltError) || error.code !== 'bad-arguments') throw error
      // Once they are bound it is a function that this one calls whose arguments do not fit.
      if (bound !== undefined || !(error instanceof SignatureError)) return failed(error.message)
      const usage = indent(renderDoc(call.fun, definition), '    ')
      return failed(`\nPassed invalid arguments: ${error.message}\n\nUsage:\n\n${usage}\n`)
    }
  }

  #context(run: Run): RunnerContext {
    const { call, jid, item, signal } = run
    const { bus, kind, surroundings, running, keysFor, callLocally, hostContext } = this.#options
    return {
      ...surroundings,
      signal,
      user: call.user,
      jid,
      ...(call.requesterId === undefined ? {} : { requesterId: call.requesterId }),
      ...(call.parentJid === undefined ? {} : { parentJid: call.parentJid }),
      keys: keysFor(call.user),
      running: () => [...running.values()],
      salt: (fun, args = [], kwargs = {}) => callLocally({ fun, args, kwargs, signal }),
      publish: async (request) => (await this.#publish(request, run)).outcomes,
      host: () => hostContext({ signal, services: { fleet: this.#fleet(run) }, job: jobOf(run) }),
      follow: async (id, onOutcome) => {
        const tell: JobFollower = (told) => {
          if (signal.aborted) return
          void item(
            told.kind === 'published' ? { kind: 'waiting', minions: told.minions } : { kind: 'settled', id: told.id },
          )
          if (told.kind === 'published') return
          onOutcome(outcomeOf(told))
        }
        await this.#options.publisher.follow(id, tell, signal)
      },
      print: async (text) => item({ kind: 'line', text }),
      step: (step) => void item({ kind: 'step', step }),
      listen: (matches) => listenTo(bus, matches, signal),
      setRetcode: (retcode) => {
        run.retcode = retcode
      },
      withdraw: (id, minions) => this.#options.publisher.withdraw(id, call.user, minions),
      emit: (tag, data) => {
        bus.fire(tag, data)
        return Promise.resolve(true)
      },
      progress: (value, options) => {
        bus.fire(`${eventTags[kind].prefix}/${jid}/progress`, progressData(value))
        const { outputter: out, retcode } = options ?? {}
        void item({ kind: 'progress', value, ...(out && { out }), ...(retcode === undefined ? {} : { retcode }) })
      },
    }
  }

  #publish(request: RunnerPublish, run: Run): Promise<FleetJob> {
    return this.#options.fleetJobs.publish(request, this.#caller(run))
  }

  #caller({ call, item, signal }: Run): FleetCaller {
    return {
      user: call.user,
      timeoutSeconds: call.timeout ?? this.#options.defaultTimeoutSeconds,
      signal,
      tell: (told) => void item(told),
    }
  }

  /** What functions may do that run inside the master because of this run. */
  #fleet(run: Run): FleetService {
    const { fleetJobs, callMaster, bus } = this.#options
    const within = (kind: 'runner' | 'wheel') => (call: MasterCall) => callMaster(kind, nestedCall(run, call), run)
    return {
      publish: (request) => fleetJobs.run(request, this.#caller(run)),
      runner: within('runner'),
      wheel: within('wheel'),
      listen: (matches) => listenTo(bus, matches, run.signal),
    }
  }
}

/** A run that another run begins is on behalf of the same user. */
function nestedCall(outer: Run, { fun, arg = [], kwargs = {}, detach }: MasterCall): RunnerCall {
  const keywords = Object.keys(kwargs).length === 0 ? [] : [{ ...kwargs, __kwarg__: true }]
  const { user, timeout, requesterId } = outer.call
  return {
    fun,
    arg: [...arg, ...keywords],
    user,
    parentJid: outer.jid,
    ...(timeout === undefined ? {} : { timeout }),
    ...(requesterId === undefined ? {} : { requesterId }),
    ...(detach === undefined ? {} : { detach }),
  }
}
