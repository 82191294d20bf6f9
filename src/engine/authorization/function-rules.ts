/**
 * Which functions with which arguments a policy permits: the lists under `peer`, `peer_run`, and later under every other
 * access list.
 *
 * A rule is a regular expression for the function's name, or a mapping `{REGEX: {args: […], kwargs: {…}}}`. All expressions must
 * match in full; Salt matches the start only, so that `test.ping` would permit `test.ping_all`, too.
 */
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { splitKwargs } from '../arguments/parse.ts'
import type { Regex } from '../target/regex.ts'
import { kindOf, type PolicyPath } from './policy-path.ts'

export interface FunctionCall {
  readonly fun: string
  /** As in a job: positional values and mappings with `__kwarg__: true`. */
  readonly arg: readonly unknown[]
}

export interface FunctionRule {
  /** Where the rule stands: `peer → "web.*" → item 1`. */
  readonly place: PolicyPath
  allowsFunction(fun: string): boolean
  /** The function and its arguments. */
  allows(call: FunctionCall): boolean
}

interface Limits {
  /** One per positional argument from the first on; undefined permits anything. */
  readonly args: readonly (Regex | undefined)[]
  readonly kwargs: ReadonlyMap<string, Regex | undefined>
}

/** The rules of a text, a list, or a mapping from function to limits. Throws `configuration` with the path. */
export function compileFunctionRules(config: unknown, path: PolicyPath): FunctionRule[] {
  if (Array.isArray(config)) return config.flatMap((item, index) => compileItem(item, path.item(index)))
  return compileItem(config, path)
}

/**
 * Whether the text can be the name of one function. A rule such as `test.*` must never see `test.ping,cmd.run` as one name.
 */
export function isFunctionName(fun: string): boolean {
  return fun.length <= 255 && /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(fun)
}

/** The first rule that permits the call. */
export function findRule(rules: readonly FunctionRule[], call: FunctionCall): FunctionRule | undefined {
  return rules.find((rule) => rule.allows(call))
}

function compileItem(config: unknown, path: PolicyPath): FunctionRule[] {
  if (typeof config === 'string') return [makeRule(path.regex(config), [], path)]
  if (isRecord(config)) {
    return Object.entries(config).map(([pattern, limits]) => {
      const place = path.key(pattern)
      return makeRule(place.regex(pattern), compileLimits(limits, place), place)
    })
  }
  throw path.fault(
    `a function is expected (a regular expression, or a mapping with args and kwargs), not ${kindOf(config)}`,
  )
}

function makeRule(name: Regex, alternatives: readonly Limits[], path: PolicyPath): FunctionRule {
  return {
    place: path,
    allowsFunction: (fun) => name.matches(fun),
    allows: ({ fun, arg }) =>
      name.matches(fun) && (alternatives.length === 0 || alternatives.some((limits) => withinLimits(limits, arg))),
  }
}

/** No limits, one set of limits, or a list of which any may fit. */
function compileLimits(config: unknown, path: PolicyPath): Limits[] {
  if (config === null || config === undefined) return []
  if (Array.isArray(config)) {
    if (config.length === 0) throw path.fault('the list of limits is empty, so that no call could be permitted')
    return config.map((item, index) => compileLimit(item, path.item(index)))
  }
  return [compileLimit(config, path)]
}

function compileLimit(config: unknown, path: PolicyPath): Limits {
  if (!isRecord(config)) throw path.fault(`limits are a mapping with args and kwargs, not ${kindOf(config)}`)
  const unknown = Object.keys(config).find((name) => name !== 'args' && name !== 'kwargs')
  if (unknown !== undefined) throw path.key(unknown).fault('the limits of a function are args and kwargs')
  const args = config.args ?? []
  if (!Array.isArray(args)) throw path.key('args').fault(`a list is expected, not ${kindOf(args)}`)
  const kwargs = config.kwargs ?? {}
  if (!isRecord(kwargs)) throw path.key('kwargs').fault(`a mapping is expected, not ${kindOf(kwargs)}`)
  const argsPath = path.key('args')
  const kwargsPath = path.key('kwargs')
  return {
    args: args.map((item, index) => compileValue(item, argsPath.item(index))),
    kwargs: new Map(Object.entries(kwargs).map(([name, item]) => [name, compileValue(item, kwargsPath.key(name))])),
  }
}

function compileValue(config: unknown, path: PolicyPath): Regex | undefined {
  if (config === null || config === undefined) return undefined
  if (isRecord(config) || Array.isArray(config))
    throw path.fault(`a regular expression is expected, not ${kindOf(config)}`)
  return path.regex(pythonString(config))
}

/** Arguments beyond the named ones are free; one that is named must be there. */
function withinLimits(limits: Limits, arg: readonly unknown[]): boolean {
  const { positional, keyword } = splitKwargs(arg)
  const fits = (regex: Regex | undefined, value: unknown) => regex === undefined || regex.matches(pythonString(value))
  return (
    limits.args.every((regex, index) => index < positional.length && fits(regex, positional[index])) &&
    [...limits.kwargs].every(([name, regex]) => Object.hasOwn(keyword, name) && fits(regex, keyword[name]))
  )
}
