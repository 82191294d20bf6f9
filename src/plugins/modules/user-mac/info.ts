/** What is known about users. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { listRecords, readRecord } from '../../../engine/functions/directory-service.ts'
import { wordsOf } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

export const name = s.string('Name of the user')

const infoSchema = s.object({
  uid: s.integer(),
  gid: s.integer('Id of the primary group'),
  groups: s.array(s.string(), 'Names of all groups'),
  home: s.string('Home folder'),
  name: s.string(),
  shell: s.string(),
  fullname: s.string(),
})

const attributes = ['RealName', 'UniqueID', 'PrimaryGroupID', 'NFSHomeDirectory', 'UserShell']

export async function groupsOf(ctx: FunctionContext, user: string): Promise<string[]> {
  const { stdout } = await ctx.exec(['id', '-Gn', user])
  return wordsOf(stdout).sort(compareText)
}

export async function userInfo(ctx: FunctionContext, user: string) {
  if (user === '' || /[\s/]/.test(user)) return undefined
  const record = await readRecord(ctx, `/Users/${user}`, attributes)
  if (record === undefined) return undefined
  return {
    uid: Number(record.UniqueID),
    gid: Number(record.PrimaryGroupID),
    groups: await groupsOf(ctx, user),
    home: record.NFSHomeDirectory ?? '',
    name: user,
    shell: record.UserShell ?? '',
    fullname: record.RealName ?? '',
  }
}

/** Throws `execution-failed` where there is no such user. */
export async function existingUser(ctx: FunctionContext, user: string) {
  const info = await userInfo(ctx, user)
  if (info === undefined) throw new SaltError('execution-failed', `User '${user}' does not exist`)
  return info
}

/** Name of the primary group. Throws `execution-failed` where there is no such user. */
export async function primaryGroup(ctx: FunctionContext, user: string): Promise<string> {
  const { retcode, stdout } = await ctx.exec(['id', '-gn', user])
  if (retcode !== 0) throw new SaltError('execution-failed', `User '${user}' does not exist`)
  return stdout.trim()
}

/** Users of people: those of the system begin with an underscore. */
async function listUsers(ctx: FunctionContext): Promise<string[]> {
  const users = await listRecords(ctx, '/Users', 'UniqueID')
  return users
    .map(([user]) => user)
    .filter((user) => !user.startsWith('_'))
    .sort(compareText)
}

export const infoFunctions = {
  info: fn({
    doc: 'Tell what is known about a user; an empty mapping where there is none of that name.',
    args: { name },
    returns: s.union([infoSchema, s.record(s.null())]),
    examples: ["salt '*' user.info fred"],
    run: async (ctx, args) => (await userInfo(ctx, args.name)) ?? {},
  }),
  getent: fn({
    doc: 'Tell what is known about all users but those of the system.',
    args: { refresh: s.withDefault(s.boolean('Accepted, and without effect here'), false) },
    returns: s.array(infoSchema),
    examples: ["salt '*' user.getent"],
    async run(ctx) {
      const found = []
      for (const user of await listUsers(ctx)) found.push((await userInfo(ctx, user)) ?? [])
      return found.flat()
    },
  }),
  list_users: fn({
    doc: 'List the names of all users but those of the system.',
    returns: s.array(s.string()),
    examples: ["salt '*' user.list_users"],
    run: listUsers,
  }),
  list_groups: fn({
    doc: 'List the names of the groups of a user.',
    args: { name },
    returns: s.array(s.string()),
    examples: ["salt '*' user.list_groups fred"],
    run: (ctx, args) => groupsOf(ctx, args.name),
  }),
  primary_group: fn({
    doc: 'Tell the name of the primary group of a user.',
    args: { name },
    returns: s.string(),
    examples: ["salt '*' user.primary_group fred"],
    run: (ctx, args) => primaryGroup(ctx, args.name),
  }),
}
