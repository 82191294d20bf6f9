import { stat } from 'node:fs/promises'
import { SaltError, systemCode } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonRepr } from '../../base/python-repr.ts'
import { type Schema, s } from '../../base/schema.ts'
import { mapWritten, writtenEntries } from '../../base/written-keys.ts'
import { rootsOf } from '../../engine/pillar/pillar-settings.ts'
import { defineModule, type FunctionContext, type FunctionDefinition, fn } from '../../engine/plugin.ts'
import { traverse } from '../../engine/target/traverse.ts'

type Pillar = Readonly<Record<string, unknown>>

const key = s.string('Name of the value; `:` leads into mappings and lists')
const delimiter = s.withDefault(s.string('What leads into mappings'), ':')
const environments = {
  pillarenv: s.optional(s.string('Make pillar anew, from this environment alone')),
  saltenv: s.optional(s.string('Make pillar anew, for states of this environment')),
}
const everything = s.any(
  'pillar: data that win over all else; pillar_enc: gpg where those are encrypted; pillarenv and saltenv: environments',
)

interface Wanted {
  readonly pillar?: Pillar | undefined
  readonly pillar_enc?: string | undefined
  readonly pillarenv?: string | undefined
  readonly saltenv?: string | undefined
}

/** Made anew, as `pillar.items` shows it. */
async function compiled(ctx: FunctionContext, { pillar, pillar_enc, pillarenv, saltenv }: Wanted): Promise<Pillar> {
  const override = pillar_enc === undefined || pillar === undefined ? pillar : await decryptedPillar(ctx, pillar)
  const question = { ...(override && { override }), ...(pillarenv && { pillarenv }), ...(saltenv && { saltenv }) }
  return (await ctx.services.pillar?.compile(question)) ?? ctx.pillar
}

async function decryptedPillar(ctx: FunctionContext, pillar: Pillar): Promise<Pillar> {
  const { decryptedMapping } = await import('../../engine/render/gpg/gpg-of-context.ts')
  return await decryptedMapping(ctx, pillar)
}

/** What is in memory, unless an environment is named. */
async function known(ctx: FunctionContext, { pillarenv, saltenv }: Wanted): Promise<Pillar> {
  return pillarenv === undefined && saltenv === undefined ? ctx.pillar : await compiled(ctx, { pillarenv, saltenv })
}

/** As templates call it, on the same data: one function for both. */
async function asInTemplates(
  ctx: FunctionContext,
  name: string,
  pillar: Pillar,
  kwargs: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { callDataFunction } = await import('../../engine/render/functions/call-data-function.ts')
  return await callDataFunction(name, { pillar, grains: {}, opts: ctx.config.all }, kwargs)
}

function missing(name: string): SaltError {
  return new SaltError('execution-failed', pythonRepr(`Pillar key not found: ${name}`))
}

/** Kinds in place of values, as Python calls them. */
function obfuscated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(obfuscated)
  if (isRecord(value)) return mapWritten(value, obfuscated)
  return `<${kindOf(value)}>`
}

function kindOf(value: unknown): string {
  if (value === null) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return typeof value === 'string' ? 'str' : value instanceof Uint8Array ? 'bytes' : 'float'
}

/** Named arguments behind any number of others. Throws `bad-arguments` for one that is unknown or of another kind. */
function wantedFrom(fun: string, extra: Readonly<Record<string, unknown>>): Wanted {
  const { pillar: override, pillar_enc, pillarenv, saltenv, ...unknown } = extra
  // What begins with underscores tells of the job.
  const name = Object.keys(unknown).find((one) => !one.startsWith('__'))
  if (name !== undefined) throw new SaltError('bad-arguments', `${fun}() got an unexpected keyword argument '${name}'`)
  if (override !== undefined && override !== null && !isRecord(override))
    throw new SaltError('bad-arguments', 'Pillar data must be formatted as a dictionary')
  if (pillar_enc !== undefined && pillar_enc !== null && pillar_enc !== 'gpg')
    throw new SaltError('bad-arguments', `pillar_enc is gpg, not '${String(pillar_enc)}'`)
  return {
    pillar: isRecord(override) ? override : undefined,
    pillar_enc: pillar_enc === 'gpg' ? pillar_enc : undefined,
    pillarenv: typeof pillarenv === 'string' ? pillarenv : undefined,
    saltenv: typeof saltenv === 'string' ? saltenv : undefined,
  }
}

/** Functions that make pillar anew and show it, or what is named of it, in their own way. */
function making(name: string, doc: string, returns: Schema, show: (pillar: Pillar) => unknown): FunctionDefinition {
  return fn({
    doc,
    rest: s.string('Names of values; all when left out'),
    extra: everything,
    returns,
    examples: [`salt '*' pillar.${name}`, `salt '*' pillar.${name} pillar='{role: web}'`],
    async run(ctx, _args, { rest, extra }) {
      const pillar = await compiled(ctx, wantedFrom(name, extra))
      return show(rest.length === 0 ? { ...pillar } : pick(pillar, rest.map(String), ':', ''))
    },
  })
}

const items = (name: string): FunctionDefinition =>
  making(
    name,
    'Make the pillar of this minion anew and show it, or some of it. What is in memory stays as it is.',
    s.record(s.any()),
    (pillar) => pillar,
  )

function pick(pillar: Pillar, names: readonly string[], separator: string, fallback: unknown): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => {
      const value = traverse(pillar, name, separator)
      return [name, value === undefined ? fallback : value]
    }),
  )
}

const filterArguments = {
  lookup_dict: s.record(s.any(), 'What to choose from'),
  pillar: s.string('Name of the value whose text is the name of the choice'),
  merge: s.optional(s.any('A mapping that is put over what was chosen')),
  default: s.withDefault(s.string('Name of the choice where nothing fits'), 'default'),
  base: s.optional(s.string('Name of the choice that lies under all others')),
}

