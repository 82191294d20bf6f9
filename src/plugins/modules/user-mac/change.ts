/** Adding, changing and removing users. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import {
  assertRecordName,
  changeRecord,
  flushDirectoryCache,
  listRecords,
} from '../../../engine/functions/directory-service.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { existingUser, groupsOf, name, primaryGroup, userInfo } from './info.ts'

const firstUserId = 501
const staffGroupId = 20

const groupsSchema = s.union([s.string(), s.array(s.string())], 'A list, or names with commas between them')

interface Attribute {
  readonly key: 'uid' | 'gid' | 'home' | 'shell' | 'fullname'
  /** Name of the attribute in the directory. */
  readonly attribute: string
}

/** Changes one attribute, and tells whether it is as wanted afterwards. */
async function changeAttribute(
  ctx: FunctionContext,
  user: string,
  { key, attribute }: Attribute,
  value: string | number,
): Promise<boolean> {
  const before = await existingUser(ctx, user)
  if (before[key] === value) return true
  await changeRecord(ctx, ['-create', `/Users/${user}`, attribute, String(value)])
  await flushDirectoryCache(ctx)
  return (await userInfo(ctx, user))?.[key] === value
}

function namesIn(groups: string | readonly string[]): string[] {
  const names = (typeof groups === 'string' ? groups.split(',') : [...groups]).filter((group) => group !== '')
  for (const group of names) assertRecordName(group, 'the name of a group')
  return names
}

/** The primary group stays, whether it is named or not. */
async function changeGroups(ctx: FunctionContext, user: string, groups: readonly string[], append: boolean) {
  await existingUser(ctx, user)
  const now = new Set(await groupsOf(ctx, user))
  const wanted = new Set([...groups, await primaryGroup(ctx, user)])
  const missing = wanted.difference(now)
  const extra = append ? new Set<string>() : now.difference(wanted)
  if (missing.size === 0 && extra.size === 0) return true
  for (const group of missing) await changeRecord(ctx, ['-append', `/Groups/${group}`, 'GroupMembership', user])
  for (const group of extra) await changeRecord(ctx, ['-delete', `/Groups/${group}`, 'GroupMembership', user])
  await flushDirectoryCache(ctx)
  const after = new Set(await groupsOf(ctx, user))
  return wanted.isSubsetOf(after) && extra.isDisjointFrom(after)
}

async function freeUserId(ctx: FunctionContext): Promise<number> {
  const taken = new Set((await listRecords(ctx, '/Users', 'UniqueID')).map(([, [id]]) => Number(id)))
  let id = firstUserId
  while (taken.has(id)) id++
  return id
}

function makeHome(ctx: FunctionContext, home: string, uid: number, gid: number): void {
  const place = ctx.at(home)
  if (fs.existsSync(place)) return
  fs.mkdirSync(place, { recursive: true })
  if (process.geteuid?.() === 0) fs.chownSync(place, uid, gid)
}

