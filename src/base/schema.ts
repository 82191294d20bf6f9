/**
 * Schemas as plain JSON-Schema objects with a static type beside them.
 *
 * One description serves validation, coercion of command-line words, `sys.argspec`, completion, and the reference docs.
 * Building one costs an object literal: nothing is compiled, because most processes look at one or two of them.
 */

import type { Secret } from './secret.ts'

declare const type: unique symbol

/** The JSON-Schema keywords used here. */
export interface SchemaKeywords {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object'
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  /** Not JSON Schema: the argument may be left out (and then has `default`, or is undefined). */
  readonly 'x-optional'?: true
  /** Not JSON Schema: a field that Salt does not have. */
  readonly 'x-ours'?: true
}

export interface Schema<T = unknown> extends SchemaKeywords {
  readonly [type]?: T
}

export type Static<S> = S extends Schema<infer T> ? T : never
export type StaticProperties<P extends Record<string, Schema>> = { [K in keyof P]: Static<P[K]> }

function make<T>(keywords: SchemaKeywords, description?: string): Schema<T> {
  return description === undefined ? keywords : { ...keywords, description }
}

export const s = {
  any: (description?: string) => make<unknown>({}, description),
  string: (description?: string) => make<string>({ type: 'string' }, description),
  /** Text that may have several lines. */
  text: (description?: string) => make<string>({ type: 'string', format: 'text' }, description),
  path: (description?: string) => make<string>({ type: 'string', format: 'path' }, description),
  /** A shell command line. */
  command: (description?: string) => make<string>({ type: 'string', format: 'command' }, description),
  /** Text that nobody must see: whoever asks for it by this schema gets it wrapped. */
  secret: (description?: string) => make<Secret>({ type: 'string', format: 'secret' }, description),
  integer: (description?: string, limits: { minimum?: number; maximum?: number } = {}) =>
    make<number>({ type: 'integer', ...limits }, description),
  number: (description?: string, limits: { minimum?: number; maximum?: number } = {}) =>
    make<number>({ type: 'number', ...limits }, description),
  /** A span of time in seconds. */
  seconds: (description?: string) => make<number>({ type: 'number', format: 'seconds', minimum: 0 }, description),
  bytes: (description?: string) => make<number>({ type: 'integer', format: 'bytes', minimum: 0 }, description),
  boolean: (description?: string) => make<boolean>({ type: 'boolean' }, description),
  null: (description?: string) => make<null>({ type: 'null' }, description),
  literal: <const V extends readonly (string | number | boolean | null)[]>(values: V, description?: string) =>
    make<V[number]>({ enum: values }, description),
  array: <T>(items: Schema<T>, description?: string) => make<T[]>({ type: 'array', items }, description),
  record: <T>(values: Schema<T>, description?: string) =>
    make<Record<string, T>>({ type: 'object', additionalProperties: values }, description),
  object: <P extends Record<string, Schema>>(properties: P, description?: string) =>
    make<StaticProperties<P>>(
      {
        type: 'object',
        properties,
        required: Object.keys(properties).filter((name) => properties[name]?.['x-optional'] !== true),
        additionalProperties: false,
      },
      description,
    ),
  union: <const A extends readonly Schema[]>(anyOf: A, description?: string) =>
    make<Static<A[number]>>({ anyOf }, description),
  /** May be left out; the function then sees `undefined`. */
  optional: <T>(schema: Schema<T>) => ({ ...schema, 'x-optional': true }) as Schema<T | undefined>,
  /** A field that Salt does not have. */
  ours: <T>(schema: Schema<T>) => ({ ...schema, 'x-ours': true }) as Schema<T>,
  /** May be left out; the function then sees `value`. */
  withDefault: <T, D extends T>(schema: Schema<T>, value: D) =>
    ({ ...schema, 'x-optional': true, default: value }) as Schema<T>,
}
