/** Chains of iptables as a whole: that they are there, their policies, and that they are empty. */
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { saveRules } from './rules.ts'

export interface ChainWish {
  readonly name: string
  readonly table: string
  readonly family: string
}

async function isThere(ctx: StateContext, { name, table, family }: ChainWish): Promise<boolean> {
  return (await ctx.salt('iptables.check_chain', [table, name, family])) === true
}

export async function planPresent(ctx: StateContext, wish: ChainWish): Promise<StatePlan> {
  const { name, table, family } = wish
  if (await isThere(ctx, wish)) return right(`iptables ${name} chain is already exist in ${table} table for ${family}`)
  return pending({
    comment: `iptables ${name} chain in ${table} table needs to be set for ${family}`,
    changes: { locale: name },
    async apply() {
      const said = await ctx.salt('iptables.new_chain', [table, name, family])
      if (said !== true) return failed(`Failed to create ${name} chain in ${table} table: ${said} for ${family}`)
      return done(`iptables ${name} chain in ${table} table create success for ${family}`, { locale: name })
    },
  })
}

export async function planAbsent(ctx: StateContext, wish: ChainWish): Promise<StatePlan> {
  const { name, table, family } = wish
  if (!(await isThere(ctx, wish))) {
    return right(`iptables ${name} chain is already absent in ${table} table for ${family}`)
  }
  return pending({
    comment: `iptables ${name} chain in ${table} table needs to be removed ${family}`,
    changes: { locale: name },
    async apply() {
      const complaint = await ctx.salt('iptables.flush', [table, name, family])
      if (complaint !== '') {
        return failed(`Failed to flush ${name} chain in ${table} table: ${complaint} for ${family}`)
      }
      const said = await ctx.salt('iptables.delete_chain', [table, name, family])
      if (said !== true) return failed(`Failed to delete ${name} chain in ${table} table: ${said} for ${family}`)
      return done(`iptables ${name} chain in ${table} table delete success for ${family}`, { locale: name })
    },
  })
}

export interface PolicyWish extends ChainWish {
  readonly chain: string
  readonly policy: string
  readonly save: boolean | string
}

export async function planPolicy(ctx: StateContext, wish: PolicyWish): Promise<StatePlan> {
  const { name, table, chain, policy, family, save } = wish
  if ((await ctx.salt('iptables.get_policy', [table, chain, family])) === policy) {
    return right(`iptables default policy for chain ${chain} on table ${table} for ${family} already set to ${policy}`)
  }
  return pending({
    comment: `iptables default policy for chain ${chain} on table ${table} for ${family} needs to be set to ${policy}`,
    changes: { locale: name },
    async apply() {
      const complaint = await ctx.salt('iptables.set_policy', [table, chain, policy, family])
      if (complaint !== '') return failed(`Failed to set iptables default policy: ${complaint}`)
      if (save !== false) await saveRules(ctx, wish)
      const did = save === false ? 'Set' : 'Set and saved'
      return done(`${did} default policy for ${chain} to ${policy} family ${family}`, { locale: name })
    },
  })
}

export interface FlushWish extends ChainWish {
  /** Empty: all of the table. */
  readonly chain: string
}

/** Salt flushes whether there is something to flush or not. */
export function planFlush(ctx: StateContext, { name, table, chain, family }: FlushWish): StatePlan {
  return pending({
    comment: `iptables rules in ${table} table ${chain} chain ${family} family needs to be flushed`,
    changes: { locale: name },
    async apply() {
      const complaint = await ctx.salt('iptables.flush', [table, chain, family])
      if (complaint !== '') return failed(`Failed to flush iptables rules: ${complaint}`)
      return done(`Flush iptables rules in ${table} table ${chain} chain ${family} family`, { locale: name })
    },
  })
}
