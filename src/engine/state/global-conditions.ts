/**
 * `global_state_conditions` of the configuration: compound targets that must mean this minion for states to be run.
 * ```yaml
 * global_state_conditions:
 *   '*': [not G@maintenance:true]
 *   pkg.installed: G@os_family:Debian
 * ```
 */
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import type { FunctionContext } from '../plugin.ts'
import type { LowChunk } from './low-chunk.ts'

export const unmetConditions = 'Failed to meet global state conditions. State not called.'

export class GlobalConditions {
  readonly #ctx: FunctionContext
  readonly #rules: readonly (readonly [string, readonly unknown[]])[]

  constructor(ctx: FunctionContext) {
    this.#ctx = ctx
    const written = ctx.config.get('global_state_conditions')
    this.#rules = isRecord(written) ? Object.entries(written).map(([key, value]) => [key, [value].flat()]) : []
  }

  /** One that is met is enough, of all that are there for such a state. */
  async areMet({ state, fun }: LowChunk): Promise<boolean> {
    if (this.#rules.length === 0) return true
    const names = ['*', state, `${state}.${fun}`]
    const conditions = this.#rules.filter(([key]) => names.includes(key)).flatMap(([, list]) => list)
    for (const condition of conditions) {
      if ((await this.#ctx.salt('match.compound', [pythonString(condition)])) === true) return true
    }
    return conditions.length === 0
  }
}
