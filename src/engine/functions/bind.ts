/**
 * Fits the arguments of a job to the description of a function.
 *
 * The checks come in the order in which Salt makes them, and the sentences are those that its users know.
 */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import type { Schema } from '../../base/schema.ts'
import { coerceArgument, describeIssues } from '../../base/validate.ts'
import { shownArguments } from '../arguments/parse.ts'
import type { JobContext, MoreArguments } from '../plugin.ts'

/** Arguments that do not fit the signature: shown as "Passed invalid arguments to …" with the function's doc. */
export class SignatureError extends SaltError {
  constructor(message: string) {
    super('bad-arguments', message)
  }
}

export interface BoundArguments {
  readonly args: Readonly<Record<string, unknown>>
  readonly more: MoreArguments
}

/** The part of a function or runner definition that binding needs. */
export interface Signature {
  readonly args: Readonly<Record<string, Schema>>
  readonly rest?: Schema
  readonly extra?: Schema
}

export interface GivenArguments {
  readonly positional: readonly unknown[]
  readonly keyword: Readonly<Record<string, unknown>>
}

/**
 * Binds a job's argument list, whose keyword arguments travel as a mapping with `__kwarg__: true`.
 *
 * @param publication `__pub_…` values, handed to functions that take any keyword argument.
 * Throws `bad-arguments` for an unknown keyword, SignatureError for anything else that does not fit.
 */
export function bindArguments(
  signature: Signature,
  name: string,
  arg: readonly unknown[],
  publication: Readonly<Record<string, unknown>> = {},
): BoundArguments {
  return bindGiven(signature, name, splitGiven(arg), publication)
}

/** As `bindArguments`, for a call from another function. */
export function bindGiven(
  signature: Signature,
  name: string,
  given: GivenArguments,
  publication: Readonly<Record<string, unknown>> = {},
): BoundArguments {
  refuseUnknownKeywords(signature, given.keyword)
  const shortName = `${name.slice(name.lastIndexOf('.') + 1)}()`
  const names = Object.keys(signature.args)
  const values = new Map(names.slice(0, given.positional.length).map((key, index) => [key, given.positional[index]]))
  const extra: [string, unknown][] = []
  for (const [key, value] of Object.entries(given.keyword)) {
    if (!Object.hasOwn(signature.args, key)) extra.push([key, value])
    else if (values.has(key)) throw new SignatureError(`${shortName} got multiple values for argument '${key}'`)
    else values.set(key, value)
  }
  refuseTooMany(signature, shortName, given.positional.length)
  refuseMissing(signature, shortName, values)
  const bound = names.map((key) => [key, fit(signature.args[key] ?? {}, values.get(key), shortName, key)] as const)
  return {
    args: Object.fromEntries(bound),
    more: {
      rest: given.positional
        .slice(names.length)
        .map((value, index) => fit(signature.rest ?? {}, value, shortName, `number ${names.length + index + 1}`)),
      extra: Object.fromEntries([
        ...extra.map(([key, value]) => [key, fit(signature.extra ?? {}, value, shortName, key)] as const),
        ...(signature.extra === undefined ? [] : Object.entries(publication)),
      ]),
    },
  }
}

/** Mappings marked with `__kwarg__` are keyword arguments wherever they stand. */
function splitGiven(arg: readonly unknown[]): GivenArguments {
  const positional: unknown[] = []
  const keyword: [string, unknown][] = []
  for (const value of arg) {
    if (isRecord(value) && value.__kwarg__ === true) {
      keyword.push(...Object.entries(value).filter(([key]) => key !== '__kwarg__'))
    } else positional.push(value)
  }
  return { positional, keyword: Object.fromEntries(keyword) }
}

/** The `__pub_…` values of a published job, in Salt's order. */
export function publicationOf(job: JobContext): Readonly<Record<string, unknown>> {
  return {
    __pub_fun: job.fun,
    __pub_arg: shownArguments(job.fun, job.arg),
    __pub_tgt: job.tgt,
    __pub_jid: job.jid,
    __pub_ret: job.ret,
    ...(job.publisherId === undefined ? {} : { __pub_id: job.publisherId }),
    __pub_tgt_type: job.tgtType,
    __pub_user: job.user,
  }
}

/** Keyword arguments of a call without those that tell of the job (`__pub_…`), and whatever else begins like that. */
export function withoutPublication(extra: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('__')))
}

/** The `__pub_…` values that `salt call` gives. */
export function localPublication(fun: string | readonly string[], jid: string): Readonly<Record<string, unknown>> {
  return { __pub_fun: fun, __pub_jid: jid, __pub_pid: process.pid, __pub_tgt: 'salt-call' }
}

function refuseUnknownKeywords(signature: Signature, keyword: Readonly<Record<string, unknown>>): void {
  if (signature.extra !== undefined) return
  const unknown = Object.entries(keyword).filter(([key]) => !Object.hasOwn(signature.args, key))
  if (unknown.length === 0) return
  const list = unknown.map(([key, value]) => `${key}=${pythonString(value)}`).join(', ')
  throw new SaltError('bad-arguments', `The following keyword arguments are not valid: ${list}`)
}

function refuseTooMany(signature: Signature, shortName: string, count: number): void {
  const most = Object.keys(signature.args).length
  if (signature.rest !== undefined || count <= most) return
  const least = Object.values(signature.args).filter((schema) => schema['x-optional'] !== true).length
  const takes = least === most ? `${most}` : `from ${least} to ${most}`
  const noun = most === 1 && least === most ? 'argument' : 'arguments'
  throw new SignatureError(
    `${shortName} takes ${takes} positional ${noun} but ${count} ${count === 1 ? 'was' : 'were'} given`,
  )
}

function refuseMissing(signature: Signature, shortName: string, values: ReadonlyMap<string, unknown>): void {
  const missing = Object.entries(signature.args)
    .filter(([key, schema]) => schema['x-optional'] !== true && !values.has(key))
    .map(([key]) => `'${key}'`)
  if (missing.length === 0) return
  const last = missing.at(-1) ?? ''
  const before = missing.slice(0, -1)
  const comma = before.length > 1 ? ',' : ''
  const list = before.length === 0 ? last : `${before.join(', ')}${comma} and ${last}`
  const noun = missing.length === 1 ? 'argument' : 'arguments'
  throw new SignatureError(`${shortName} missing ${missing.length} required positional ${noun}: ${list}`)
}

function fit(schema: Schema, value: unknown, shortName: string, key: string): unknown {
  const { value: fitted, issues } = coerceArgument(schema, value)
  if (issues.length > 0) throw new SignatureError(`${shortName} argument ${describeIssues(issues, key)}`)
  return fitted
}
