/** Functions of `grains` that read. */
import { deepMerge } from '../../../base/deep-merge.ts'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { matchGlob } from '../../../engine/target/glob.ts'
import { traverse } from '../../../engine/target/traverse.ts'
import { delimiter, key, value } from './arguments.ts'

/** Values that tell who a machine is, as they are shown instead. */
const sanitizers: Readonly<Record<string, (text: string) => string>> = {
  serialnumber: (text) => `${text.slice(0, -4)}XXXX`,
  domain: () => 'DOMAINNAME',
  fqdn: () => 'MINION.DOMAINNAME',
  id: () => 'MINION',
  host: () => 'MINION',
  localhost: () => 'MINION',
  nodename: () => 'MINION',
}

function sanitized(grains: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(grains).map(([name, found]) => {
      const sanitize = Object.hasOwn(sanitizers, name) ? sanitizers[name] : undefined
      return [name, sanitize === undefined ? found : sanitize(pythonString(found))]
    }),
  )
}

function lookUp(ctx: FunctionContext, table: Readonly<Record<string, unknown>>, grain: string): unknown {
  const found = traverse(ctx.grains, grain) ?? []
  for (const candidate of Array.isArray(found) ? found : [found]) {
    const pattern = Object.keys(table).find((name) => matchGlob(name, pythonString(candidate)))
    if (pattern !== undefined && table[pattern] !== null) return table[pattern]
  }
  return null
}

export const readingFunctions = {
  get: fn({
    doc: 'Show one grain.',
    args: {
      key,
      default: s.withDefault(s.any('What to give where there is no such grain'), ''),
      delimiter,
      ordered: s.withDefault(s.boolean('Accepted, and without effect here'), true),
    },
    returns: s.any(),
    examples: ["salt '*' grains.get os", "salt '*' grains.get pkg:apache"],
    run(ctx, args) {
      const found = traverse(ctx.grains, args.key, args.delimiter)
      return found === undefined ? args.default : found
    },
  }),
  fetch: fn({
    doc: 'Show one grain, as grains.get does.',
    args: { key, default: s.withDefault(s.any('What to give where there is no such grain'), ''), delimiter },
    returns: s.any(),
    examples: ["salt '*' grains.fetch os"],
    run: (ctx, args) => ctx.salt('grains.get', [args.key, args.default, args.delimiter]),
  }),
  item: fn({
    doc: 'Show several grains.',
    rest: s.string('Names of grains; `:` leads into mappings'),
    extra: s.any('default, delimiter and sanitize, as in grains.get and grains.items'),
    returns: s.record(s.any()),
    examples: ["salt '*' grains.item os osrelease", "salt '*' grains.item host sanitize=true"],
    run(ctx, _args, { rest, extra }) {
      const separator = typeof extra.delimiter === 'string' ? extra.delimiter : ':'
      const found = Object.fromEntries(
        rest.map((name) => [String(name), traverse(ctx.grains, String(name), separator) ?? extra.default ?? '']),
      )
      return extra.sanitize === true ? sanitized(found) : found
    },
  }),
  items: fn({
    doc: 'Show all grains.',
    args: { sanitize: s.withDefault(s.boolean('Hide what tells who the machine is'), false) },
    returns: s.record(s.any()),
    examples: ["salt '*' grains.items", "salt '*' grains.items sanitize=true"],
    run: (ctx, args) => (args.sanitize ? sanitized(ctx.grains) : { ...ctx.grains }),
  }),
  ls: fn({
    doc: 'List the names of all grains.',
    returns: s.array(s.string()),
    examples: ["salt '*' grains.ls"],
    run: (ctx) => Object.keys(ctx.grains).sort(compareText),
  }),
  has_value: fn({
    doc: 'Tell whether there is a grain of that name.',
    args: { key },
    returns: s.boolean(),
    examples: ["salt '*' grains.has_value pkg:apache"],
    run: (ctx, args) => traverse(ctx.grains, args.key) !== undefined,
  }),
  equals: fn({
    doc: 'Tell whether a grain has that value.',
    args: { key, value },
    returns: s.boolean(),
    examples: ["salt '*' grains.equals os Debian"],
    run: (ctx, args) => pythonString(args.value) === pythonString(traverse(ctx.grains, args.key) ?? ''),
  }),
  filter_by: fn({
    doc: 'Choose from a mapping by the value of a grain; names in the mapping may be shell-style patterns.',
    args: {
      lookup_dict: s.record(s.any(), 'Value of the grain → what to give'),
      grain: s.withDefault(s.string('Name of the grain'), 'os_family'),
      merge: s.optional(s.record(s.any(), 'What to merge into what was chosen')),
      default: s.withDefault(s.string('Name to use where none fits'), 'default'),
      base: s.optional(s.string('Name of what the chosen mapping is merged into')),
    },
    returns: s.any(),
    examples: ["salt '*' grains.filter_by '{Debian: apt, RedHat: dnf, default: unknown}'"],
    run(ctx, args) {
      const table = args.lookup_dict
      let chosen: unknown = lookUp(ctx, table, args.grain) ?? table[args.default] ?? null
      if (args.base !== undefined && Object.hasOwn(table, args.base)) {
        const base = table[args.base]
        if (chosen === null) chosen = base
        else if (isRecord(base)) {
          if (!isRecord(chosen)) {
            throw new SaltError('bad-arguments', 'filter_by default and look-up values must both be dictionaries.')
          }
          chosen = deepMerge(base, chosen)
        }
      }
      if (args.merge === undefined) return chosen
      return chosen === null ? args.merge : deepMerge(chosen, args.merge)
    },
  }),
}
