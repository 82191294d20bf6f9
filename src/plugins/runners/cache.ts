import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { defineRunner, type RunnerContext, type RunnerFunctionDefinition, runnerFn } from '../../engine/plugin.ts'

const tgt = s.union([s.string(), s.array(s.string())], 'Which minions')
const tgtType = s.withDefault(s.string('How tgt is meant: glob, list, pcre, grain, compound and so on'), 'glob')
const someMinions = { tgt: s.optional(tgt), tgt_type: tgtType }
const byMinion = s.record(s.any(), 'Minion → what is known of it')

const bank = s.string('The bank: one word, or several with slashes between them')
const key = s.string('The key within the bank')
const cachedir = s.optional(s.string('Accepted where it is the cachedir of this master: there is one cache'))

/** Data of minions in their banks. Grains are kept apart, with the key that they came from. */
type Kept = 'pillar' | 'mine'

function bankOf(id: string): string {
  return `minions/${id}`
}

interface Minions {
  readonly tgt: string | readonly string[]
  readonly tgt_type: string
}

function kept(ctx: RunnerContext, what: Kept, { tgt, tgt_type }: Minions): Record<string, unknown> {
  return Object.fromEntries(ctx.minions.match(tgt, tgt_type).map((id) => [id, ctx.banks.fetch(bankOf(id), what) ?? {}]))
}

interface SomeMinions {
  readonly tgt?: string | readonly string[] | undefined
  readonly tgt_type: string
}

/** Like Salt, forgets nothing and says false where no target is given. */
function clear({ minions }: RunnerContext, { tgt, tgt_type }: SomeMinions, forget: (id: string) => void): boolean {
  if (tgt === undefined) return false
  for (const id of minions.match(tgt, tgt_type)) forget(id)
  return true
}

function clearing(
  what: string,
  doc: string,
  forget: (ctx: RunnerContext, id: string) => void,
): RunnerFunctionDefinition {
  return runnerFn({
    doc,
    args: someMinions,
    returns: s.boolean('False where no target is given'),
    examples: [`salt run cache.${what} 'web*'`],
    run: (ctx, args) => clear(ctx, args, (id) => forget(ctx, id)),
  })
}

function keeping(what: Kept, doc: string): RunnerFunctionDefinition {
  return runnerFn({
    doc,
    args: someMinions,
    extra: s.any('Accepted, and without effect here'),
    returns: byMinion,
    examples: [`salt run cache.${what}`, `salt run cache.${what} 'web*'`],
    run: (ctx, { tgt, tgt_type }) => kept(ctx, what, { tgt: tgt ?? '*', tgt_type }),
  })
}

/** The mine of a minion without one of its functions. */
function clearMineFunction(ctx: RunnerContext, id: string, fun: string): void {
  const mine = ctx.banks.fetch(bankOf(id), 'mine')
  if (typeof mine !== 'object' || mine === null || !Object.hasOwn(mine, fun)) return
  ctx.banks.store(bankOf(id), 'mine', Object.fromEntries(Object.entries(mine).filter(([name]) => name !== fun)))
}

function assertOwn(ctx: RunnerContext, folder: string | undefined): void {
  const own = ctx.config.get('cachedir')
  if (folder === undefined || folder.replace(/\/+$/, '') === own) return
  throw new SaltError('bad-arguments', `This master keeps its cache in ${own}; it has none in ${folder}.`)
}