export const pillar = defineModule({
  name: 'pillar',
  doc: 'Shows the pillar of this minion: data that its master has for it alone.',
  functions: {
    get: fn({
      doc: 'Look a value up in the pillar that is in memory.',
      args: {
        key,
        default: s.optional(s.any("What to give where there is no such value; '' when left out")),
        merge: s.withDefault(s.boolean('Put the value over the default, where both are mappings or lists'), false),
        merge_nested_lists: s.optional(s.boolean('Join lists within them')),
        delimiter,
        ...environments,
      },
      returns: s.any(),
      examples: ["salt '*' pillar.get users:alice:shell", "salt '*' pillar.get packages default='[]'"],
      async run(ctx, { default: fallback, pillarenv, saltenv, ...args }) {
        const data = await known(ctx, { pillarenv, saltenv })
        return await asInTemplates(ctx, 'pillar.get', data, {
          ...args,
          ...(fallback === undefined ? {} : { default: fallback }),
        })
      },
    }),
    fetch: fn({
      doc: 'Look a value up, and fail where there is none and no default is given.',
      args: { key, default: s.optional(s.any('What to give instead')), delimiter, ...environments },
      returns: s.any(),
      examples: ["salt '*' pillar.fetch users:alice"],
      async run(ctx, args) {
        const found = traverse(await known(ctx, args), args.key, args.delimiter)
        if (found !== undefined) return found
        if (args.default === undefined) throw missing(args.key)
        return args.default
      },
    }),
    items: items('items'),
    data: items('data'),
    item: fn({
      doc: 'Show some values of the pillar that is in memory.',
      rest: key,
      extra: s.any('default and delimiter as in pillar.get; pillarenv and saltenv'),
      returns: s.record(s.any()),
      examples: ["salt '*' pillar.item role users:alice", "salt '*' pillar.item role default=none"],
      async run(ctx, _args, { rest, extra }) {
        const { default: fallback = '', delimiter: separator, ...wanted } = extra
        const data = await known(ctx, wantedFrom('item', wanted))
        return pick(data, rest.map(String), typeof separator === 'string' ? separator : ':', fallback)
      },
    }),
    raw: fn({
      doc: 'Show the pillar that is in memory, or one value of the first level.',
      args: { key: s.optional(s.string('Name of the value')) },
      returns: s.any(),
      examples: ["salt '*' pillar.raw", "salt '*' pillar.raw key=role"],
      run: (ctx, { key: name }) => (name === undefined ? { ...ctx.pillar } : (ctx.pillar[name] ?? {})),
    }),
    ls: making('ls', 'Make the pillar anew and list the names of its first level.', s.array(s.any()), (pillar) =>
      writtenEntries(pillar).map(([name]) => name),
    ),
    keys: fn({
      doc: 'List the names within a mapping of the pillar that is in memory.',
      args: { key, delimiter },
      returns: s.array(s.any()),
      examples: ["salt '*' pillar.keys users"],
      run(ctx, { key: name, delimiter: separator }) {
        const value = traverse(ctx.pillar, name, separator)
        if (value === undefined) throw missing(name)
        if (isRecord(value)) return writtenEntries(value).map(([name]) => name)
        throw new SaltError('execution-failed', `Pillar value in key ${name} is not a dict`)
      },
    }),
    obfuscate: making(
      'obfuscate',
      'Make the pillar anew and show it with the kinds of its values in place of them.',
      s.record(s.any()),
      obfuscated,
    ),
    ext: fn({
      doc: 'Make the pillar anew with a further source, which on_demand_ext_pillar of the master must name.',
      args: {
        external: s.any('The source: its name, and under it its arguments'),
        pillar: s.optional(s.record(s.any(), 'Data that win over all else')),
      },
      returns: s.record(s.any()),
      examples: ["salt '*' pillar.ext '{cmd_json: \"/usr/local/bin/facts %s\"}'"],
      async run(ctx, { external, pillar: override }) {
        if (!isRecord(external))
          throw new SaltError('bad-arguments', 'external must be a mapping of a source to its arguments')
        const service = ctx.services.pillar
        return (await service?.compile({ ext: external, ...(override && { override }) })) ?? { ...ctx.pillar }
      },
    }),
    filter_by: fn({
      doc: 'Choose from a mapping by a value of pillar.',
      args: filterArguments,
      returns: s.any(),
      examples: ["salt '*' pillar.filter_by '{web: Serve it up, db: I query}' role"],
      run: (ctx, args) => asInTemplates(ctx, 'pillar.filter_by', ctx.pillar, args),
    }),
    file_exists: fn({
      doc: 'Tell whether the pillar roots of this host have a file: for the master.',
      args: {
        path: s.string('Path below the roots'),
        saltenv: s.optional(s.string('Look into this environment alone')),
      },
      returns: s.boolean(),
      examples: ['salt run salt.cmd pillar.file_exists users/init.sls'],
      run: (ctx, { path, saltenv }) => fileExists(ctx, path, saltenv),
    }),
  },
})

async function fileExists(ctx: FunctionContext, path: string, saltenv: string | undefined): Promise<boolean> {
  const roots = rootsOf(ctx.config.get('pillar_roots'))
  if (Object.keys(roots).length === 0)
    throw new SaltError('execution-failed', 'No pillar_roots found. Are you running this on the master?')
  const folders =
    saltenv === undefined ? Object.values(roots).flat() : Object.hasOwn(roots, saltenv) ? (roots[saltenv] ?? []) : []
  for (const folder of folders) {
    try {
      if ((await stat(resolveInside(folder, path))).isFile()) return true
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error
    }
  }
  return false
}
