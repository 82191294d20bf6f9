/**
 * What may be asked of a daemon, as types: the methods, their parameters, the items they stream and their results.
 *
 * Shared by whoever asks (command line, minions, gateways) and by the daemon that answers.
 */

import type { FireResult, NewEvent, SubscribeItem, SubscribeRequest } from '../bus/event.ts'
import type { EventLoad } from './event-load.ts'
import type { BeaconAnswer, BeaconRequest, ScheduleAnswer, ScheduleRequest } from './minion-requests.ts'

/** What is known of a file that is served. */
export interface ServedStatus {
  /** Bytes. */
  readonly size: number
  /** Permission bits. */
  readonly mode: number
  readonly sha256: string
}

/** All that an environment has, relative to its roots, each sorted. */
export interface ServedNames {
  readonly files: readonly string[]
  /** Folders, also those without files. */
  readonly folders: readonly string[]
  /** Symbolic links → what they say. Those to files are among `files` too. */
  readonly links: Readonly<Record<string, string>>
}

/** How one target ended (or stands), as every client shows it. */
export type TargetState =
  | 'returned'
  | 'failed'
  | 'running'
  | 'not-connected'
  | 'no-ack'
  | 'timeout'
  | 'denied'
  | 'expired'
  /** The minion is away, and gets the job when it comes. It may still end in any other state. */
  | 'queued'
  /** It was queued and taken back. */
  | 'withdrawn'

/** What a minion sends back for a job (SPEC §9 names). */
export interface JobReturn {
  readonly id: string
  readonly jid: string
  readonly fun: string | readonly string[]
  readonly fun_args: readonly unknown[]
  readonly return: unknown
  readonly retcode: number
  readonly success: boolean
  /** Outputter that suits the value. */
  readonly out?: string
  readonly user?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Name of the scheduled job that ran: nobody has published it. */
  readonly schedule?: string
  /** The master tells it on its bus, and does not keep it. */
  readonly nocache?: true
}

export interface TargetOutcome {
  readonly id: string
  readonly state: TargetState
  /** Present for `returned` and `failed`. */
  readonly ret?: JobReturn
  /** Why there is no return, in a few words. */
  readonly reason?: string
}

/** A job that runs on a minion. */
export interface RunningJob {
  readonly jid: string
  readonly fun: string | readonly string[]
  readonly arg: readonly unknown[]
  readonly tgt: unknown
  readonly tgt_type: string
  readonly ret: string
  readonly user: string
  /** Process that does the work: the job's own child where it has one, else the minion. */
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

/** What a client asks the master to do. */
export interface PublishRequest {
  readonly tgt: string | readonly string[]
  /** glob | list | pcre | grain | compound | … */
  readonly tgt_type: string
  readonly fun: string | readonly string[]
  /** Positional arguments; keyword arguments as one trailing mapping with `__kwarg__: true`. For several functions: one list each. */
  readonly arg: readonly unknown[]
  readonly user: string
  /** Names of returners, comma separated; empty for none. */
  readonly ret: string
  /** Profile of the configuration of the minions that the returners take their options from. */
  readonly ret_config?: string
  /** Options of the returners; may hold credentials, and is never shown or stored with the job. */
  readonly ret_kwargs?: Readonly<Record<string, unknown>>
  /** Seconds that a silent minion is waited for. */
  readonly timeout: number
  /** End at `timeout` whatever still runs (a peer's deadline), instead of waiting on while minions run. */
  readonly hardDeadline?: boolean
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly jid?: string
  readonly delimiter?: string
  /** Minions tell of each state that ends, as events `salt/job/JID/prog/ID/N`. */
  readonly progress?: true
  /** Minions that are away get the job when they come, within so many seconds; true: the master's `queue_ttl`. */
  readonly queue?: number | true
}

export interface Published {
  readonly jid: string
  /** Ids of the targets, sorted. */
  readonly minions: readonly string[]
}

export type PublishItem =
  | ({ readonly kind: 'published' } & Published)
  | ({ readonly kind: 'outcome'; readonly jid: string } & TargetOutcome)

/** A job as a list shows it. */
export interface JobSummary {
  readonly jid: string
  readonly fun: string | readonly string[]
  readonly tgt: string | readonly string[]
  readonly tgt_type: string
  readonly user: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** How many targets are in a state; `running` counts those of which nothing was heard yet, too. */
  readonly states: Readonly<Partial<Record<TargetState, number>>>
  /** Where targets wait in the queue: until when, in milliseconds since 1970. */
  readonly queuedUntil?: number
}

export interface RunnerRequest {
  /** `manage.up`, or `key.list_all` for a wheel function. */
  readonly fun: string
  /** As in a publish request. */
  readonly arg: readonly unknown[]
  readonly user: string
  readonly timeout?: number
  /** Answer at once with the jid and let it run on; its result is an event. */
  readonly detach?: boolean
}

export interface RunnerResult {
  readonly jid: string
  readonly return: unknown
  readonly success: boolean
  readonly retcode: number
  readonly out?: string
  /** Names that may have been meant, where there is no such function. */
  readonly nearest?: readonly string[]
}

export interface RunStep {
  readonly id: string
  /** From 1 on. */
  readonly number: number
  readonly total: number
}

export type RunnerItem =
  /** A line that it prints as it is. */
  | { readonly kind: 'line'; readonly text: string }
  /** What it shows on its way. */
  | { readonly kind: 'progress'; readonly value: unknown; readonly out?: string; readonly retcode?: number }
  /** It waits for these minions. */
  | { readonly kind: 'waiting'; readonly minions: readonly string[] }
  /** One of them is waited for no longer. */
  | { readonly kind: 'settled'; readonly id: string }
  /** It has begun this step. */
  | { readonly kind: 'step'; readonly step: RunStep }

/** Whether a minion or a user of the master's host may have a job. */
export interface ExplainRequest extends Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter' | 'fun' | 'arg'> {
  readonly subject: { readonly kind: 'minion' | 'user'; readonly name: string }
}

