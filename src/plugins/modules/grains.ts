import { SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import { changeGrains } from '../../engine/functions/grains-file.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'
import { matchGlob } from '../../engine/target/glob.ts'
import { traverse } from '../../engine/target/traverse.ts'

const key = s.string('Name of the grain; `:` leads into mappings')
const delimiter = s.withDefault(s.string('What leads into mappings'), ':')
const destructive = s.withDefault(s.boolean('Remove the name when the value is null'), false)
const force = s.withDefault(s.boolean('Put the value in place of a list or a mapping'), false)
const value = s.any('The value')
const refreshPillar = s.withDefault(s.boolean('Accepted, and without effect here'), true)
const changeReport = s.object({ comment: s.string(), changes: s.record(s.any()), result: s.boolean() })

interface Change {
  readonly comment: string
  readonly changes: Record<string, unknown>
  readonly result: boolean
}

function isComplex(candidate: unknown): boolean {
  return typeof candidate === 'object' && candidate !== null
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Writes grains to the file and lets the daemon take them up. */
async function setValues(
  ctx: FunctionContext,
  values: Readonly<Record<string, unknown>>,
  remove: boolean,
): Promise<Record<string, unknown>> {
  await changeGrains(ctx.config, (grains) => {
    for (const [name, wanted] of Object.entries(values)) {
      if (wanted === null && remove) delete grains[name]
      else grains[name] = wanted
    }
  })
  await ctx.services.refreshGrains?.()
  return { ...values }
}

interface SetRequest {
  readonly key: string
  readonly val: unknown
  readonly force: boolean
  readonly destructive: boolean
  readonly delimiter: string
}

async function setGrain(ctx: FunctionContext, request: SetRequest): Promise<Change> {
  const { val } = request
  const existing = traverse(ctx.grains, request.key, request.delimiter)
  const exists = existing !== undefined
  if (exists && sameValue(existing, val) && (val !== null || !request.destructive)) {
    return { comment: 'Grain is already set', changes: {}, result: true }
  }
  if (exists && existing !== null && !request.force) {
    const kind = isComplex(existing) ? 'exists but' : isComplex(val) ? 'exists and the given value' : undefined
    if (kind !== undefined) {
      return failedChange(`The key '${request.key}' ${kind} is a dict or a list. Use 'force=True' to overwrite.`)
    }
  }
  const nested = nest(ctx, request)
  if ('comment' in nested) return nested
  return { comment: '', changes: await setValues(ctx, { [nested.key]: nested.val }, request.destructive), result: true }
}

function failedChange(comment: string): Change {
  return { comment, changes: {}, result: false }
}

/** The top-level grain that holds a nested one once it is set. */
function nest(ctx: FunctionContext, request: SetRequest): { readonly key: string; readonly val: unknown } | Change {
  const parts = request.key.split(request.delimiter)
  let val = request.val
  for (let depth = parts.length - 1; depth > 0; depth--) {
    const path = parts.slice(0, depth).join(request.delimiter)
    const rest = parts[depth] ?? ''
    const parent = traverse(ctx.grains, path, request.delimiter) ?? {}
    if (Array.isArray(parent)) val = nestInList(parent, rest, val, request.force)
    else if (isRecord(parent)) val = nestInMapping(parent, rest, val, request.destructive)
    else if (request.force || parent === rest) val = { [rest]: val }
    else {
      const found = pythonString(parent)
      return failedChange(
        `The key '${path}' value is '${found}', which is different from the provided key '${rest}'. Use 'force=True' to overwrite.`,
      )
    }
  }
  return { key: parts[0] ?? '', val }
}

function nestInMapping(parent: Record<string, unknown>, name: string, val: unknown, remove: boolean): unknown {
  const { [name]: _, ...others } = parent
  return val === null && remove ? others : { ...parent, [name]: val }
}

function nestInList(parent: readonly unknown[], name: string, val: unknown, append: boolean): unknown {
  let found = false
  const list = parent.map((item) => {
    if (append) return item
    if (item === name) {
      found = true
      return { [name]: val }
    }
    if (!isRecord(item) || !Object.hasOwn(item, name)) return item
    found = true
    return { ...item, [name]: val }
  })
  return found ? list : [...list, { [name]: val }]
}

/** Sets a list grain, nested or not. */
function setList(ctx: FunctionContext, name: string, list: readonly unknown[], separator: string) {
  const nested = nest(ctx, { key: name, val: list, force: true, destructive: false, delimiter: separator })
  if ('comment' in nested) throw new SaltError('execution-failed', nested.comment)
  return setValues(ctx, { [nested.key]: nested.val }, false)
}

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

/** Later mappings win, level by level. */
function deepMerge(base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) return over
  const result: Record<string, unknown> = { ...base }
  for (const [name, wanted] of Object.entries(over)) result[name] = deepMerge(base[name], wanted)
  return result
}

function lookUp(ctx: FunctionContext, table: Readonly<Record<string, unknown>>, grain: string): unknown {
  const found = traverse(ctx.grains, grain) ?? []
  for (const candidate of Array.isArray(found) ? found : [found]) {
    const pattern = Object.keys(table).find((name) => matchGlob(name, pythonString(candidate)))
    if (pattern !== undefined && table[pattern] !== null) return table[pattern]
  }
  return null
}

export const grains = defineModule({
  name: 'grains',
  doc: 'Reads and sets grains: facts about this minion.',
  functions: {
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
    setvals: fn({
      doc: 'Set several grains in the grains file.',
      args: { grains: s.record(s.any(), 'Name → value'), destructive, refresh_pillar: refreshPillar },
      returns: s.record(s.any(), 'What was set'),
      examples: ["salt '*' grains.setvals '{role: web, stage: test}'"],
      run: (ctx, args) => setValues(ctx, args.grains, args.destructive),
    }),
    setval: fn({
      doc: 'Set a grain in the grains file.',
      args: { key: s.string('Name of the grain'), val: value, destructive, refresh_pillar: refreshPillar },
      returns: s.record(s.any(), 'What was set'),
      examples: ["salt '*' grains.setval role web"],
      run: (ctx, args) => setValues(ctx, { [args.key]: args.val }, args.destructive),
    }),
    set: fn({
      doc: 'Set a grain, nested or not, unless a list or a mapping is in its place.',
      args: { key, val: s.withDefault(value, ''), force, destructive, delimiter },
      returns: changeReport,
      examples: ["salt '*' grains.set apps:port 2209", "salt '*' grains.set apps '{port: 2209}' force=true"],
      run: (ctx, args) => setGrain(ctx, args),
    }),
    delval: fn({
      doc: 'Set a grain to null, or remove it.',
      args: { key, destructive },
      extra: s.any('force'),
      returns: changeReport,
      examples: ["salt '*' grains.delval role", "salt '*' grains.delval role destructive=true"],
      run: (ctx, args, { extra }) => setGrain(ctx, { ...args, val: null, force: extra.force === true, delimiter: ':' }),
    }),
    delkey: fn({
      doc: 'Remove a grain from the grains file.',
      args: { key, force },
      returns: changeReport,
      examples: ["salt '*' grains.delkey role"],
      run: (ctx, args) => setGrain(ctx, { ...args, val: null, destructive: true, delimiter: ':' }),
    }),
    append: fn({
      doc: 'Add a value to a list grain.',
      args: { key, val: value, convert: s.withDefault(s.boolean('Make a list of a single value'), false), delimiter },
      returns: s.union([s.record(s.any()), s.string()], 'What was set, or why nothing was'),
      examples: ["salt '*' grains.append roles web"],
      async run(ctx, args) {
        const found = traverse(ctx.grains, args.key, args.delimiter) ?? []
        const list = Array.isArray(found) ? found : args.convert ? [found] : undefined
        if (list === undefined) return `The key ${args.key} is not a valid list`
        if (list.some((item) => sameValue(item, args.val))) {
          return `The val ${pythonString(args.val)} was already in the list ${args.key}`
        }
        const added: readonly unknown[] = Array.isArray(args.val) ? args.val : [args.val]
        return setList(ctx, args.key, [...list, ...added], args.delimiter)
      },
    }),
    remove: fn({
      doc: 'Take a value out of a list grain.',
      args: { key, val: value, delimiter },
      returns: s.union([s.record(s.any()), s.string()], 'What was set, or why nothing was'),
      examples: ["salt '*' grains.remove roles web"],
      async run(ctx, args) {
        const found = traverse(ctx.grains, args.key, args.delimiter) ?? []
        if (!Array.isArray(found)) return `The key ${args.key} is not a valid list`
        const index = found.findIndex((item) => sameValue(item, args.val))
        if (index < 0) return `The val ${pythonString(args.val)} was not in the list ${args.key}`
        return setList(ctx, args.key, found.toSpliced(index, 1), args.delimiter)
      },
    }),
  },
})
