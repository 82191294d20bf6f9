/** The shape of an option: the one description that loading, the types and the reference pages come from. */
import type { Schema } from '../../base/schema.ts'

export interface Option<T = unknown> {
  readonly schema: Schema<T>
  /** Value where the configuration has none, or null. */
  readonly initial: T
  /** One or two sentences for the reference. */
  readonly doc: string
  /** A path below `root_dir`. */
  readonly isPath?: true
  /** Salt has no such option. */
  readonly isOurs?: true
  /** Why a value that fits the schema is refused all the same. */
  refuse?(value: T): Refusal | undefined
}

export interface Refusal {
  readonly reason: string
  readonly hint: string
}

export type OptionTable = Readonly<Record<string, Option>>

/** Options by Salt's own names, so that operators and code speak one language. */
export type OptionValues<T> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never }

type More<T> = Pick<Option<T>, 'isOurs' | 'refuse'>

export function option<T>(schema: Schema<T>, initial: NoInfer<T>, doc: string, more: More<T> = {}): Option<T> {
  return { schema, initial, doc, ...more }
}

/** An option without a default. */
export function unset<T>(schema: Schema<T>, doc: string, more: More<T | undefined> = {}): Option<T | undefined> {
  return { schema, initial: undefined, doc, ...more }
}

/** A path below `root_dir`. */
export function pathOption(
  schema: Schema<string>,
  initial: string,
  doc: string,
  more: More<string> = {},
): Option<string> {
  return { schema, initial, doc, isPath: true, ...more }
}

export function unsetPath(schema: Schema<string>, doc: string): Option<string | undefined> {
  return { schema, initial: undefined, doc, isPath: true }
}