export const changeFunctions = {
  add: fn({
    doc: 'Add a user.',
    args: {
      name,
      uid: s.optional(s.integer('Id of the user; the first from 501 on that nobody has, by default', { minimum: 0 })),
      gid: s.withDefault(s.integer('Id of the primary group', { minimum: 0 }), staffGroupId),
      groups: s.optional(groupsSchema),
      home: s.optional(s.path('Home folder; below /Users by default')),
      shell: s.withDefault(s.path('Login shell'), '/bin/bash'),
      fullname: s.withDefault(s.string('Full name'), ''),
      createhome: s.withDefault(s.boolean('Make the home folder'), true),
    },
    extra: s.any('Arguments of other systems, without effect here'),
    returns: s.boolean(),
    examples: ["salt '*' user.add fred 1001 1001 groups='[wheel, audio]' shell=/bin/zsh"],
    async run(ctx, args) {
      assertRecordName(args.name, 'the name of a user')
      const groups = namesIn(args.groups ?? [])
      if ((await userInfo(ctx, args.name)) !== undefined) {
        throw new SaltError('execution-failed', `User '${args.name}' already exists`)
      }
      const uid = args.uid ?? (await freeUserId(ctx))
      const home = args.home ?? `/Users/${args.name}`
      const attributes = [
        ['UniqueID', String(uid)],
        ['PrimaryGroupID', String(args.gid)],
        ['UserShell', args.shell],
        ['NFSHomeDirectory', home],
        ['RealName', args.fullname],
      ]
      for (const pair of attributes) {
        if (!(await changeRecord(ctx, ['-create', `/Users/${args.name}`, ...pair]))) return false
      }
      if (args.createhome) makeHome(ctx, home, uid, args.gid)
      await flushDirectoryCache(ctx)
      if (groups.length > 0) await changeGroups(ctx, args.name, groups, false)
      return true
    },
  }),
  delete: fn({
    doc: 'Remove a user. True where there is none.',
    args: {
      name,
      remove: s.withDefault(s.boolean('Remove the home folder too'), false),
      force: s.withDefault(s.boolean('Accepted, and without effect here'), false),
    },
    returns: s.boolean(),
    examples: ["salt '*' user.delete fred remove=true"],
    async run(ctx, args) {
      const info = await userInfo(ctx, args.name)
      if (info === undefined) return true
      if (args.remove && info.home.split('/').filter((part) => part !== '').length > 1) {
        fs.rmSync(ctx.at(info.home), { recursive: true, force: true })
      }
      await changeGroups(ctx, args.name, [], false)
      return changeRecord(ctx, ['-delete', `/Users/${args.name}`])
    },
  }),
  chuid: fn({
    doc: 'Change the id of a user.',
    args: { name, uid: s.integer('The new id', { minimum: 0 }) },
    returns: s.boolean(),
    examples: ["salt '*' user.chuid fred 4376"],
    run: (ctx, args) => changeAttribute(ctx, args.name, { key: 'uid', attribute: 'UniqueID' }, args.uid),
  }),
  chgid: fn({
    doc: 'Change the primary group of a user.',
    args: { name, gid: s.integer('Id of the group', { minimum: 0 }) },
    returns: s.boolean(),
    examples: ["salt '*' user.chgid fred 4376"],
    run: (ctx, args) => changeAttribute(ctx, args.name, { key: 'gid', attribute: 'PrimaryGroupID' }, args.gid),
  }),
  chshell: fn({
    doc: 'Change the login shell of a user.',
    args: { name, shell: s.path('The shell') },
    returns: s.boolean(),
    examples: ["salt '*' user.chshell fred /bin/zsh"],
    run: (ctx, args) => changeAttribute(ctx, args.name, { key: 'shell', attribute: 'UserShell' }, args.shell),
  }),
  chhome: fn({
    doc: 'Change the home folder of a user; what is in the old one stays there.',
    args: { name, home: s.path('The folder') },
    extra: s.any('Arguments of other systems, without effect here'),
    returns: s.boolean(),
    examples: ["salt '*' user.chhome foo /Users/foo"],
    run: (ctx, args) => changeAttribute(ctx, args.name, { key: 'home', attribute: 'NFSHomeDirectory' }, args.home),
  }),
  chfullname: fn({
    doc: 'Change the full name of a user.',
    args: { name, fullname: s.string('The full name') },
    returns: s.boolean(),
    examples: ["salt '*' user.chfullname fred 'Fred Bar'"],
    run: (ctx, args) => changeAttribute(ctx, args.name, { key: 'fullname', attribute: 'RealName' }, args.fullname),
  }),
  chgroups: fn({
    doc: 'Change the groups of a user other than the primary one.',
    args: {
      name,
      groups: groupsSchema,
      append: s.withDefault(s.boolean('Keep the groups that the user is in'), false),
    },
    returns: s.boolean(),
    examples: ["salt '*' user.chgroups foo wheel,root"],
    run: (ctx, args) => changeGroups(ctx, args.name, namesIn(args.groups), args.append),
  }),
  rename: fn({
    doc: 'Give a user another name.',
    args: { name, new_name: s.string('The new name') },
    returns: s.boolean(),
    examples: ["salt '*' user.rename fred frederic"],
    async run(ctx, args) {
      assertRecordName(args.new_name, 'the name of a user')
      await existingUser(ctx, args.name)
      if ((await userInfo(ctx, args.new_name)) !== undefined) {
        throw new SaltError('execution-failed', `User '${args.new_name}' already exists`)
      }
      await changeRecord(ctx, ['-change', `/Users/${args.name}`, 'RecordName', args.name, args.new_name])
      await flushDirectoryCache(ctx)
      return (await userInfo(ctx, args.new_name)) !== undefined
    },
  }),
}
