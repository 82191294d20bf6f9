/** Reactions as data: what a reaction file, or an inline rule, asks to be done (Salt's `local.`, `runner.`, `wheel.`, `caller.`). */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { nearest } from '../../base/text.ts'
import { isFromEvent } from './event-values.ts'

interface Call {
  /** Name of the reaction in its file. */
  readonly name: string
  readonly fun: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

export interface JobReaction extends Call {
  readonly kind: 'local'
  readonly tgt: string | readonly string[]
  readonly tgtType: string
  /** Names of returners, comma separated. */
  readonly ret: string
  readonly timeoutSeconds?: number
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface RunReaction extends Call {
  /** `caller`: an execution function on the host of the master. */
  readonly kind: 'runner' | 'wheel' | 'caller'
}

export type Reaction = JobReaction | RunReaction

const kinds = ['local', 'cmd', 'runner', 'wheel', 'caller']
const jobOptions = ['tgt', 'tgt_type', 'expr_form', 'ret', 'timeout', 'metadata']
const argumentOptions = ['arg', 'args', 'kwarg', 'kwargs']

/** Where the reaction `path` of the file is, for errors. */
export type WhereReaction = (path: readonly (string | number)[]) => string

/** The reactions of a file, in their order. Throws `configuration` with the place for what is none. */
export function reactionsOf(value: unknown, where: WhereReaction): readonly Reaction[] {
  if (value === null || value === undefined) return []
  if (!isRecord(value)) throw fault('a reaction file is a mapping of names to reactions', where([]), example)
  return Object.entries(value).flatMap(([name, body]) => {
    if (!isRecord(body) || Object.keys(body).length === 0)
      throw fault(`the reaction '${name}' is no mapping of a function to its arguments`, where([name]), example)
    return Object.entries(body).map(([call, options]) => reactionOf(name, call, options, where))
  })
}

const example = 'Write for example:  restart: {local.service.restart: [{tgt: web1}, {args: [nginx]}]}'

function reactionOf(name: string, call: string, given: unknown, where: WhereReaction): Reaction {
  const [kindWord = '', ...funWords] = call.split('.')
  const place = where([name, call])
  if (!kinds.includes(kindWord)) {
    const [near] = nearest(kindWord, kinds)
    throw fault(
      `'${call}' begins with no kind of reaction`,
      place,
      `The kinds are local, runner, wheel and caller${near === undefined ? '' : `; did you mean ${near}?`}`,
    )
  }
  const items = itemsOf(given, call, place)
  const fun = funWords.length > 0 ? funWords.join('.') : items.names.shift()
  if (fun === undefined || items.names.length > 0)
    throw fault(
      `the reaction '${call}' ${fun === undefined ? 'names no function' : `has '${items.names[0]}' where only options can be`}`,
      place,
      example,
    )
  const kind = kindWord === 'cmd' ? 'local' : (kindWord as Reaction['kind'])
  return kind === 'local'
    ? jobReaction(name, fun, items.options, place)
    : runReaction({ name, kind, fun }, items.options)
}

/** Options are a list of mappings, or one mapping; the function may be the first word of the list (`local: [cmd.run, …]`). */
function itemsOf(given: unknown, call: string, place: string): { names: string[]; options: Record<string, unknown> } {
  const items = given === null ? [] : Array.isArray(given) ? given : [given]
  const names: string[] = []
  const options: Record<string, unknown> = {}
  for (const item of items) {
    if (typeof item === 'string') names.push(item)
    else if (isRecord(item) && !isFromEvent(item)) Object.assign(options, item)
    else throw fault(`the reaction '${call}' has an option that is no mapping`, place, example)
  }
  return { names, options }
}

function jobReaction(
  name: string,
  fun: string,
  options: Readonly<Record<string, unknown>>,
  place: string,
): JobReaction {
  const stranger = Object.keys(options).find((key) => ![...jobOptions, ...argumentOptions].includes(key))
  if (stranger !== undefined) {
    const [near] = nearest(stranger, [...jobOptions, ...argumentOptions])
    throw fault(
      `'${stranger}' is no option of a job`,
      place,
      `Arguments of ${fun} belong under args${near === undefined ? '' : `; or did you mean ${near}?`}`,
    )
  }
  const { tgt, tgt_type = options.expr_form ?? 'glob', ret = '', timeout, metadata } = options
  if (typeof tgt !== 'string' && !Array.isArray(tgt))
    throw fault(`the reaction '${name}' has no target`, place, 'Add  - tgt: ID  to its list.')
  return {
    kind: 'local',
    name,
    fun,
    ...argumentsOf(options),
    tgt: typeof tgt === 'string' ? tgt : tgt.map(String),
    tgtType: String(tgt_type),
    ret: Array.isArray(ret) ? ret.join(',') : String(ret ?? ''),
    ...(typeof timeout === 'number' && timeout > 0 ? { timeoutSeconds: timeout } : {}),
    ...(isRecord(metadata) ? { metadata } : {}),
  }
}

/** What is no option of ours is an argument of the function: Salt's older form (`- mods: x` beside `- args:`). */
function runReaction(
  call: Pick<Call, 'name' | 'fun'> & { readonly kind: 'runner' | 'wheel' | 'caller' },
  options: Readonly<Record<string, unknown>>,
): Reaction {
  const { args, kwargs } = argumentsOf(options)
  const direct = Object.entries(options).filter(([key]) => !argumentOptions.includes(key))
  return { ...call, args, kwargs: { ...Object.fromEntries(direct), ...kwargs } }
}

function argumentsOf(options: Readonly<Record<string, unknown>>): Pick<Call, 'args' | 'kwargs'> {
  const kwargs: Record<string, unknown> = {}
  const args = [options.arg, options.args].flatMap((given) => {
    if (given === undefined || given === null) return []
    const items: unknown[] = Array.isArray(given) ? given : [given]
    const isKeyword = (item: unknown): item is Record<string, unknown> =>
      isRecord(item) && !isFromEvent(item) && !isFromEvent(given)
    for (const item of items) if (isKeyword(item)) Object.assign(kwargs, item)
    return items.filter((item) => !isKeyword(item)).map(withoutMark)
  })
  for (const given of [options.kwarg, options.kwargs]) {
    for (const item of Array.isArray(given) ? given : [given]) if (isRecord(item)) Object.assign(kwargs, item)
  }
  return { args, kwargs }
}

/** The mark of keyword arguments on the wire: an event could bring it, too. */
function withoutMark(value: unknown): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, '__kwarg__')) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== '__kwarg__'))
}

function fault(message: string, where: string, hint: string): SaltError {
  return new SaltError('configuration', message, { where, hint })
}
