import * as fs from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { systemReason, writeFileAtomicSync } from '../../base/files.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

const key = s.string('Name of the value')
const value = s.any('The value')
const fallback = s.withDefault(s.any('What to give where there is no such value'), null)

type Store = Record<string, unknown>

/** The file is Salt's: a mapping in msgpack. */
function storePath(ctx: FunctionContext): string {
  return join(String(ctx.config.get('cachedir')), 'datastore')
}

/** Empty where nothing was ever kept. Throws `storage` for a file that is damaged: writing would lose what it holds. */
async function load(ctx: FunctionContext): Promise<Store> {
  const path = storePath(ctx)
  const { unpack } = await import('../../base/msgpack.ts')
  try {
    if (!fs.existsSync(path)) return {}
    const found = unpack(fs.readFileSync(path))
    if (isRecord(found)) return { ...found }
  } catch (error) {
    throw damaged(path, systemReason(error), error)
  }
  throw damaged(path, 'it holds no mapping')
}

function damaged(path: string, reason: string, cause?: unknown): SaltError {
  return new SaltError('storage', `cannot read ${path}: ${reason}`, {
    where: path,
    hint: 'Run data.clear to begin anew.',
    cause,
  })
}

async function save(ctx: FunctionContext, store: Store): Promise<void> {
  const path = storePath(ctx)
  const { pack } = await import('../../base/msgpack.ts')
  fs.mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  writeFileAtomicSync(path, pack(store), 0o600)
}

/** Two jobs that change the store at the same time must not lose each other's values. */
let last: Promise<unknown> = Promise.resolve()

function changeStore<T>(ctx: FunctionContext, change: (store: Store) => { store?: Store; result: T }): Promise<T> {
  const work = last.then(async () => {
    const { store, result } = change(await load(ctx))
    if (store !== undefined) await save(ctx, store)
    return result
  })
  last = work.catch(() => {})
  return work
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function pick(store: Store, name: string, otherwise: unknown): unknown {
  return Object.hasOwn(store, name) ? store[name] : otherwise
}

/** A text that was not taken for a mapping on its way here may still be one. */
async function mappingOf(data: unknown): Promise<Store | undefined> {
  if (typeof data !== 'string') return isRecord(data) ? data : undefined
  const { parseYaml } = await import('../../base/yaml.ts')
  try {
    const parsed = parseYaml(data, { file: 'new_data' })
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

export const data = defineModule({
  name: 'data',
  doc: 'Keeps small values on this minion, in a file in its cache folder.',
  functions: {
    clear: fn({
      doc: 'Forget everything that is kept.',
      returns: s.boolean('Always true'),
      examples: ["salt '*' data.clear"],
      run(ctx) {
        fs.rmSync(storePath(ctx), { force: true })
        return true
      },
    }),
    load: fn({
      doc: 'Show everything that is kept.',
      returns: s.record(s.any()),
      examples: ["salt '*' data.load"],
      run: (ctx) => load(ctx),
    }),
    dump: fn({
      doc: 'Keep a mapping in place of everything that was kept.',
      args: { new_data: s.any('The mapping') },
      returns: s.boolean('False for anything but a mapping'),
      examples: ["salt '*' data.dump '{eggs: spam}'"],
      async run(ctx, args) {
        const store = await mappingOf(args.new_data)
        if (store === undefined) return false
        await changeStore(ctx, () => ({ store, result: true }))
        return true
      },
    }),
    update: fn({
      doc: 'Keep a value.',
      args: { key, value },
      returns: s.boolean('Always true'),
      examples: ["salt '*' data.update foo bar"],
      run: (ctx, args) => changeStore(ctx, (store) => ({ store: { ...store, [args.key]: args.value }, result: true })),
    }),
    get: fn({
      doc: 'Show one value, or a list of several.',
      args: { key: s.union([s.string(), s.array(s.string())], 'Name, or list of names'), default: fallback },
      returns: s.any('Of a list without default: those that are there'),
      examples: ["salt '*' data.get foo", "salt '*' data.get '[foo, bar]'"],
      async run(ctx, args) {
        const store = await load(ctx)
        if (!Array.isArray(args.key)) return pick(store, args.key, args.default)
        const names = args.default === null ? args.key.filter((name) => Object.hasOwn(store, name)) : args.key
        return names.map((name) => pick(store, name, args.default))
      },
    }),
    getval: fn({
      doc: 'Show one value, or null.',
      args: { key },
      returns: s.any(),
      examples: ["salt '*' data.getval foo"],
      run: async (ctx, args) => pick(await load(ctx), args.key, null),
    }),
    getvals: fn({
      doc: 'List the values of some names, without those that are not there.',
      rest: s.string('Names of values'),
      returns: s.array(s.any()),
      examples: ["salt '*' data.getvals foo bar"],
      async run(ctx, _args, { rest }) {
        const store = await load(ctx)
        return rest
          .map(String)
          .filter((name) => Object.hasOwn(store, name))
          .map((name) => store[name])
      },
    }),
    cas: fn({
      doc: 'Keep a value where the one before is still what it should be.',
      args: { key, value, old_value: s.any('What must be kept now') },
      returns: s.boolean('Whether it was changed'),
      examples: ["salt '*' data.cas foo new old"],
      run: (ctx, args) =>
        changeStore(ctx, (store) => {
          if (!Object.hasOwn(store, args.key) || !sameValue(store[args.key], args.old_value)) return { result: false }
          return { store: { ...store, [args.key]: args.value }, result: true }
        }),
    }),
    pop: fn({
      doc: 'Show a value and forget it.',
      args: { key, default: fallback },
      returns: s.any(),
      examples: ["salt '*' data.pop foo"],
      run: (ctx, args) =>
        changeStore(ctx, (store) => {
          if (!Object.hasOwn(store, args.key)) return { result: args.default }
          const { [args.key]: result, ...others } = store
          return { store: others, result }
        }),
    }),
    keys: fn({
      doc: 'List the names of what is kept.',
      returns: s.array(s.string()),
      examples: ["salt '*' data.keys"],
      run: async (ctx) => Object.keys(await load(ctx)),
    }),
    values: fn({
      doc: 'List the values that are kept.',
      returns: s.array(s.any()),
      examples: ["salt '*' data.values"],
      run: async (ctx) => Object.values(await load(ctx)),
    }),
    items: fn({
      doc: 'List what is kept, as pairs of name and value.',
      returns: s.array(s.array(s.any())),
      examples: ["salt '*' data.items"],
      run: async (ctx) => Object.entries(await load(ctx)),
    }),
    has_key: fn({
      doc: 'Tell whether there is a value of that name.',
      args: { key },
      returns: s.boolean(),
      examples: ["salt '*' data.has_key foo"],
      run: async (ctx, args) => Object.hasOwn(await load(ctx), args.key),
    }),
  },
})
