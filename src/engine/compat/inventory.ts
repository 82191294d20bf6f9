/** What this program has, as `salt compat` asks for it. */
import type { FunctionDoc } from '../catalogue.ts'
import type { OptionTable } from '../options/option.ts'

export interface Inventory {
  /** `file.managed` → its description. */
  readonly states: ReadonlyMap<string, FunctionDoc>
  readonly functions: ReadonlyMap<string, FunctionDoc>
  readonly runners: ReadonlyMap<string, FunctionDoc>
  readonly wheels: ReadonlyMap<string, FunctionDoc>
  hasRenderer(name: string): boolean
  hasFilter(name: string): boolean
  hasTest(name: string): boolean
  readonly options: { readonly master: OptionTable; readonly minion: OptionTable }
}

/** Functions that a tree brings itself: names of their modules, for each kind of folder. */
export interface OwnPlugins {
  readonly modules: ReadonlySet<string>
  readonly states: ReadonlySet<string>
  readonly runners: ReadonlySet<string>
  readonly wheel: ReadonlySet<string>
  /** Of all kinds, those that cannot be loaded: what they are asked for has to be written anew. */
  readonly python: ReadonlySet<string>
}
