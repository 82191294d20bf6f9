/** Checks that what a user's file exports has the shape of a module, of states, or of runners. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Schema } from '../../base/schema.ts'
import type { FunctionDoc } from '../plugin.ts'

export interface CheckedFunction extends FunctionDoc {
  /** Whether it plans and then applies, as a state may. */
  readonly isPlanned: boolean
  /** Whether it has work for a watch. */
  readonly isWatching: boolean
}

export interface CheckedModule {
  readonly name: string
  readonly doc: string
  readonly functions: Readonly<Record<string, CheckedFunction>>
}

/** A file of the user's, for messages. */
export interface UserSource {
  readonly file: string
  readonly text: string
}

interface Kind {
  /** What a function is made with. */
  readonly maker: string
  /** What it must have one of. */
  readonly works: readonly string[]
}

const kinds = {
  function: { maker: 'fn({ doc, args, returns, examples, run })', works: ['run'] },
  state: { maker: 'state({ doc, args, examples, plan })', works: ['plan', 'run'] },
} as const satisfies Record<string, Kind>

export type CheckedKind = keyof typeof kinds

/** Of a plugin or a function in it. */
export const legalName = /^[a-z][a-z0-9_]*$/

/** Throws `bad-arguments` with the first thing that is wrong, in words for its author, and its line as far as that can be told. */
export function checkUserModule(
  exported: Readonly<Record<string, unknown>>,
  source: UserSource,
  kind: CheckedKind = 'function',
): CheckedModule {
  const { name, doc, functions } = exported
  const wrong = (what: string, near: unknown = name): SaltError =>
    new SaltError('bad-arguments', what, { where: placeOf(source, near) })
  if (typeof name !== 'string' || !legalName.test(name)) {
    throw wrong('The name of a module must be made of small letters, digits and _.')
  }
  if (typeof doc !== 'string' || doc === '') throw wrong(`The module ${name} needs a doc.`)
  if (!isRecord(functions)) throw wrong(`The functions of the module ${name} must be a mapping.`)
  const checked = Object.entries(functions).map(([fun, described]) => {
    const full = `${name}.${fun}`
    if (!legalName.test(fun)) throw wrong(`The name of ${full} must be made of small letters, digits and _.`, fun)
    if (!isRecord(described)) throw wrong(`${full} is not a function: ${kinds[kind].maker}.`, fun)
    return [fun, checkFunction(full, described, kinds[kind], (what) => wrong(what, fun))] as const
  })
  return { name, doc, functions: Object.fromEntries(checked) }
}

/** Where a name is set or called in the file; the file alone where it is not. */
function placeOf({ file, text }: UserSource, name: unknown): string {
  if (typeof name !== 'string' || name === '') return file
  const word = name.replace(/[^A-Za-z0-9_]/g, '\\$&')
  const found = new RegExp(`(?<![\\w$])["']?${word}["']?\\s*[:=(,}]|["']${word}["']`).exec(text)
  return found === null ? file : `${file}:${text.slice(0, found.index).split('\n').length}`
}

function checkFunction(
  name: string,
  described: Readonly<Record<string, unknown>>,
  { works }: Kind,
  wrong: (what: string) => SaltError,
): CheckedFunction {
  const { doc, args = {}, rest, extra, returns = {}, examples = [], runnable, plannable, watchable } = described
  const isPlanned = works.includes('plan') && plannable === true
  if (runnable !== true && !isPlanned) throw wrong(`${name} has no ${works.join(' or ')} function.`)
  if (typeof doc !== 'string' || doc === '') throw wrong(`${name} needs a doc.`)
  if (!isRecord(args)) throw wrong(`The args of ${name} must be a mapping from name to schema.`)
  for (const [arg, schema] of Object.entries(args)) {
    if (!isSchema(schema)) throw wrong(`The argument ${arg} of ${name} needs a schema, such as s.string('What it is').`)
  }
  if (!isSchema(returns)) throw wrong(`${name} needs a schema for what it returns.`)
  if (!Array.isArray(examples) || !examples.every((example) => typeof example === 'string')) {
    throw wrong(`The examples of ${name} must be a list of texts.`)
  }
  return {
    doc,
    args: args as Readonly<Record<string, Schema>>,
    ...(isSchema(rest) ? { rest } : {}),
    ...(isSchema(extra) ? { extra } : {}),
    returns,
    examples,
    isPlanned,
    isWatching: watchable === true,
  }
}

export function isSchema(value: unknown): value is Schema {
  return isRecord(value) && !('run' in value)
}