export const cache = defineRunner({
  name: 'cache',
  doc: 'Shows and clears what the master remembers of minions, and keeps data of your own.',
  functions: {
    grains: runnerFn({
      doc: 'Show the grains that minions told last. No job is sent.',
      args: { tgt, tgt_type: tgtType },
      extra: s.any('Accepted, and without effect here'),
      returns: byMinion,
      examples: ["salt run cache.grains '*'"],
      run: (ctx, args) =>
        Object.fromEntries(ctx.minions.match(args.tgt, args.tgt_type).map((id) => [id, ctx.minions.grains(id) ?? {}])),
    }),
    pillar: keeping('pillar', 'Show the pillar that was last made for minions.'),
    mine: keeping('mine', 'Show what minions put into the mine.'),
    clear_grains: clearing('clear_grains', 'Forget the grains of minions, until they tell them anew.', (ctx, id) =>
      ctx.minions.forgetGrains(id),
    ),
    clear_pillar: clearing('clear_pillar', 'Forget the pillar of minions.', (ctx, id) =>
      ctx.banks.flush(bankOf(id), 'pillar'),
    ),
    clear_mine: clearing('clear_mine', 'Forget what minions put into the mine.', (ctx, id) =>
      ctx.banks.flush(bankOf(id), 'mine'),
    ),
    clear_mine_func: runnerFn({
      doc: 'Forget what one function of minions put into the mine.',
      args: { ...someMinions, clear_mine_func_flag: s.optional(s.string('The function')) },
      returns: s.boolean('False where no target or no function is given'),
      examples: ["salt run cache.clear_mine_func tgt='*' clear_mine_func_flag=network.interfaces"],
      run: (ctx, { clear_mine_func_flag: fun, ...minions }) =>
        fun !== undefined && clear(ctx, minions, (id) => clearMineFunction(ctx, id, fun)),
    }),
    clear_all: clearing('clear_all', 'Forget grains, pillar and mine of minions.', (ctx, id) => {
      ctx.minions.forgetGrains(id)
      for (const what of ['pillar', 'mine']) ctx.banks.flush(bankOf(id), what)
    }),
    store: runnerFn({
      doc: 'Keep data under a key of a bank, in place of what was there.',
      args: { bank, key, data: s.any('The data'), cachedir },
      returns: s.null(),
      examples: ["salt run cache.store mycache mykey 'The time has come'"],
      run(ctx, args) {
        assertOwn(ctx, args.cachedir)
        ctx.banks.store(args.bank, args.key, args.data)
        return null
      },
    }),
    list: runnerFn({
      doc: 'List the keys of a bank and the banks within it.',
      args: { bank, cachedir },
      returns: s.array(s.string()),
      examples: ['salt run cache.list cloud/active'],
      run(ctx, args) {
        assertOwn(ctx, args.cachedir)
        return [...ctx.banks.list(args.bank)]
      },
    }),
    fetch: runnerFn({
      doc: 'Show what is kept under a key of a bank.',
      args: { bank, key, cachedir },
      returns: s.any('An empty mapping where there is nothing'),
      examples: ['salt run cache.fetch mycache mykey'],
      run(ctx, args) {
        assertOwn(ctx, args.cachedir)
        return ctx.banks.fetch(args.bank, args.key) ?? {}
      },
    }),
    updated: runnerFn({
      doc: 'Tell when a key of a bank was stored.',
      args: { bank, key, cachedir },
      returns: s.union([s.integer(), s.null()], 'Seconds since 1970; null where there is nothing'),
      examples: ['salt run cache.updated mycache mykey'],
      run(ctx, args) {
        assertOwn(ctx, args.cachedir)
        return ctx.banks.updated(args.bank, args.key) ?? null
      },
    }),
    contains: runnerFn({
      doc: 'Tell whether there is a bank, or a key in it.',
      args: { bank, key: s.optional(key), cachedir },
      returns: s.boolean(),
      examples: ['salt run cache.contains mycache mykey'],
      run(ctx, args) {
        assertOwn(ctx, args.cachedir)
        return ctx.banks.contains(args.bank, args.key)
      },
    }),
    flush: runnerFn({
      doc: 'Remove a key of a bank, or the bank with all that lies in it.',
      args: { bank, key: s.optional(key), cachedir },
      returns: s.boolean('Whether there was something'),
      examples: ['salt run cache.flush mycache mykey', 'salt run cache.flush mycache'],
      run(ctx, args) {
        assertOwn(ctx, args.cachedir)
        return ctx.banks.flush(args.bank, args.key)
      },
    }),
  },
})
