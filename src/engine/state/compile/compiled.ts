/** What SLS files come to, before anything is run. */
import type { Dict } from '../../render/values/dict.ts'
import type { LowChunk } from '../low-chunk.ts'

export interface CompileRequest {
  /** `web`, `db.server` …; undefined for what the top files say of this minion. */
  readonly sls?: readonly string[]
  /** Environment of `sls`; undefined: `base`, or all for the top files. */
  readonly saltenv?: string
  /** In the form of an `exclude` in an SLS file. */
  readonly exclude?: readonly unknown[]
  /** Told the environments that the top files have for this minion, before anything of them is rendered. */
  readonly onMatched?: (saltenvs: readonly string[]) => Promise<void>
  /** High data instead of files (`state.high`). */
  readonly high?: unknown
}

export interface CompiledStates {
  /** Id → state → arguments, with `__sls__` and `__env__`, as `state.show_highstate` shows it. */
  readonly high: Dict
  /** In the order in which they are run. Empty where there are errors. */
  readonly chunks: readonly LowChunk[]
  /** Salt's sentences, with place and excerpt; nothing may be run where there are any. */
  readonly errors: readonly string[]
  /** What the top files say of this minion, environment → names of SLS files, where they were asked. */
  readonly matches?: ReadonlyMap<string, readonly string[]>
}
