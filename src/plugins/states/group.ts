import { isRecord } from '../../base/narrow.ts'
import { pythonString } from '../../base/python-repr.ts'
import { s } from '../../base/schema.ts'
import { defineStates, type StateContext, state } from '../../engine/plugin.ts'
import {
  type Changes,
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../engine/state/plan.ts'

interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

interface GroupWishes {
  readonly name: string
  readonly gid: number | undefined
  readonly system: boolean
  readonly addusers: readonly string[] | undefined
  readonly delusers: readonly string[] | undefined
  readonly members: readonly string[] | undefined
  readonly non_unique: boolean
}

interface Differences {
  readonly gid?: number
  readonly members?: readonly string[]
  readonly addusers?: readonly string[]
  readonly delusers?: readonly string[]
}

async function findGroup(ctx: StateContext, name: string): Promise<Group | undefined> {
  const info = await ctx.salt('group.info', [name])
  return isRecord(info) && typeof info.name === 'string' ? (info as unknown as Group) : undefined
}

function differences(group: Group, { gid, addusers, delusers, members }: GroupWishes): Differences {
  const isMember = (user: string): boolean => group.members.includes(user)
  const added = (addusers ?? []).filter((user) => !isMember(user))
  const differs = members !== undefined && new Set(members).symmetricDifference(new Set(group.members)).size > 0
  const deleted = differs && members.length === 0 ? group.members : (delusers ?? []).filter(isMember)
  return {
    ...(gid !== undefined && group.gid !== gid ? { gid } : {}),
    ...(differs && members.length > 0 ? { members } : {}),
    ...(added.length > 0 ? { addusers: added } : {}),
    ...(deleted.length > 0 ? { delusers: deleted } : {}),
  }
}

function isNone(found: Differences): boolean {
  return Object.keys(found).length === 0
}

function conflictOf({ members, addusers, delusers }: GroupWishes): string | undefined {
  if (members !== undefined && (addusers !== undefined || delusers !== undefined)) {
    return 'Error: Conflicting options "members" with "addusers" and/or "delusers" can not be used together.'
  }
  const isBoth = addusers?.some((user) => delusers?.includes(user) === true) === true
  return isBoth ? 'Error. Same user(s) can not be added and deleted simultaneously' : undefined
}

async function planPresent(ctx: StateContext, want: GroupWishes): Promise<StatePlan> {
  const conflict = conflictOf(want)
  if (conflict !== undefined) return impossible(conflict)
  const group = await findGroup(ctx, want.name)
  if (group === undefined) return planNew(ctx, want)
  const found = differences(group, want)
  if (isNone(found)) return right(`Group ${want.name} is present and up to date`)
  const lines = Object.entries(found).map(([key, value]) => `${key}: ${pythonString(value)}\n`)
  const comment = `The following group attributes are set to be changed:\n${lines.join('')}`
  return pending({ comment, changes: {}, apply: () => change(ctx, want, found, comment) })
}

async function change(
  ctx: StateContext,
  want: GroupWishes,
  found: Differences,
  comment: string,
): Promise<StateOutcome> {
  const { name, non_unique } = want
  if (found.gid !== undefined) await ctx.salt('group.chgid', [name, found.gid], { non_unique })
  if (found.members !== undefined) await ctx.salt('group.members', [name, [...found.members]])
  for (const user of found.addusers ?? []) await ctx.salt('group.adduser', [name, user])
  for (const user of found.delusers ?? []) await ctx.salt('group.deluser', [name, user])
  const left = await leftOver(ctx, want)
  if (isNone(left)) return done(comment, { Final: 'All changes applied successfully' })
  return failed(`${comment}Some changes could not be applied`, { Failed: left })
}

async function leftOver(ctx: StateContext, want: GroupWishes): Promise<Differences> {
  const group = await findGroup(ctx, want.name)
  return group === undefined ? {} : differences(group, want)
}

async function planNew(ctx: StateContext, want: GroupWishes): Promise<StatePlan> {
  const { name, gid, non_unique } = want
  const groups = gid === undefined || non_unique ? [] : await ctx.salt('group.getent')
  const owner = Array.isArray(groups) ? groups.find((group) => isRecord(group) && group.gid === gid) : undefined
  if (owner !== undefined) {
    return impossible(`Group ${name} is not present but gid ${gid} is already taken by group ${owner.name}`)
  }
  return pending({ comment: `Group ${name} set to be added`, changes: {}, apply: () => create(ctx, want) })
}

async function create(ctx: StateContext, want: GroupWishes): Promise<StateOutcome> {
  const { name, gid, system, non_unique } = want
  const added = await ctx.salt('group.add', [name], { ...(gid === undefined ? {} : { gid }), system, non_unique })
  if (added !== true) return failed(`Failed to create new group ${name}`)
  const members = [...(want.members ?? []), ...(want.addusers ?? [])]
  if (members.length > 0) await ctx.salt('group.members', [name, members])
  const left = await leftOver(ctx, want)
  if (isNone(left)) return done(`New group ${name} created`, (await findGroup(ctx, name)) as unknown as Changes)
  return failed(`Group ${name} has been created but, some changes could not be applied`, { Failed: left })
}

async function planAbsent(ctx: StateContext, { name }: { readonly name: string }): Promise<StatePlan> {
  if ((await findGroup(ctx, name)) === undefined) return right('Group not present')
  return pending({
    comment: `Group ${name} is set for removal`,
    changes: {},
    async apply() {
      if ((await ctx.salt('group.delete', [name])) !== true) return failed(`Failed to remove group ${name}`)
      return done(`Removed group ${name}`, { [name]: '' })
    },
  })
}

const name = s.string('Name of the group')
const users = (what: string) => s.optional(s.array(s.string(), what))

export const group = defineStates({
  name: 'group',
  doc: 'Adds, changes and removes groups.',
  functions: {
    present: state({
      doc: 'Let a group be there, with such members.',
      args: {
        name,
        gid: s.optional(s.integer('Id of the group', { minimum: 0 })),
        system: s.withDefault(s.boolean('Choose an id from those of the system'), false),
        addusers: users('Users who must be members'),
        delusers: users('Users who must not be members'),
        members: users('The members, and no others'),
        non_unique: s.withDefault(s.boolean('Allow an id that another group has'), false),
      },
      examples: [
        'developers:\n  group.present:\n    - gid: 4000\n    - addusers:\n      - ann\n      - bob\n    - delusers:\n      - eve',
      ],
      plan: planPresent,
    }),
    absent: state({
      doc: 'Let a group not be there.',
      args: { name },
      examples: ['games:\n  group.absent'],
      plan: planAbsent,
    }),
  },
})