export interface Explanation {
  readonly allowed: boolean
  /** One sentence without a full stop. */
  readonly reason: string
  /** Place of the rule that decided, and `file:line` of it where that is known. */
  readonly rule?: string
  readonly where?: string
  /** Ids that the target means. */
  readonly targets: readonly string[]
}

/** method → parameters, streamed items, result. */
export interface MethodShape {
  readonly params: unknown
  readonly item: unknown
  readonly result: unknown
}

/** Any local bus. */
export interface BusMethods {
  /** Streams until it is cancelled. The first item comes at once (maybe without events) and says that the subscription is active. */
  subscribe: { params: SubscribeRequest; item: SubscribeItem; result: null }
  fire: { params: NewEvent; item: never; result: boolean }
  /** Many events in one call: those that are well are fired in their order, whatever is wrong with others. */
  'fire.all': { params: { readonly events: readonly NewEvent[] }; item: never; result: FireResult }
  status: { params: null; item: never; result: Readonly<Record<string, unknown>> }
}

/** The master's local bus: what the command line uses. */
export interface MasterBusMethods extends BusMethods {
  /** Streams `published`, then one `outcome` per target. With `follow: false` it ends after `published`. */
  publish: { params: PublishRequest & { readonly follow: boolean }; item: PublishItem; result: Published }
  /** Outcomes of a job that exists: those known already, then the rest as they come. */
  follow: { params: { jid: string }; item: PublishItem; result: Published }
  /** All jobs that are open and the newest others, at most `limit` of these; with a jid only that job. In the order of their jids. */
  jobs: { params: { limit?: number; jid?: string }; item: never; result: readonly JobSummary[] }
  runner: { params: RunnerRequest; item: RunnerItem; result: RunnerResult }
  /** As `runner`, for what manages the master itself: its keys, its configuration. */
  wheel: { params: RunnerRequest; item: RunnerItem; result: RunnerResult }
  /** The accepted minions that a target means, and which of them have a session, each sorted. Nothing is sent to them. */
  targets: {
    params: Pick<PublishRequest, 'tgt' | 'tgt_type' | 'delimiter'>
    item: never
    result: { readonly minions: readonly string[]; readonly connected: readonly string[] }
  }
  /** What the policies in force say about a request, without doing it. */
  explain: { params: ExplainRequest; item: never; result: Explanation }
  /** Lets minions fetch these files of the master's host until the call is cancelled; tells the environment that stands for them. */
  'files.offer': {
    params: { readonly paths: readonly string[] }
    item: { readonly saltenv: string; readonly files: number }
    result: null
  }
  /** A key file was moved by `salt key`; the master tells the bus and ends sessions that have lost their right. */
  'key.changed': {
    params: { id: string; act: 'accept' | 'reject' | 'delete'; user: string }
    item: never
    result: null
  }
}

/** What became of an event for the masters. */
export interface MasterFiring {
  /** Some master has it, or it waits for one. */
  readonly isTaken: boolean
  /** Why it, or a part of it, was not taken. */
  readonly refused: readonly string[]
}

/** What became of a return that was handed to a returner. */
export interface ReturnerReport {
  /** Name of the returner. */
  readonly returner: string
  /** `waiting`: on disk, for a backend that takes nothing now; `refused`: it will never be delivered. */
  readonly state: 'delivered' | 'waiting' | 'refused'
  /** Why not; empty where it is delivered. */
  readonly reason: string
}

/** The minion's local bus. */
export interface MinionBusMethods extends BusMethods {
  /** `saltutil.running` for another process of the same host. */
  running: { params: null; item: never; result: readonly RunningJob[] }
  signal: { params: { jid: string; signal: number }; item: never; result: boolean }
  /** Fires on the buses of the masters; waits for their answer, but for those that are away, for so long at most. */
  /** Hands a return to returners beside those of the configuration, and waits so many seconds for them. */
  'return.deliver': {
    params: Pick<PublishRequest, 'ret' | 'ret_config' | 'ret_kwargs'> & { readonly value: JobReturn; timeout: number }
    item: never
    result: readonly ReturnerReport[]
  }
  'fire.master': { params: { load: EventLoad; timeout: number }; item: never; result: MasterFiring }
  schedule: { params: ScheduleRequest; item: never; result: ScheduleAnswer }
  beacons: { params: BeaconRequest; item: never; result: BeaconAnswer }
}

