import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { callDataFunction } from '../../engine/functions/data-call.ts'
import { fileSourceOf } from '../../engine/functions/file-source.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'
import { traverse } from '../../engine/target/traverse.ts'

/** `defaults.yaml` or `defaults.json` in the folder of a formula; an empty mapping where there is neither. */
async function defaultsOf(ctx: FunctionContext, formula: string): Promise<unknown> {
  const source = fileSourceOf(ctx)
  const saltenv = String(ctx.config.get('saltenv') ?? 'base')
  for (const name of ['defaults.yaml', 'defaults.json']) {
    const content = await source.read(saltenv, `${formula}/${name}`)
    if (content === undefined) continue
    const text = Buffer.from(content).toString('utf8')
    const { parseYaml } = await import('../../base/yaml.ts')
    return parseYaml(text, { file: `${formula}/${name}` })
  }
  return {}
}

const inPlace = s.withDefault(s.boolean('Has a meaning in templates only: change the mapping itself'), true)
const convertNone = s.withDefault(s.boolean('Take null for an empty mapping'), true)

export const defaults = defineModule({
  name: 'defaults',
  doc: 'Values that formulas bring along, and the merging of other values over them.',
  functions: {
    get: fn({
      doc: 'Give a value of the defaults of a formula: of defaults.yaml or defaults.json in its folder of the file server.',
      args: {
        key: s.string('The formula, and after a colon the path to the value'),
        default: s.withDefault(s.any('What to give where there is none'), ''),
      },
      returns: s.any(),
      examples: ["salt '*' defaults.get web:port"],
      async run(ctx, args) {
        const [formula = '', ...path] = args.key.split(':')
        const values = await defaultsOf(ctx, formula)
        if (path.length === 0) return values
        return traverse(values, path.join(':')) ?? args.default
      },
    }),
    merge: fn({
      doc: 'Merge a mapping into another one, and give the result.',
      args: {
        dest: s.any('The mapping'),
        src: s.any('What is merged into it'),
        merge_lists: s.withDefault(s.boolean('Join lists rather than replace them'), false),
        in_place: inPlace,
        convert_none: convertNone,
      },
      returns: s.any(),
      examples: ["salt '*' defaults.merge '{a: b}' '{d: e}'"],
      run: (ctx, { dest, src, merge_lists, in_place, convert_none }) =>
        callDataFunction(ctx, 'defaults.merge', [dest, src, merge_lists, in_place, convert_none]),
    }),
    deepcopy: fn({
      doc: 'Give a copy of a value that shares nothing with it: for templates.',
      args: { source: s.any('The value') },
      returns: s.any(),
      examples: ["salt '*' defaults.deepcopy '{a: [1]}'"],
      run: (ctx, { source }) => callDataFunction(ctx, 'defaults.deepcopy', [source]),
    }),
    update: fn({
      doc: 'Give each mapping of a group the defaults that it lacks.',
      args: {
        dest: s.record(s.any(), 'Name → mapping'),
        defaults: s.any('The defaults of each'),
        merge_lists: s.withDefault(s.boolean('Join lists rather than replace them'), true),
        in_place: inPlace,
        convert_none: convertNone,
      },
      returns: s.record(s.any()),
      examples: ["salt '*' defaults.update '{web: {port: 80}, db: {}}' '{port: 1024}'"],
      async run(ctx, args) {
        const given = [args.dest, args.defaults, args.merge_lists, args.in_place, args.convert_none]
        const updated = await callDataFunction(ctx, 'defaults.update', given)
        return isRecord(updated) ? updated : {}
      },
    }),
  },
})
