/** What a run of states gives back: Salt's shape, by `chunkTag`. */
import type { Clock } from '../../base/clock.ts'
import type { LowChunk } from './low-chunk.ts'
import type { Changes } from './plan.ts'

export interface StateReturn {
  readonly name: string
  readonly changes: Changes
  /** Null: something would change. */
  readonly result: boolean | null
  readonly comment: string
  readonly warnings?: readonly string[]
  readonly __sls__?: string | null
  readonly __id__?: string
  /** 0 for the first that was run. */
  readonly __run_num__: number
  /** `14:03:59.120033`, in local time */
  readonly start_time?: string
  /** Milliseconds. */
  readonly duration?: number
  /** What a state adds of its own. */
  readonly [more: string]: unknown
}

export type StateReturns = Readonly<Record<string, StateReturn>>

/** Whether a state that is about to change something may, and whether the run goes on. */
export type Decision = 'do' | 'skip' | 'stop'

export interface RunOptions {
  readonly test: boolean
  /** Say what would be called, and call nothing (`mock=True`). */
  readonly mock?: boolean
  /** Told of every state before it is called, though not of one that is left out. */
  readonly onBegin?: (chunk: LowChunk) => void
  /** Told of every state as it ends. */
  readonly onReturn?: (chunk: LowChunk, ret: StateReturn) => void
  /** Only these are wanted, with what they require; the others are there to be required. */
  readonly only?: (chunk: LowChunk) => boolean
  /** For the tags of events; that of the job when left out. */
  readonly jid?: string
  /** Asked before each state; false ends the run there, as if there were no more states. */
  readonly before?: (chunk: LowChunk) => Promise<boolean> | boolean
  /** Asked before anything is changed, with what a dry run shows. */
  readonly confirm?: (chunk: LowChunk, shown: Pick<StateReturn, 'comment' | 'changes'>) => Promise<Decision>
  /** Told in a dry run of each fingerprint of a plan. */
  readonly onFingerprint?: (chunk: LowChunk, fingerprint: string) => void
  /** Makes the pillar of the run anew (`reload_pillar`). */
  readonly pillar?: () => Promise<Readonly<Record<string, unknown>> | undefined>
  /** For the waits of `retry`. */
  readonly clock?: Clock
}
