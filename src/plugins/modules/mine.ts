import { asSaltError, SaltError } from '../../base/errors.ts'
import { isRecord } from '../../base/narrow.ts'
import { s } from '../../base/schema.ts'
import type { MasterCalls, MasterLinkMethods } from '../../client/master-link.ts'
import { packMineEntry, unpackMineEntry } from '../../engine/mine/mine-entry.ts'
import { type MineFunction, mineFunction, mineFunctionsOf } from '../../engine/mine/mine-functions.ts'
import { mineQuestion } from '../../engine/mine/mine-store.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

type Entries = Readonly<Record<string, unknown>>

/** Where a minion without a master keeps its mine, as in Salt: among the values of the module `data`. */
const localKey = 'mine_cache'
/** Kinds of target that a minion can judge by itself. */
const localTypes = ['glob', 'pcre', 'list', 'grain', 'grain_pcre', 'ipcidr', 'compound', 'pillar', 'pillar_pcre']

function isLocal(ctx: FunctionContext): boolean {
  return ctx.config.get('file_client') === 'local'
}

async function localMine(ctx: FunctionContext): Promise<Record<string, unknown>> {
  const mine = await ctx.salt('data.get', [localKey])
  return isRecord(mine) ? mine : {}
}

async function keepLocally(ctx: FunctionContext, mine: Entries): Promise<boolean> {
  return (await ctx.salt('data.update', [localKey, mine])) === true
}

/** Asks every master; true where one of them did it. */
async function tellMasters<M extends 'mine.update' | 'mine.delete' | 'mine.flush'>(
  ctx: FunctionContext,
  method: M,
  params: MasterLinkMethods[M]['params'],
): Promise<boolean> {
  const masters = ctx.services.masters ?? []
  if (masters.length === 0) ctx.log.warning('The mine was not told: there is no master', { method })
  const told = await Promise.all(masters.map((master) => isTold(ctx, master, { method, params })))
  return told.includes(true)
}

async function isTold<M extends 'mine.update' | 'mine.delete' | 'mine.flush'>(
  ctx: FunctionContext,
  master: MasterCalls,
  { method, params }: { readonly method: M; readonly params: MasterLinkMethods[M]['params'] },
): Promise<boolean> {
  try {
    return (await master.call(method, params, { signal: ctx.signal })) === true
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.error('The mine of a master was not told', { master: master.address, reason: asSaltError(error).message })
    return false
  }
}

async function put(ctx: FunctionContext, entries: Entries, clear: boolean): Promise<boolean> {
  if (!isLocal(ctx)) return await tellMasters(ctx, 'mine.update', { data: entries, clear })
  return await keepLocally(ctx, clear ? entries : { ...(await localMine(ctx)), ...entries })
}

/** The entry of a function; undefined where it failed, which is told in the log. */
async function entryOf(ctx: FunctionContext, item: MineFunction): Promise<unknown> {
  const { alias, fun, args, kwargs, readers } = item
  try {
    const value = (await ctx.salt(fun, args, kwargs)) ?? null
    return packMineEntry(readers === undefined ? { value } : { value, readers })
  } catch (error) {
    ctx.signal.throwIfAborted()
    ctx.log.error('A function for the mine failed', { fun, name: alias, reason: asSaltError(error).message })
    return undefined
  }
}

function configured({ config, pillar }: FunctionContext): readonly MineFunction[] {
  return mineFunctionsOf(pillar.mine_functions, config.get('mine_functions'))
}

async function isAvailable(ctx: FunctionContext, { fun, alias }: MineFunction): Promise<boolean> {
  const found = await ctx.functions.load(fun)
  if (found.kind === 'loaded') return true
  ctx.log.error('A function for the mine is not available', { fun, name: alias })
  return false
}

/** As `mine.valid` shows it: what is configured, or the function behind a name with its arguments. */
function shown({ alias, fun, args, kwargs }: MineFunction): unknown {
  const keywords = Object.entries(kwargs).map(([key, value]) => ({ [key]: value }))
  if (fun !== alias) return { [fun]: [...args, ...keywords] }
  return args.length === 0 && keywords.length > 0 ? kwargs : [...args, ...keywords]
}

async function getLocally(ctx: FunctionContext, asked: Asked): Promise<Record<string, unknown>> {
  if (!localTypes.includes(asked.tgt_type))
    throw new SaltError('bad-arguments', `a minion without a master cannot judge targets of the kind ${asked.tgt_type}`)
  if ((await ctx.salt(`match.${asked.tgt_type}`, [asked.tgt])) !== true) return {}
  const { functions, byFunction } = mineQuestion(asked.fun)
  const mine = await localMine(ctx)
  const found = functions
    .filter((fun) => Object.hasOwn(mine, fun))
    .map((fun) => [fun, { [ctx.id]: unpackMineEntry(mine[fun]).value }] as const)
  return byFunction ? Object.fromEntries(found) : { ...found[0]?.[1] }
}

interface Asked {
  readonly tgt: string | readonly string[]
  readonly fun: string | readonly string[]
  readonly tgt_type: string
}

