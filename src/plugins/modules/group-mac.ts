import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import { compareText } from '../../base/text.ts'
import {
  assertRecordName,
  changeRecord,
  listRecords,
  readRecord,
  runDirectoryProgram,
} from '../../engine/functions/directory-service.ts'
import { wordsOf } from '../../engine/functions/host-programs.ts'
import { defineModule, type FunctionContext, fn } from '../../engine/plugin.ts'

const name = s.string('Name of the group')
const username = s.string('Name of the user')

const infoSchema = s.object({
  name: s.string(),
  passwd: s.string('An asterisk where there is none'),
  gid: s.integer(),
  members: s.array(s.string(), 'Users whose primary group is another'),
})

async function groupInfo(ctx: FunctionContext, group: string) {
  assertRecordName(group, 'the name of a group')
  const record = await readRecord(ctx, `/Groups/${group}`, ['Password', 'PrimaryGroupID', 'GroupMembership'])
  if (record === undefined) return undefined
  const { Password = '*', PrimaryGroupID, GroupMembership = '' } = record
  return { name: group, passwd: Password, gid: Number(PrimaryGroupID), members: wordsOf(GroupMembership) }
}

/** The groups that begin with an underscore are the system's. */
function assertOwnGroup(group: string, verb: string): void {
  assertRecordName(group, 'the name of a group')
  if (!group.startsWith('_')) return
  throw new SaltError('bad-arguments', `Salt will not ${verb} groups beginning with underscores`)
}

function edit(ctx: FunctionContext, words: readonly string[], group: string): Promise<boolean> {
  assertRecordName(group, 'the name of a group')
  return runDirectoryProgram(ctx, ['dseditgroup', '-o', ...words, group])
}

export const groupMac = defineModule({
  name: 'group',
  doc: 'Adds, changes, removes and tells about groups of macOS with dseditgroup and dscl.',
  available: ({ grains }) => grains.kernel === 'Darwin' || 'dseditgroup: the system is not macOS',
  functions: {
    info: fn({
      doc: 'Tell what is known about a group; an empty mapping where there is none of that name.',
      args: { name },
      returns: s.union([infoSchema, s.record(s.null())]),
      examples: ["salt '*' group.info www-data"],
      run: async (ctx, args) => (await groupInfo(ctx, args.name)) ?? {},
    }),
    getent: fn({
      doc: 'Tell what is known about all groups but those of the system.',
      args: { refresh: s.withDefault(s.boolean('Accepted, and without effect here'), false) },
      returns: s.array(infoSchema),
      examples: ["salt '*' group.getent"],
      async run(ctx) {
        const members = new Map(await listRecords(ctx, '/Groups', 'GroupMembership'))
        const groups = await listRecords(ctx, '/Groups', 'PrimaryGroupID')
        return groups
          .filter(([group]) => !group.startsWith('_'))
          .map(([group, [gid]]) => ({ name: group, passwd: '*', gid: Number(gid), members: members.get(group) ?? [] }))
          .sort((a, b) => compareText(a.name, b.name))
      },
    }),
    add: fn({
      doc: 'Add a group.',
      args: { name, gid: s.optional(s.integer('Id of the group', { minimum: 0 })) },
      extra: s.any('Arguments of other systems, without effect here'),
      returns: s.boolean(),
      examples: ["salt '*' group.add foo 3456"],
      async run(ctx, args) {
        assertOwnGroup(args.name, 'create')
        if ((await groupInfo(ctx, args.name)) !== undefined) {
          throw new SaltError('execution-failed', `Group '${args.name}' already exists`)
        }
        return edit(ctx, ['create', ...(args.gid === undefined ? [] : ['-i', String(args.gid)])], args.name)
      },
    }),
    delete: fn({
      doc: 'Remove a group. True where there is none.',
      args: { name },
      returns: s.boolean(),
      examples: ["salt '*' group.delete www-data"],
      async run(ctx, args) {
        assertOwnGroup(args.name, 'remove')
        return (await groupInfo(ctx, args.name)) === undefined || edit(ctx, ['delete'], args.name)
      },
    }),
    chgid: fn({
      doc: 'Change the id of a group. Nothing is done where it has that id.',
      args: { name, gid: s.integer('The new id', { minimum: 0 }) },
      returns: s.boolean(),
      examples: ["salt '*' group.chgid www-data 4376"],
      async run(ctx, args) {
        const before = await groupInfo(ctx, args.name)
        if (before === undefined) throw new SaltError('execution-failed', `Group '${args.name}' does not exist`)
        if (before.gid === args.gid) return true
        await edit(ctx, ['edit', '-i', String(args.gid)], args.name)
        return (await groupInfo(ctx, args.name))?.gid === args.gid
      },
    }),
    adduser: fn({
      doc: 'Make a user a member of a group.',
      args: { group: name, name: username },
      returns: s.boolean(),
      examples: ["salt '*' group.adduser www-data fred"],
      run: (ctx, args) => edit(ctx, ['edit', '-a', args.name, '-t', 'user'], args.group),
    }),
    deluser: fn({
      doc: 'Take a user out of a group.',
      args: { group: name, name: username },
      returns: s.boolean(),
      examples: ["salt '*' group.deluser www-data fred"],
      run: (ctx, args) => edit(ctx, ['edit', '-d', args.name, '-t', 'user'], args.group),
    }),
    members: fn({
      doc: 'Replace the members of a group. False where there is no such group.',
      args: {
        name,
        members_list: s.union([s.string(), s.array(s.string())], 'Names of users, with commas between them'),
      },
      returns: s.boolean(),
      examples: ["salt '*' group.members www-data fred,nobody"],
      async run(ctx, args) {
        if ((await groupInfo(ctx, args.name)) === undefined) return false
        const members = [args.members_list].flat().flatMap((names) => names.split(',').filter((one) => one !== ''))
        return changeRecord(ctx, ['-create', `/Groups/${args.name}`, 'GroupMembership', ...members])
      },
    }),
  },
})
