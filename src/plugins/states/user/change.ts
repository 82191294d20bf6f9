/** Bringing a user who is there to what is wanted. */
import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { pythonRepr, pythonString } from '../../../base/python-repr.ts'
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
import { type Account, type Differences, differences, findAccount, findShadow, type Shadow } from './account.ts'
import { ageFields, redacted, type UserWishes } from './arguments.ts'

export async function planChange(ctx: StateContext, account: Account, want: UserWishes): Promise<StatePlan> {
  const found = await differences(ctx, account, want)
  const faults = forbidden(account, found, want)
  if (faults.length > 0) return impossible(['Encountered error checking for needed changes', ...faults].join('\n'))
  if (Object.keys(found).length === 0) return right(`User ${want.name} is present and up to date`)
  const lines = Object.entries(shown(found)).map(([key, value]) => `${key}: ${pythonString(value)}\n`)
  return pending({
    comment: `The following user attributes are set to be changed:\n${lines.join('')}`,
    changes: {},
    apply: () => change(ctx, account, want, found),
  })
}

function forbidden(account: Account, { uid, gid }: Differences, want: UserWishes): string[] {
  const refuse = (what: 'uid' | 'gid', now: unknown): string =>
    `Changing ${what} (${account[what]} -> ${now}) not permitted, set allow_${what}_change to True to force this change. Note that this will not change file ownership.`
  return [
    ...(uid !== undefined && !want.allow_uid_change ? [refuse('uid', uid)] : []),
    ...(gid !== undefined && !want.allow_gid_change ? [refuse('gid', gid)] : []),
  ]
}

function shown(found: Differences): Differences {
  return 'passwd' in found ? { ...found, passwd: redacted } : found
}

async function change(ctx: StateContext, before: Account, want: UserWishes, found: Differences): Promise<StateOutcome> {
  const shadowBefore = await findShadow(ctx, want.name)
  for (const [key, value] of Object.entries(found)) await changeAttribute(ctx, before, want, key, value)
  const after = await findAccount(ctx, want.name)
  const changes = {
    ...changed(before, after ?? {}),
    ...changed(shadowBefore ?? {}, (await findShadow(ctx, want.name)) ?? {}),
  }
  if ('passwd' in changes) changes.passwd = redacted
  const left = after === undefined ? found : await differences(ctx, after, want)
  if (Object.keys(left).length > 0) {
    return failed(`These values could not be changed: ${pythonRepr(shown(left))}`, changes)
  }
  // The home folder may be all that was made.
  return done(`Updated user ${want.name}`, changes)
}

/** What is another value now. */
function changed(before: Account | Shadow, after: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(after).filter(([key, value]) => !isDeepStrictEqual(before[key], value))
  return Object.fromEntries(entries)
}

async function changeAttribute(
  ctx: StateContext,
  account: Account,
  want: UserWishes,
  key: string,
  value: unknown,
): Promise<void> {
  const { name } = want
  const age = ageFields.find(({ arg }) => arg === key)
  if (age !== undefined) await ctx.salt(`shadow.${age.fun}`, [name, value])
  else if (key === 'passwd') await ctx.salt('shadow.set_password', [name, want.hash?.reveal()])
  else if (key === 'empty_password') await ctx.salt('shadow.del_password', [name])
  else if (key === 'password_lock') await ctx.salt(`shadow.${value === true ? 'lock' : 'unlock'}_password`, [name])
  else if (key === 'groups') await ctx.salt('user.chgroups', [name, value, !want.remove_groups])
  else if (key === 'home') await ctx.salt('user.chhome', [name, value], { persist: false })
  else if (key === 'homeDoesNotExist') await makeHome(ctx, account, String(value))
  else await ctx.salt(`user.ch${key}`, [name, value])
}

/** usermod moves the old home folder there, where that is another one. */
async function makeHome(ctx: StateContext, account: Account, home: string): Promise<void> {
  await ctx.salt('user.chhome', [account.name, home], { persist: true })
  if (existsSync(ctx.at(home))) return
  const now = (await findAccount(ctx, account.name)) ?? account
  await ctx.salt('file.mkdir', [ctx.at(home), now.uid, now.gid, '0755'])
}
