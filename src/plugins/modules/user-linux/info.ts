/** What is known about users. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { findUser, groupNames, listGroups, listUsers, type UserEntry } from '../../../engine/functions/name-service.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

export const gecosFields = ['fullname', 'roomnumber', 'workphone', 'homephone', 'other'] as const
export type GecosField = (typeof gecosFields)[number]
type Gecos = Readonly<Record<GecosField, string>>

export interface UserInfo extends Gecos {
  readonly gid: number
  readonly groups: string[]
  readonly home: string
  readonly name: string
  readonly passwd: string
  readonly shell: string
  readonly uid: number
}

export const name = s.string('Name of the user')
export const root = s.optional(s.path('Folder of another system to work in'))

const infoSchema = s.object({
  gid: s.integer('Id of the primary group'),
  groups: s.array(s.string(), 'Names of all groups'),
  home: s.string('Home folder'),
  name: s.string(),
  passwd: s.string('x where the hash stands in the shadow file'),
  shell: s.string(),
  uid: s.integer(),
  fullname: s.string(),
  roomnumber: s.string(),
  workphone: s.string(),
  homephone: s.string(),
  other: s.string(),
})

/** The comment of an entry as its fields; all that follows the fourth comma is the last one. */
export function gecosOf(text: string): Gecos {
  const [fullname = '', roomnumber = '', workphone = '', homephone = '', ...other] = text.split(',')
  return { fullname, roomnumber, workphone, homephone, other: other.join(',') }
}

function infoOf(user: UserEntry, groups: string[]): UserInfo {
  const { gid, home, name, passwd, shell, uid, gecos } = user
  return { gid, groups, home, name, passwd, shell, uid, ...gecosOf(gecos) }
}

/** Names of all groups of a user, sorted. `id` knows those of every source. */
export async function groupsOf(ctx: FunctionContext, user: UserEntry, root?: string): Promise<string[]> {
  const known = root === undefined ? await runIfInstalled(ctx, ['id', '-G', user.name]) : undefined
  const gids = wordsOf(known?.stdout ?? '').map(Number)
  if (known?.retcode === 0 && gids.length > 0) return (await groupNames(ctx, gids)).sort(compareText)
  return memberships(user, await listGroups(ctx, root))
}

function memberships(user: UserEntry, groups: Awaited<ReturnType<typeof listGroups>>): string[] {
  return groups
    .filter(({ gid, members }) => gid === user.gid || members.includes(user.name))
    .map((group) => group.name)
    .sort(compareText)
}

async function userInfo(ctx: FunctionContext, name: string, root?: string): Promise<UserInfo | undefined> {
  const user = await findUser(ctx, name, root)
  return user === undefined ? undefined : infoOf(user, await groupsOf(ctx, user, root))
}

/** Throws `execution-failed` where there is no such user. */
export async function existingUser(ctx: FunctionContext, name: string, root?: string): Promise<UserEntry> {
  const user = await findUser(ctx, name, root)
  if (user === undefined) throw new SaltError('execution-failed', `User '${name}' does not exist`)
  return user
}

export const infoFunctions = {
  info: fn({
    doc: 'Tell what is known about a user; an empty mapping where there is none of that name.',
    args: { name, root },
    returns: s.union([infoSchema, s.record(s.null())]),
    examples: ["salt '*' user.info fred"],
    run: async (ctx, args) => (await userInfo(ctx, args.name, args.root)) ?? {},
  }),
  getent: fn({
    doc: 'Tell what is known about all users.',
    args: { refresh: s.withDefault(s.boolean('Accepted, and without effect here'), false), root },
    returns: s.array(infoSchema),
    examples: ["salt '*' user.getent"],
    async run(ctx, args) {
      const groups = await listGroups(ctx, args.root)
      return (await listUsers(ctx, args.root)).map((user) => infoOf(user, memberships(user, groups)))
    },
  }),
  list_users: fn({
    doc: 'List the names of all users.',
    args: { root },
    returns: s.array(s.string()),
    examples: ["salt '*' user.list_users"],
    async run(ctx, args) {
      const users = await listUsers(ctx, args.root)
      return users.map((user) => user.name).sort(compareText)
    },
  }),
  list_groups: fn({
    doc: 'List the names of the groups of a user.',
    args: { name },
    returns: s.array(s.string()),
    examples: ["salt '*' user.list_groups fred"],
    async run(ctx, args) {
      const user = await findUser(ctx, args.name)
      return user === undefined ? [] : groupsOf(ctx, user)
    },
  }),
  primary_group: fn({
    doc: 'Tell the name of the primary group of a user.',
    args: { name },
    returns: s.string(),
    examples: ["salt '*' user.primary_group fred"],
    async run(ctx, args) {
      const user = await existingUser(ctx, args.name)
      return (await groupNames(ctx, [user.gid])).join('')
    },
  }),
}
