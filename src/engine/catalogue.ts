/** A catalogue of plugins, and what it says of one. */
import type { Schema } from '../base/schema.ts'

/**
 * A catalogue of plugins of one kind: names are at hand, docs are data that is loaded on first use, and a function is
 * loaded when it is called.
 */
export interface Catalogue<D> {
  /** Sorted full names (`test.ping`) of all that are registered, usable here or not. */
  names(): readonly string[]
  /** Sorted full names of those whose module can be used on this host. */
  availableNames(): Promise<readonly string[]>
  describe(name: string): Promise<FunctionDoc | undefined>
  moduleDoc(module: string): Promise<string | undefined>
  /** Resolves a name to its definition, or to the reason why it is not available. */
  load(name: string): Promise<LoadedFunction<D> | Unavailable>
}

export interface LoadedFunction<D> {
  readonly kind: 'loaded'
  readonly name: string
  readonly definition: D
}

export interface Unavailable {
  readonly kind: 'unavailable'
  /** Salt's sentence: `'x.y' is not available.`, with the reason when one is known. */
  readonly message: string
  readonly nearest: readonly string[]
}

/** What generated documentation holds of a function; a JSON value. */
export interface FunctionDoc {
  readonly doc: string
  readonly args: Readonly<Record<string, Schema>>
  /** Schema of each extra positional argument, where the function takes any number of them. */
  readonly rest?: Schema
  /** Schema of each extra keyword argument, where the function takes any. */
  readonly extra?: Schema
  readonly returns: Schema
  readonly examples: readonly string[]
}
