/** Adding a user who is not there. */
import { definedOnly } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import { done, failed, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { findAccount, findShadow } from './account.ts'
import { ageFields, gecosFields, redacted, type UserWishes } from './arguments.ts'

export function planNew(ctx: StateContext, want: UserWishes): StatePlan {
  return pending({ comment: `User ${want.name} set to be added`, changes: {}, apply: () => create(ctx, want) })
}

async function create(ctx: StateContext, want: UserWishes): Promise<StateOutcome> {
  const { name, uid, gid, home, shell, unique, system, createhome, nologinit, usergroup } = want
  const groups = [...new Set([...(want.groups ?? []), ...(want.optional_groups ?? [])])]
  const gecos = Object.fromEntries(gecosFields.map((field) => [field, want[field]]))
  const account = { uid, gid, home, shell, unique, system, createhome, nologinit, usergroup }
  const keywords = definedOnly({ ...account, ...gecos, groups: groups.length === 0 ? undefined : groups })
  if ((await ctx.salt('user.add', [name], keywords)) !== true) return failed(`Failed to create new user ${name}`)
  const info = (await findAccount(ctx, name)) ?? {}
  const changes: Record<string, unknown> = { ...info, ...(createhome ? {} : { home: '' }) }
  const faults = (await hasFunction(ctx, 'shadow.info')) ? await setShadow(ctx, want, changes) : []
  const fault = faults.at(-1)
  return fault === undefined ? done(`New user ${name} created`, changes) : failed(fault, changes)
}

/** Notes in `changes` what was set; gives what could not be. */
async function setShadow(ctx: StateContext, want: UserWishes, changes: Record<string, unknown>): Promise<string[]> {
  const { name, hash, empty_password: empty, password_lock: lock } = want
  const faults: string[] = []
  const field = async (key: string): Promise<unknown> => (await findShadow(ctx, name))?.[key]
  if (hash !== undefined && !empty) {
    await ctx.salt('shadow.set_password', [name, hash.reveal()])
    if ((await field('passwd')) !== hash.reveal())
      faults.push(`User ${name} created but failed to set password to ${redacted}`)
    changes.password = redacted
  }
  if (empty && hash === undefined) {
    await ctx.salt('shadow.del_password', [name])
    if ((await field('passwd')) !== '') faults.push(`User ${name} created but failed to empty password`)
    changes.password = ''
  }
  if (lock === true) {
    await ctx.salt('shadow.lock_password', [name])
    changes.password_lock = true
  }
  for (const { arg, field: key, fun, what } of ageFields) {
    const value = want[arg]
    if (value === undefined) continue
    await ctx.salt(`shadow.${fun}`, [name, value])
    if ((await field(key)) !== value) faults.push(`User ${name} created but failed to set ${what} to ${value}`)
    changes[arg] = value
  }
  return faults
}