/** What a minion, or `salt call` on its behalf, may ask a master over its session. The id is the session's. */
export interface MasterLinkMethods {
  /** A peer job; subject to `peer`. Answers at the deadline at the latest, one outcome per target. */
  publish: {
    params: Omit<PublishRequest, 'user' | 'hardDeadline' | 'ret_config' | 'ret_kwargs'>
    item: never
    result: { readonly jid: string | null; readonly outcomes: readonly TargetOutcome[]; readonly refusal?: string }
  }
  /** A runner; subject to `peer_run`. `refusal` instead of a result when it is not permitted. */
  runner: {
    params: { fun: string; arg: readonly unknown[]; timeout: number }
    item: never
    result: { readonly return: unknown; readonly refusal?: string }
  }
  /** Fires events on the master bus under this minion's name; answers how many were taken and why others were not. */
  fire: {
    params: { events: readonly EventLoad[] }
    item: never
    result: { readonly fired: number; readonly refused: readonly string[] }
  }
  /**
   * The same for records of the minion's buffer, in their order: each its number and the packed load. All up to `acknowledged` are
   * known to be taken; all up to `after` were sent before. Numbers that the master knows are left out, so that whatever was not
   * answered may be sent again; missing ones are told as lost. Rejects with `overloaded` what comes before its turn. Answers up to
   * which number it has come.
   */
  'fire.numbered': {
    params: {
      readonly epoch: number
      readonly acknowledged: number
      readonly after: number
      readonly events: readonly (readonly [seq: number, load: Uint8Array])[]
    }
    item: never
    result: {
      readonly taken: number
      readonly refused: readonly { readonly seq: number; readonly tag: string; readonly reason: string }[]
    }
  }
  /** Files below one folder of the master's file roots (`_modules`), with the SHA-256 of each. */
  'file.list': {
    params: { saltenv: string; under: string }
    item: never
    result: readonly { readonly path: string; readonly size: number; readonly sha256: string }[]
  }
  'file.read': { params: { saltenv: string; path: string }; item: never; result: Uint8Array }
  'file.environments': { params: null; item: never; result: readonly string[] }
  /** All that an environment has, or what a command offers under the environment `offer:TOKEN`. */
  'file.names': { params: { saltenv: string; under?: string }; item: never; result: ServedNames }
  /** Null where there is no such file. */
  'file.status': { params: { saltenv: string; path: string }; item: never; result: ServedStatus | null }
  /** At most 1 MiB from `offset` on; less at the end, nothing beyond it. */
  'file.part': { params: { saltenv: string; path: string; offset: number }; item: never; result: Uint8Array }
  /** A part of a file of this minion; answers how much of it the master has, which is where to go on. */
  'file.push': {
    params: { path: string; size: number; sha256: string; offset: number; bytes: Uint8Array }
    item: never
    result: number
  }
  /** Puts entries into the mine of this minion, beside what is there or (`clear`) in place of it all. */
  'mine.update': { params: { data: Readonly<Record<string, unknown>>; clear: boolean }; item: never; result: boolean }
  /** What this minion may read: by minion, or by function and minion where it asks for several. */
  'mine.get': {
    params: { tgt: string | readonly string[]; tgt_type: string; fun: string | readonly string[] }
    item: never
    result: Readonly<Record<string, unknown>>
  }
  'mine.delete': { params: { fun: string }; item: never; result: boolean }
  'mine.flush': { params: null; item: never; result: boolean }
  /**
   * The pillar of this minion with these grains, which the master keeps; errors of its files are under `_errors`. `secrets` are
   * texts in it that were decrypted.
   */
  'pillar.compile': {
    params: {
      /** As last told where left out. */
      readonly grains?: Readonly<Record<string, unknown>> | undefined
      readonly saltenv?: string | undefined
      readonly pillarenv?: string | undefined
      readonly override?: Readonly<Record<string, unknown>> | undefined
      readonly ext?: Readonly<Record<string, unknown>> | undefined
      /** It is for one question only: what targets look at stays as it is. */
      readonly isAside?: boolean
      /** Grains are told only where they are needed: the answer is `wantsGrains` then. */
      readonly asksForGrains?: boolean
      /** What `pillar_cache` has of this minion does not count any more. */
      readonly cleansCache?: boolean
    }
    item: never
    result: {
      readonly pillar: Readonly<Record<string, unknown>>
      readonly secrets: readonly string[]
      readonly wantsGrains?: boolean
    }
  }
  /** What the configuration of the master says of options that count for states on its minions, by name. */
  'state.options': { params: null; item: never; result: Readonly<Record<string, unknown>> }
  /** A return that did not come from a published job (`salt call`). */
  return: { params: JobReturn; item: never; result: null }
}

/** Typed calls to one master. */
export interface MasterCalls {
  /** Address as configured, `host:port`. */
  readonly address: string
  call<M extends keyof MasterLinkMethods>(
    method: M,
    params: MasterLinkMethods[M]['params'],
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<MasterLinkMethods[M]['result']>
}
