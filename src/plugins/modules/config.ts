import { withoutCredentials } from '../../base/credentials.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'
import { traverse } from '../../engine/target/traverse.ts'

const key = s.string('Name of the value; `:` leads into mappings')
const fallback = s.withDefault(s.any('What to give where there is no such value'), '')

function skip(what: string) {
  return s.withDefault(s.boolean(`Do not look into ${what}`), false)
}

/** Values that `config.option` knows although nobody sets them. */
const builtInDefaults: Readonly<Record<string, unknown>> = { 'config.option': '' }

interface Places {
  readonly opts: boolean
  readonly grains: boolean
  readonly pillar: boolean
}

/** The places in the order in which they are looked into. */
function* placesOf(ctx: FunctionContext, places: Places): Iterable<unknown> {
  if (places.opts) yield ctx.config.all
  if (places.grains) yield ctx.grains
  if (places.pillar) {
    yield ctx.pillar
    if (isRecord(ctx.pillar.master)) yield ctx.pillar.master
  }
}

function firstValue(ctx: FunctionContext, name: string, delimiter: string, places: Places): unknown {
  for (const place of placesOf(ctx, places)) {
    const value = traverse(place, name, delimiter)
    if (value !== undefined) return value
  }
  return undefined
}

/** Mappings one into the other, the first one winning; `recurse` goes into mappings within them. */
function merged(values: readonly unknown[], recurse: boolean): unknown {
  const [first, ...others] = values
  if (!isRecord(first)) return first
  const result: Record<string, unknown> = { ...first }
  for (const other of others) {
    if (!isRecord(other)) continue
    for (const [name, value] of Object.entries(other)) {
      if (!Object.hasOwn(result, name)) result[name] = value
      else if (recurse) result[name] = merged([result[name], value], true)
    }
  }
  return result
}

export const config = defineModule({
  name: 'config',
  doc: 'Reads values from configuration, grains and pillar.',
  functions: {
    get: fn({
      doc: 'Look a value up in the configuration of the minion, then in its grains, then in its pillar.',
      args: {
        key,
        default: fallback,
        delimiter: s.withDefault(s.string('What leads into mappings'), ':'),
        merge: s.optional(s.literal(['recurse', 'overwrite'], 'Join mappings of all places instead')),
        omit_opts: skip('the configuration'),
        omit_pillar: skip('pillar'),
        omit_master: skip('the master part of pillar'),
        omit_grains: skip('grains'),
      },
      returns: s.any(),
      examples: ["salt '*' config.get master", "salt '*' config.get file_roots:base default=none"],
      run(ctx, args) {
        const places = { opts: !args.omit_opts, grains: !args.omit_grains, pillar: !args.omit_pillar }
        if (args.merge === undefined) {
          const value = firstValue(ctx, args.key, args.delimiter, places)
          return value === undefined ? args.default : value
        }
        const values = [...placesOf(ctx, places)].map((place) => traverse(place, args.key, args.delimiter))
        const present = values.filter((value) => value !== undefined)
        return present.length === 0 ? args.default : merged(present, args.merge === 'recurse')
      },
    }),
    option: fn({
      doc: 'Look a value up by its exact name in the configuration, the grains and the pillar.',
      args: {
        value: s.string('Name of the value'),
        default: s.optional(s.any('What to give where there is no such value')),
        omit_opts: skip('the configuration'),
        omit_grains: skip('grains'),
        omit_pillar: skip('pillar'),
        omit_master: skip('the master part of pillar'),
        omit_all: s.withDefault(s.boolean('Look nowhere'), false),
        wildcard: s.withDefault(s.boolean('Give every value whose name fits the shell-style pattern'), false),
      },
      returns: s.any(),
      examples: ["salt '*' config.option redis.host"],
      async run(ctx, args) {
        const looked = !args.omit_all
        const places = {
          opts: looked && !args.omit_opts,
          grains: looked && !args.omit_grains,
          pillar: looked && !args.omit_pillar,
        }
        const sources = [...placesOf(ctx, places)].filter(isRecord)
        if (args.wildcard) {
          const { compileGlob } = await import('../../engine/target/glob.ts')
          const glob = compileGlob(args.value)
          const pairs = sources.toReversed().flatMap((source) => Object.entries(source))
          return Object.fromEntries(pairs.filter(([name]) => glob.matches(name)))
        }
        const source = sources.find((candidate) => Object.hasOwn(candidate, args.value))
        return source?.[args.value] ?? args.default ?? builtInDefaults[args.value] ?? ''
      },
    }),
    merge: fn({
      doc: 'Look a value up everywhere and join what is found: lists one after the other, mappings into one.',
      args: {
        value: s.string('Name of the value'),
        default: fallback,
        omit_opts: skip('the configuration'),
        omit_master: skip('the master part of pillar'),
        omit_pillar: skip('pillar'),
      },
      returns: s.any(),
      examples: ["salt '*' config.merge schedule"],
      run(ctx, args) {
        const places = { opts: !args.omit_opts, grains: false, pillar: !args.omit_pillar }
        const values = [...placesOf(ctx, places)]
          .map((place) => traverse(place, args.value, '\0'))
          .filter((value) => value !== undefined)
        if (values.length > 0 && values.every(Array.isArray)) return values.flat()
        return values.length === 0 ? args.default : merged(values, false)
      },
    }),
    items: fn({
      doc: 'Show the configuration that this minion runs with, with dots for passwords and the like; `config.get` gives those by name.',
      returns: s.record(s.any()),
      examples: ["salt '*' config.items"],
      run: (ctx) => withoutCredentials({ ...ctx.config.all }),
    }),
    dot_vals: fn({
      doc: 'Show the values whose names begin with a word and a dot.',
      args: { value: s.string('The word') },
      returns: s.record(s.any()),
      examples: ["salt '*' config.dot_vals redis"],
      run(ctx, { value }) {
        const pairs = [ctx.pillar, ctx.config.all].flatMap((source) => Object.entries(source))
        return Object.fromEntries(pairs.filter(([name]) => name.startsWith(`${value}.`)))
      },
    }),
    valid_fileproto: fn({
      doc: 'Tell whether an address has a form that files can be fetched from.',
      args: { uri: s.string('The address') },
      returns: s.boolean(),
      examples: ["salt '*' config.valid_fileproto salt://path/to/file"],
      run: (_ctx, { uri }) => /^(?:salt|https?|ftp|s3|swift|file):\/\//.test(uri),
    }),
    manage_mode: fn({
      doc: 'Bring a file mode into the form of four octal digits.',
      args: { mode: s.union([s.string(), s.null()], 'The mode') },
      returns: s.union([s.string(), s.null()]),
      examples: ["salt '*' config.manage_mode 644"],
      run: (_ctx, { mode }) =>
        mode === null
          ? null
          : `0${mode
              .replace(/^["']|["']$/g, '')
              .replace(/^0o?/, '')
              .padStart(3, '0')}`,
    }),
    backup_mode: fn({
      doc: 'Tell how files are backed up before they are changed.',
      args: { backup: s.withDefault(s.string('Used instead of the option backup_mode when it is not empty'), '') },
      returns: s.any(),
      examples: ["salt '*' config.backup_mode"],
      run: (ctx, { backup }) => (backup === '' ? (ctx.config.get('backup_mode') ?? '') : backup),
    }),
  },
})
