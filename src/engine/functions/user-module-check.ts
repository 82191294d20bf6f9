/** Checks that what a user's file exports has the shape of a module. */
import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Schema } from '../../base/schema.ts'
import type { FunctionDoc } from '../plugin.ts'

export interface CheckedModule {
  readonly name: string
  readonly doc: string
  readonly functions: Readonly<Record<string, FunctionDoc>>
}

/** Throws `bad-arguments` with the first thing that is wrong, in words for its author. */
export function checkUserModule(exported: Readonly<Record<string, unknown>>, file: string): CheckedModule {
  const wrong = (what: string): SaltError => new SaltError('bad-arguments', what, { where: file })
  const { name, doc, functions } = exported
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw wrong('The name of a module must be made of small letters, digits and _.')
  }
  if (typeof doc !== 'string' || doc === '') throw wrong(`The module ${name} needs a doc.`)
  if (!isRecord(functions)) throw wrong(`The functions of the module ${name} must be a mapping.`)
  const checked = Object.entries(functions).map(([fun, described]) => {
    const full = `${name}.${fun}`
    if (!/^[a-z][a-z0-9_]*$/.test(fun)) throw wrong(`The name of ${full} must be made of small letters, digits and _.`)
    if (!isRecord(described)) throw wrong(`${full} is not a function: fn({ doc, args, returns, examples, run }).`)
    return [fun, checkFunction(full, described, wrong)] as const
  })
  return { name, doc, functions: Object.fromEntries(checked) }
}

function checkFunction(
  name: string,
  described: Readonly<Record<string, unknown>>,
  wrong: (what: string) => SaltError,
): FunctionDoc {
  const { doc, args = {}, rest, extra, returns = {}, examples = [], runnable } = described
  if (runnable !== true) throw wrong(`${name} has no run function.`)
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
  }
}

function isSchema(value: unknown): value is Schema {
  return isRecord(value) && !('run' in value)
}
