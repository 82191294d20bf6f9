/** `iptables.append`, `insert` and `delete`: single rules. */
import { isDeepStrictEqual } from 'node:util'
import { asSaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'

export interface RuleWish {
  readonly name: string
  readonly table: string
  readonly chain: string
  readonly family: string
  readonly position?: number | undefined
  readonly save: boolean | string
  /** Options of the rule by their long names, as they were given. */
  readonly options: Readonly<Record<string, unknown>>
}

interface WrittenRule {
  readonly rule: string
  /** The whole command, as it could be typed. */
  readonly command: string
  readonly isThere: boolean
}

/** @param command `A`, `I` or `D`. Gives Salt's sentence where the options make no rule. */
async function written(ctx: StateContext, wish: RuleWish, command: string): Promise<WrittenRule | string> {
  const { table, chain, family, position, options } = wish
  const rule = String(await ctx.salt('iptables.build_rule', [], { ...options, family }))
  if (rule.startsWith('Error: ')) return rule
  const place = position === undefined ? {} : { position }
  const keywords = { ...options, ...place, table, chain, family, command, full: true }
  const full = String(await ctx.salt('iptables.build_rule', [], keywords)).trim()
  const isThere = (await ctx.salt('iptables.check', [table, chain, rule, family])) === true
  return { rule, command: full, isThere }
}

export async function planAppend(ctx: StateContext, wish: RuleWish): Promise<StatePlan> {
  const { name, table, chain, family } = wish
  const found = await written(ctx, wish, 'A')
  if (typeof found === 'string') return impossible(found)
  const { rule, command } = found
  if (found.isThere)
    return planSaving(ctx, wish, command, `iptables rule for ${name} already set (${command}) for ${family}`)
  return pending({
    comment: `iptables rule for ${name} needs to be set (${command}) for ${family}`,
    changes: { locale: name },
    async apply() {
      const isDone = await ctx.salt('iptables.append', [table, chain, rule, family])
      if (isDone !== true) return notDone('set', wish, `${command} for ${family}`)
      return await saved(ctx, wish, `Set iptables rule for ${name} to: ${command} for ${family}`, ['Set', command])
    },
  })
}

export async function planInsert(ctx: StateContext, given: RuleWish): Promise<StatePlan> {
  const wish = { ...given, position: given.position ?? 1 }
  const { name, table, chain, family, position } = wish
  const found = await written(ctx, wish, 'I')
  if (typeof found === 'string') return impossible(found)
  const { rule, command } = found
  if (found.isThere)
    return planSaving(ctx, wish, command, `iptables rule for ${name} already set for ${family} (${command})`)
  return pending({
    comment: `iptables rule for ${name} needs to be set for ${family} (${command})`,
    changes: { locale: name },
    async apply() {
      const complaint = await ctx.salt('iptables.insert', [table, chain, position, rule, family])
      if (complaint !== '') return notDone('set', wish, command)
      return await saved(ctx, wish, `Set iptables rule for ${name} to: ${command} for ${family}`, ['Set', command])
    },
  })
}

export async function planDelete(ctx: StateContext, wish: RuleWish): Promise<StatePlan> {
  const { name, table, chain, family, position } = wish
  const found = await written(ctx, wish, 'D')
  if (typeof found === 'string') return impossible(found)
  const { rule, command } = found
  if (!found.isThere) {
    return planSaving(ctx, wish, command, `iptables rule for ${name} already absent for ${family} (${command})`)
  }
  return pending({
    comment: `iptables rule for ${name} needs to be deleted for ${family} (${command})`,
    changes: { locale: name },
    async apply() {
      const which = position === undefined ? { rule } : { position }
      const complaint = await ctx.salt('iptables.delete', [table, chain], { ...which, family })
      if (complaint !== '') return notDone('delete', wish, command)
      return await saved(ctx, wish, `Delete iptables rule for ${name} ${command}`, ['Deleted', command])
    },
  })
}

function notDone(what: string, { name }: RuleWish, attempted: string): StateOutcome {
  return failed(`Failed to ${what} iptables rule for ${name}.\nAttempted rule was ${attempted}`)
}

/** Keeps the rules for the next boot, where that is wanted. */
async function saved(
  ctx: StateContext,
  wish: RuleWish,
  comment: string,
  [did, command]: readonly [did: string, command: string],
): Promise<StateOutcome> {
  const { name, family, save } = wish
  if (save === false) return done(comment, { locale: name })
  const out = await saveRules(ctx, wish)
  return done(`${did} and saved iptables rule ${name} for ${family}\n${command}\n${out}`, { locale: name })
}

export function saveRules(ctx: StateContext, { save, family }: Pick<RuleWish, 'save' | 'family'>): Promise<unknown> {
  return ctx.salt('iptables.save', [], { family, ...(typeof save === 'string' ? { filename: save } : {}) })
}

/** What is in force is right; it may not be what is kept for the next boot. */
async function planSaving(ctx: StateContext, wish: RuleWish, command: string, comment: string): Promise<StatePlan> {
  const { name, family, save } = wish
  if (save === false || (await isSaved(ctx, wish))) return right(comment)
  return pending({
    comment: `${comment}\nThe rules that are in force would be saved`,
    changes: {},
    async apply() {
      const out = await saveRules(ctx, wish)
      return done(`${comment}\nSaved iptables rule ${name} for ${family}\n${command}\n${out}`)
    },
  })
}

async function isSaved(ctx: StateContext, { save, family }: RuleWish): Promise<boolean> {
  const keywords = { family, ...(typeof save === 'string' ? { conf_file: save } : {}) }
  try {
    const kept = await ctx.salt('iptables.get_saved_rules', [], keywords)
    return isDeepStrictEqual(onlyRules(kept), onlyRules(await ctx.salt('iptables.get_rules', [], { family })))
  } catch (error) {
    // Nothing has been saved yet; where that cannot be, saving says why.
    ctx.log.debug('The saved rules cannot be read', { reason: asSaltError(error).message })
    return false
  }
}

/** Rules and policies without counts of packets. */
function onlyRules(tables: unknown): unknown {
  if (!isRecord(tables)) return tables
  return Object.entries(tables).map(([table, chains]) => [
    table,
    Object.entries(isRecord(chains) ? chains : {}).map(([chain, one]) =>
      isRecord(one) ? [chain, one.policy, one.rules] : [chain],
    ),
  ])
}