/** The first master that answers: each has the mine of its own minions. */
async function getFromMaster(ctx: FunctionContext, { tgt, fun, tgt_type }: Asked): Promise<Record<string, unknown>> {
  const [master] = ctx.services.masters ?? []
  if (master === undefined) {
    ctx.log.warning('The mine was not asked: there is no master')
    return {}
  }
  return { ...(await master.call('mine.get', { tgt, tgt_type, fun }, { signal: ctx.signal })) }
}

function without(id: string, found: Record<string, unknown>, byFunction: boolean): Record<string, unknown> {
  const { [id]: _own, ...others } = found
  if (!byFunction) return others
  return Object.fromEntries(
    Object.entries(found).map(([fun, values]) => [fun, without(id, isRecord(values) ? values : {}, false)]),
  )
}

const functionName = s.string('The name in the mine')

export const mine = defineModule({
  name: 'mine',
  doc: 'Keeps results of functions on the master, for other minions to read.',
  functions: {
    update: fn({
      doc: 'Run the functions that mine_functions names, and put their results into the mine.',
      args: {
        clear: s.withDefault(s.boolean('Have nothing else in the mine then'), false),
        mine_functions: s.optional(
          s.union(
            [s.record(s.any()), s.array(s.string())],
            'In place of what is configured: in the same form, or names',
          ),
        ),
      },
      returns: s.union([s.boolean(), s.null()], 'Whether a master took it; null where nothing is configured'),
      examples: ["salt '*' mine.update", "salt '*' mine.update mine_functions='{network.ip_addrs: [eth0]}'"],
      async run(ctx, { clear, mine_functions }) {
        const functions = mine_functions === undefined ? configured(ctx) : mineFunctionsOf(mine_functions)
        if (functions.length === 0) return null
        const entries: Record<string, unknown> = {}
        for (const item of functions) {
          const entry = (await isAvailable(ctx, item)) ? await entryOf(ctx, item) : undefined
          if (entry !== undefined) entries[item.alias] = entry
        }
        return await put(ctx, entries, clear)
      },
    }),
    send: fn({
      doc: 'Run one function, and put its result into the mine.',
      args: { name: s.string('The name in the mine; the function, where mine_function names no other') },
      rest: s.any('Arguments of the function'),
      extra: s.any('Keyword arguments of the function; mine_function, allow_tgt and allow_tgt_type are for the mine'),
      returns: s.boolean('Whether it was run and a master took it'),
      examples: [
        "salt '*' mine.send network.ip_addrs eth0",
        "salt '*' mine.send eth0_ip_addrs mine_function=network.ip_addrs eth0 allow_tgt='web*'",
      ],
      async run(ctx, { name }, { rest, extra }) {
        const keywords = Object.entries(extra).filter(([key]) => !key.startsWith('__'))
        const item = mineFunction(name, rest, Object.fromEntries(keywords))
        const entry = await entryOf(ctx, item)
        return entry === undefined ? false : await put(ctx, { [name]: entry }, false)
      },
    }),
    get: fn({
      doc: 'Read what minions have put into the mine.',
      args: {
        tgt: s.union([s.string(), s.array(s.string())], 'Of which minions'),
        fun: s.union([s.string(), s.array(s.string())], 'The name in the mine; several as a list or with commas'),
        tgt_type: s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob'),
        exclude_minion: s.withDefault(s.boolean('Leave out this minion'), false),
      },
      returns: s.record(s.any(), 'Minion → value; for several names, name → minion → value'),
      examples: ["salt '*' mine.get '*' network.ip_addrs", "salt '*' mine.get 'os:Debian' network.ip_addrs grain"],
      async run(ctx, { exclude_minion: excludesOwn, ...asked }) {
        const found = isLocal(ctx) ? await getLocally(ctx, asked) : await getFromMaster(ctx, asked)
        return excludesOwn ? without(ctx.id, found, mineQuestion(asked.fun).byFunction) : found
      },
    }),
    delete: fn({
      doc: 'Take the result of one function out of the mine of this minion.',
      args: { fun: functionName },
      returns: s.boolean('Whether a master did it'),
      examples: ["salt '*' mine.delete network.ip_addrs"],
      async run(ctx, { fun }) {
        if (!isLocal(ctx)) return await tellMasters(ctx, 'mine.delete', { fun })
        const { [fun]: _removed, ...rest } = await localMine(ctx)
        return await keepLocally(ctx, rest)
      },
    }),
    flush: fn({
      doc: 'Take all that this minion has put into the mine out of it.',
      returns: s.boolean('Whether a master did it'),
      examples: ["salt '*' mine.flush"],
      run: (ctx) => (isLocal(ctx) ? keepLocally(ctx, {}) : tellMasters(ctx, 'mine.flush', null)),
    }),
    valid: fn({
      doc: 'Show the functions of mine_functions that are available here.',
      returns: s.union([s.record(s.any()), s.null()], 'Name → arguments; null where nothing is configured'),
      examples: ["salt '*' mine.valid"],
      async run(ctx) {
        const functions = configured(ctx)
        if (functions.length === 0) return null
        const valid: Record<string, unknown> = {}
        for (const item of functions) if (await isAvailable(ctx, item)) valid[item.alias] = shown(item)
        return valid
      },
    }),
  },
})
