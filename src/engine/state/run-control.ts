/** Holding up and ending runs of this process between two of their states: `state.pause`, `state.resume` and `state.soft_kill`. */
import { untilAborted } from '../../base/until-aborted.ts'
import type { LowChunk } from './low-chunk.ts'

/** Stands for all states of a run. */
export const allStates = '__all__'

const controls = new Map<string, RunControl>()

export class RunControl implements Disposable {
  readonly #jid: string
  readonly #signal: AbortSignal
  /** Id → the wall time at which it ends, in milliseconds since 1970; without an end where there is none. */
  readonly #paused = new Map<string, number | undefined>()
  readonly #ended = new Set<string>()
  #wake: () => void = () => {}

  constructor(jid: string, signal: AbortSignal) {
    this.#jid = jid
    this.#signal = signal
    controls.set(jid, this)
  }

  static of(jid: string): RunControl | undefined {
    return controls.get(jid)
  }

  /** Jid → what is paused in it, as Salt has it. */
  static pauses(): Record<string, Record<string, Record<string, unknown>>> {
    const all: Record<string, Record<string, Record<string, unknown>>> = {}
    for (const [jid, control] of controls) {
      const paused = [...control.#paused].map(([id, endMs]) => [
        id,
        endMs === undefined ? {} : { duration: Math.max(0, Math.ceil((endMs - Date.now()) / 1000)) },
      ])
      if (paused.length > 0) all[jid] = Object.fromEntries(paused)
    }
    return all
  }

  pause(id: string, seconds?: number): void {
    this.#paused.set(id, seconds === undefined ? undefined : Date.now() + seconds * 1000)
  }

  /** False where it was not paused. */
  resume(id: string): boolean {
    const wasPaused = this.#paused.delete(id)
    this.#wake()
    return wasPaused
  }

  end(id: string): void {
    this.#ended.add(id)
    this.#wake()
  }

  /** Resolves when the state may be run; to false when the run ends before it. */
  async admit({ id }: LowChunk): Promise<boolean> {
    while (!this.#signal.aborted) {
      if (this.#ended.has(id) || this.#ended.has(allStates)) return false
      const key = this.#paused.has(id) ? id : allStates
      if (!this.#paused.has(key)) return true
      await this.#pausedOver(this.#paused.get(key))
      const endMs = this.#paused.get(key)
      if (endMs !== undefined && endMs <= Date.now()) this.#paused.delete(key)
    }
    return false
  }

  [Symbol.dispose](): void {
    if (controls.get(this.#jid) === this) controls.delete(this.#jid)
  }

  async #pausedOver(endMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = endMs === undefined ? undefined : setTimeout(resolve, Math.max(0, endMs - Date.now()))
    await untilAborted(promise, this.#signal)
    clearTimeout(timer)
  }
}
