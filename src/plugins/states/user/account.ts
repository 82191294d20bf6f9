/** A user as the system knows it, and how it differs from what is wanted. */
import { existsSync } from 'node:fs'
import { isRecord } from '../../../base/narrow.ts'
import { compareText } from '../../../base/text.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import { ageFields, gecosFields, type UserWishes } from './arguments.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly groups: readonly string[]
  readonly home: string
  readonly shell: string
  readonly [field: string]: unknown
}

export type Shadow = Readonly<Record<string, unknown>>

export async function findAccount(ctx: StateContext, name: string): Promise<Account | undefined> {
  const info = await ctx.salt('user.info', [name])
  return isRecord(info) && typeof info.name === 'string' ? (info as unknown as Account) : undefined
}

/** Undefined where the system has no shadow file. */
export async function findShadow(ctx: StateContext, name: string): Promise<Shadow | undefined> {
  if (!(await hasFunction(ctx, 'shadow.info'))) return undefined
  const info = await ctx.salt('shadow.info', [name])
  return isRecord(info) ? info : undefined
}

/** Attribute → the value to have, in the order in which they are told and changed. */
export type Differences = Readonly<Record<string, unknown>>

export async function differences(ctx: StateContext, account: Account, want: UserWishes): Promise<Differences> {
  const gid = await wantedGid(ctx, account, want)
  return {
    ...(want.uid !== undefined && want.uid !== account.uid ? { uid: want.uid } : {}),
    ...(gid === undefined ? {} : { gid }),
    ...(await groupDifference(ctx, account, want)),
    ...homeDifference(ctx, account, want),
    ...(want.shell !== undefined && want.shell !== account.shell ? { shell: want.shell } : {}),
    ...shadowDifferences(await findShadow(ctx, account.name), want),
    ...Object.fromEntries(
      gecosFields
        .filter((field) => want[field] !== undefined && want[field] !== account[field])
        .map((field) => [field, want[field]]),
    ),
  }
}

/** Undefined where the primary group is right. */
async function wantedGid(ctx: StateContext, account: Account, want: UserWishes): Promise<number | undefined> {
  const given = want.usergroup === true && want.gid === undefined ? account.name : want.gid
  if (given === undefined || given === '') return undefined
  const gid = typeof given === 'number' ? given : await gidOf(ctx, given)
  return gid === account.gid ? undefined : gid
}

async function gidOf(ctx: StateContext, name: string): Promise<number | undefined> {
  const info = await ctx.salt('group.info', [name])
  return isRecord(info) && typeof info.gid === 'number' ? info.gid : undefined
}

async function primaryGroup(ctx: StateContext, account: Account, want: UserWishes): Promise<unknown> {
  const gid = await wantedGid(ctx, account, want)
  if (gid === undefined) return ctx.salt('user.primary_group', [account.name])
  const groups = await ctx.salt('group.getent')
  return Array.isArray(groups) ? groups.find((group) => isRecord(group) && group.gid === gid)?.name : undefined
}

async function groupDifference(ctx: StateContext, account: Account, want: UserWishes): Promise<Differences> {
  if (want.groups === undefined && (want.optional_groups ?? []).length === 0) return {}
  const primary = await primaryGroup(ctx, account, want)
  const listed = [...(want.groups ?? account.groups), ...(want.optional_groups ?? [])]
  const wanted = [...new Set(listed)].filter((one) => one !== primary).sort(compareText)
  // The user's own group may be the primary one under another id, and needs no naming.
  const now = account.groups.filter((one) => one !== primary && (one !== account.name || wanted.includes(one)))
  const isMissing = wanted.some((one) => !now.includes(one))
  const isSuperfluous = want.remove_groups && now.some((one) => !wanted.includes(one))
  return isMissing || isSuperfluous ? { groups: wanted } : {}
}

function homeDifference(ctx: StateContext, account: Account, { home, createhome }: UserWishes): Differences {
  const place = home ?? account.home
  return {
    ...(home !== undefined && home !== account.home ? { home } : {}),
    ...(createhome && place !== '' && !existsSync(ctx.at(place)) ? { homeDoesNotExist: place } : {}),
  }
}

function shadowDifferences(shadow: Shadow | undefined, want: UserWishes): Differences {
  if (shadow === undefined) return {}
  const { hash, empty_password: empty, enforce_password: enforce, password_lock: lock } = want
  const now = String(shadow.passwd)
  const isNew = now === '!' || now === '*' || enforce
  const isLocked = now.startsWith('!')
  const bare = lock === true ? now.replace(/^!(?=.)/, '') : now
  return {
    ...(hash !== undefined && !empty && isNew && bare !== hash.reveal() ? { passwd: hash } : {}),
    ...(empty && now !== '' ? { empty_password: true } : {}),
    ...(lock !== undefined && lock !== isLocked ? { password_lock: lock } : {}),
    ...Object.fromEntries(
      ageFields
        .filter(({ arg, field }) => want[arg] !== undefined && want[arg] !== shadow[field])
        .map(({ arg }) => [arg, want[arg]]),
    ),
  }
}
