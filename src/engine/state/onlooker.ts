/** Somebody who watches states being run, in the process that runs them. */
import type { LowChunk } from './low-chunk.ts'
import type { Decision, RunOptions, StateReturn } from './state-return.ts'

export interface StateOnlooker {
  /** A state has ended. `total`: of how many states. */
  ended(chunk: LowChunk, ret: StateReturn, total: number): void
  /** Asked before anything is changed, where it wants to be. */
  readonly confirm?: (...asked: Parameters<NonNullable<RunOptions['confirm']>>) => Promise<Decision>
}
