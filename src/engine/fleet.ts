/** What a master lets functions do that run inside it: work on its minions, and its own runners and wheel functions. */
import type { BusEvent } from '../bus/event.ts'
import type { RunnerResult, TargetOutcome } from '../client/api.ts'
import type { EventGap, EventStream } from '../client/event-stream.ts'

export interface RunnerPublish {
  readonly tgt: string | readonly string[]
  readonly tgtType?: string
  readonly fun: string
  readonly arg?: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
  readonly timeoutSeconds?: number
  /** Names of returners, comma separated. */
  readonly ret?: string
  readonly retConfig?: string
  readonly retKwargs?: Readonly<Record<string, unknown>>
}

export interface FleetPublish extends RunnerPublish {
  /** Never more minions at work than this: `5`, `10%`. Each batch is a job of its own. */
  readonly batch?: string
  /** Only so many of the connected minions that have the function, chosen at random. */
  readonly subset?: number
  /** Begin no further batch when a minion has failed. */
  readonly failhard?: boolean
}

export interface FleetJob {
  /** Of the first job; undefined where nobody was a target. */
  readonly jid: string | undefined
  /** Every target with what became of it, in the order in which they ended. */
  readonly outcomes: readonly TargetOutcome[]
}

export interface MasterCall {
  readonly fun: string
  readonly arg?: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
  /** Answer with the jid and let it run on. */
  readonly detach?: boolean
}

export interface FleetService {
  /** Resolves when every target has its final state. Throws `bad-target`. */
  publish(request: FleetPublish): Promise<FleetJob>
  runner(call: MasterCall): Promise<RunnerResult>
  wheel(call: MasterCall): Promise<RunnerResult>
  /** Events of the master's bus whose tag matches, from now on until the run is cancelled. */
  listen(matches: (tag: string) => boolean): EventStream<BusEvent | EventGap>
}
