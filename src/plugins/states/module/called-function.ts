/** Functions as SLS files call them: arguments and keyword arguments in one list, as `module.run` has them. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import type { FunctionContext, FunctionDefinition } from '../../../engine/plugin.ts'

export interface FunctionCall {
  readonly positional: readonly unknown[]
  readonly keyword: Readonly<Record<string, unknown>>
}

/** The function behind a name, or undefined where there is none here. */
export async function functionCalled(ctx: FunctionContext, name: string): Promise<FunctionDefinition | undefined> {
  const found = await ctx.functions.load(name)
  return found.kind === 'loaded' ? found.definition : undefined
}

/**
 * `[1, two, {three: 3}]` → two arguments and a keyword argument; a mapping alone has keyword arguments only.
 * Throws `bad-arguments` with those that are missing.
 */
export function callOf(definition: FunctionDefinition, written: unknown): FunctionCall {
  const items = written === null || written === undefined ? [] : Array.isArray(written) ? written : [written]
  const positional: unknown[] = []
  const keyword: Record<string, unknown> = {}
  for (const item of items) {
    if (isRecord(item)) Object.assign(keyword, item)
    else positional.push(item)
  }
  const missing = missingArguments(definition, { positional, keyword })
  if (missing.length > 0) throw new SaltError('bad-arguments', `Missing arguments: ${missing.join(', ')}`)
  return { positional: withoutGaps(definition, positional, keyword), keyword }
}

function missingArguments({ args }: FunctionDefinition, { positional, keyword }: FunctionCall): string[] {
  const required = Object.entries(args).filter(([, schema]) => schema['x-optional'] !== true)
  const named = required.filter(([name]) => Object.hasOwn(keyword, name)).length
  return required.length <= positional.length + named
    ? []
    : required
        .map(([name]) => name)
        .filter((name) => !Object.hasOwn(keyword, name))
        .slice(positional.length)
}

/** As in Salt, arguments without a name fill the places that none of the named ones has. */
function withoutGaps(
  { args }: FunctionDefinition,
  positional: readonly unknown[],
  keyword: Record<string, unknown>,
): unknown[] {
  const left = [...positional]
  const placed: unknown[] = []
  for (const name of Object.keys(args)) {
    if (left.length === 0) break
    if (!Object.hasOwn(keyword, name)) placed.push(left.shift())
    else {
      placed.push(keyword[name])
      delete keyword[name]
    }
  }
  return [...placed, ...left]
}

/** Names that mean something to every state, so that arguments of functions by these names are written with `m_`. */
const hidden: ReadonlySet<string> = new Set(['name', 'fun', 'names', 'state', 'saltenv'])

export interface LegacyCall extends FunctionCall {
  readonly unused: readonly string[]
}

/** Arguments beside the name of the function, as `module.run` had them at first; a text where they cannot be used. */
export function legacyCallOf(
  { args, rest, extra }: FunctionDefinition,
  given: Readonly<Record<string, unknown>>,
): LegacyCall | string {
  const left = new Map(Object.entries(given))
  const take = (key: string): unknown => {
    const value = left.get(key)
    left.delete(key)
    return value
  }
  const keyword: Record<string, unknown> = {}
  const missing: string[] = []
  for (const [name, schema] of Object.entries(args)) {
    const key = hidden.has(name) ? `m_${name}` : name
    if (left.has(key)) keyword[name] = take(key)
    else if (schema['x-optional'] !== true) missing.push(key)
  }
  const positional =
    rest === undefined
      ? []
      : listOf(
          ['args', 'm_names', 'names'].find((key) => left.has(key)),
          take,
        )
  if (typeof positional === 'string') return positional
  const more = left.has('kwargs') ? take('kwargs') : {}
  if (!isRecord(more)) return "'kwargs' must be a dict."
  const taken = Object.entries(more).filter(([name]) => extra !== undefined || Object.hasOwn(args, name))
  Object.assign(keyword, Object.fromEntries(taken))
  const lacking = missing.filter((key) => !Object.hasOwn(keyword, key.replace(/^m_/, '')))
  if (lacking.length > 0) return `The following arguments are missing: ${lacking.join(' ')}`
  const unused = [...left.keys(), ...Object.keys(more).filter((name) => !Object.hasOwn(keyword, name))]
  return { ...inOrder(args, positional, keyword), unused }
}

function listOf(key: string | undefined, take: (key: string) => unknown): readonly unknown[] | string {
  if (key === undefined) return []
  const value = take(key)
  return Array.isArray(value) ? value : `'${key.replace(/^m_/, '')}' must be a list.`
}

/** Further arguments come after all that have names. */
function inOrder(
  args: FunctionDefinition['args'],
  rest: readonly unknown[],
  keyword: Readonly<Record<string, unknown>>,
): FunctionCall {
  if (rest.length === 0) return { positional: [], keyword }
  const names = Object.keys(args)
  const named = names.map((name) => (Object.hasOwn(keyword, name) ? keyword[name] : args[name]?.default))
  const more = Object.entries(keyword).filter(([name]) => !names.includes(name))
  return { positional: [...named, ...rest], keyword: Object.fromEntries(more) }
}

/** Whether Salt counts the answer of a function as a success. `nested` ones count where the answer itself says nothing. */
export function isGood(answer: unknown, nested: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  if (isRecord(answer) && failsByCode(answer)) return false
  if (!isRecord(nested)) return true
  if (typeof nested.result === 'boolean') return nested.result
  return !failsByCode(nested) && !hasFailedResult(nested)
}

function failsByCode({ retcode = 0 }: Readonly<Record<string, unknown>>): boolean {
  return pythonString(retcode) !== '0'
}

function hasFailedResult(node: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(node).some(
    ([key, value]) => (key === 'result' && value === false) || (isRecord(value) && hasFailedResult(value)),
  )
}
