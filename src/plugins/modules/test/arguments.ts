/** Functions of `test` that show what arrives at a minion. */

import { Float } from '../../../base/float.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonRepr } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { withoutPublication } from '../../../engine/functions/bind.ts'
import { fn } from '../../../engine/plugin.ts'

const anyRest = s.any('Any positional argument')
const anyExtra = s.any('Any keyword argument')
const argsAndKwargs = s.object({ args: s.array(s.any()), kwargs: s.record(s.any()) })

/** Python's name of the class that a value would have there. */
function className(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if (typeof value === 'string') return 'str'
  if (value instanceof Float) return 'float'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'list'
  return 'dict'
}

function typeText(value: unknown): string {
  return `<class '${className(value)}'>`
}

/** Python's form of a tuple; one of a single value has a comma. */
function tupleRepr(values: readonly unknown[]): string {
  return `(${values.map(pythonRepr).join(', ')}${values.length === 1 ? ',' : ''})`
}

export const argumentFunctions = {
  ping: fn({
    doc: 'Answer that this minion is there. No network packet of the ping kind is sent; the way of a job is tried out.',
    returns: s.boolean('Always true'),
    examples: ["salt '*' test.ping"],
    run: () => true,
  }),
  echo: fn({
    doc: 'Give back the text that was sent.',
    args: { text: s.any('What to give back') },
    returns: s.any('The value of text'),
    examples: ["salt '*' test.echo 'one two three'"],
    run: (_ctx, { text }) => text,
  }),
  outputter: fn({
    doc: 'Give back any data, to see how an outputter shows it.',
    args: { data: s.any('What to give back') },
    returns: s.any('The value of data'),
    examples: ["salt '*' test.outputter '{a: [1, two]}' --out=yaml"],
    run: (_ctx, { data }) => data,
  }),
  arg: fn({
    doc: 'Show the positional and keyword arguments as they arrive, with what the function is told about the job.',
    rest: anyRest,
    extra: anyExtra,
    returns: argsAndKwargs,
    examples: [`salt '*' test.arg 1 two 3.1 txt=hello wow='{a: 1, b: hello}'`],
    run: (_ctx, _args, { rest, extra }) => ({ args: [...rest], kwargs: { ...extra } }),
  }),
  arg_clean: fn({
    doc: 'Show the arguments as test.arg does, without what is told about the job.',
    rest: anyRest,
    extra: anyExtra,
    returns: argsAndKwargs,
    examples: ["salt '*' test.arg_clean 1 two txt=hello"],
    run: (_ctx, _args, { rest, extra }) => ({ args: [...rest], kwargs: withoutPublication(extra) }),
  }),
  arg_repr: fn({
    doc: 'Show the arguments in the notation of Python, so that types can be told apart.',
    rest: anyRest,
    extra: anyExtra,
    returns: s.object({ args: s.string(), kwargs: s.string() }),
    examples: ["salt '*' test.arg_repr 1 two 3.0 txt=hello"],
    run: (_ctx, _args, { rest, extra }) => ({ args: tupleRepr(rest), kwargs: pythonRepr({ ...extra }) }),
  }),
  arg_type: fn({
    doc: 'Show the type of each argument, by the names of Python.',
    rest: anyRest,
    extra: anyExtra,
    returns: s.object({ args: s.array(s.string()), kwargs: s.record(s.string()) }),
    examples: ["salt '*' test.arg_type 1 two 3.1"],
    run: (_ctx, _args, { rest, extra }) => ({
      args: rest.map(typeText),
      kwargs: Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, typeText(value)])),
    }),
  }),
  kwarg: fn({
    doc: 'Show the keyword arguments as they arrive, with what the function is told about the job.',
    extra: anyExtra,
    returns: s.record(s.any()),
    examples: [`salt '*' test.kwarg num=1 txt=two env='{a: 1, b: hello}'`],
    run: (_ctx, _args, { extra }) => ({ ...extra }),
  }),
  cross_test: fn({
    doc: 'Call another function of this minion from within a function.',
    args: {
      func: s.string('Full name of the function'),
      args: s.optional(s.array(s.any(), 'Its positional arguments')),
    },
    returns: s.any('The result of the other function'),
    examples: ["salt '*' test.cross_test test.echo '[hello]'"],
    run: (ctx, { func, args }) => ctx.salt(func, args),
  }),
  try: fn({
    doc: 'Call another function and go on when it fails.',
    args: {
      module: s.string('Full name of the function'),
      return_try_exception: s.withDefault(s.boolean('Give back the text of the error instead of null'), false),
    },
    extra: s.any('Keyword arguments of the function'),
    returns: s.any('The result of the other function, or null'),
    examples: ["salt '*' test.try module=test.echo text=hello"],
    async run(ctx, { module, return_try_exception }, { extra }) {
      try {
        return await ctx.salt(module, [], withoutPublication(extra))
      } catch (error) {
        if (ctx.signal.aborted || !return_try_exception) return null
        return error instanceof Error ? error.message : String(error)
      }
    },
  }),
  attr_call: fn({
    doc: 'Call grains.items from within a function.',
    returns: s.record(s.any()),
    examples: ["salt '*' test.attr_call"],
    async run(ctx) {
      const grains = await ctx.salt('grains.items')
      return isRecord(grains) ? grains : {}
    },
  }),
}
