import { s } from '../../base/schema.ts'
import { assertOperand, changes } from '../../engine/functions/host-programs.ts'
import { findGroup, type GroupEntry, listGroups } from '../../engine/functions/name-service.ts'
import { defineModule, fn } from '../../engine/plugin.ts'

const name = s.string('Name of the group')
const username = s.string('Name of the user')
const root = s.optional(s.path('Folder of another system to work in'))
const nonUnique = s.withDefault(s.boolean('Allow an id that another group has'), false)

const infoSchema = s.object({
  name: s.string(),
  passwd: s.string('x where it stands in the gshadow file'),
  gid: s.integer(),
  members: s.array(s.string(), 'Users whose primary group is another'),
})

function infoOf({ name, passwd, gid, members }: GroupEntry) {
  return { name, passwd, gid, members: [...members] }
}

function rootWords(option: '-R' | '--root', folder: string | undefined): string[] {
  return folder === undefined ? [] : [option, folder]
}

export const groupLinux = defineModule({
  name: 'group',
  doc: 'Adds, changes, removes and tells about groups with groupadd, groupmod, groupdel and gpasswd.',
  available: ({ grains }) => grains.kernel === 'Linux' || 'groupadd: the system is not Linux',
  functions: {
    info: fn({
      doc: 'Tell what is known about a group; an empty mapping where there is none of that name.',
      args: { name, root },
      returns: s.union([infoSchema, s.record(s.null())]),
      examples: ["salt '*' group.info www-data"],
      async run(ctx, args) {
        const found = await findGroup(ctx, args.name, args.root)
        return found === undefined ? {} : infoOf(found)
      },
    }),
    getent: fn({
      doc: 'Tell what is known about all groups.',
      args: { refresh: s.withDefault(s.boolean('Accepted, and without effect here'), false), root },
      returns: s.array(infoSchema),
      examples: ["salt '*' group.getent"],
      run: async (ctx, args) => (await listGroups(ctx, args.root)).map(infoOf),
    }),
    add: fn({
      doc: 'Add a group. What groupadd complains about is in the log of the minion.',
      args: {
        name,
        gid: s.optional(s.integer('Id of the group', { minimum: 0 })),
        system: s.withDefault(s.boolean('Choose an id from those of the system'), false),
        root,
        non_unique: nonUnique,
      },
      returns: s.boolean('Whether there is a new group'),
      examples: ["salt '*' group.add foo 3456"],
      run(ctx, args) {
        assertOperand(args.name, 'the name of a group')
        const gid = args.gid === undefined ? [] : ['-g', String(args.gid)]
        const options = [...gid, ...(args.non_unique ? ['-o'] : []), ...(args.system ? ['-r'] : [])]
        return changes(ctx, ['groupadd', ...options, ...rootWords('-R', args.root), args.name])
      },
    }),
    delete: fn({
      doc: 'Remove a group.',
      args: { name, root },
      returns: s.boolean(),
      examples: ["salt '*' group.delete www-data"],
      run(ctx, args) {
        assertOperand(args.name, 'the name of a group')
        return changes(ctx, ['groupdel', ...rootWords('-R', args.root), args.name])
      },
    }),
    chgid: fn({
      doc: 'Change the id of a group. Nothing is done where it has that id.',
      args: { name, gid: s.integer('The new id', { minimum: 0 }), root, non_unique: nonUnique },
      returns: s.boolean(),
      examples: ["salt '*' group.chgid www-data 4376"],
      async run(ctx, args) {
        if ((await findGroup(ctx, args.name, args.root))?.gid === args.gid) return true
        assertOperand(args.name, 'the name of a group')
        const options = ['-g', String(args.gid), ...(args.non_unique ? ['-o'] : [])]
        await changes(ctx, ['groupmod', ...rootWords('-R', args.root), ...options, args.name])
        return (await findGroup(ctx, args.name, args.root))?.gid === args.gid
      },
    }),
    adduser: fn({
      doc: 'Make a user a member of a group.',
      args: { name, username, root },
      returns: s.boolean(),
      examples: ["salt '*' group.adduser www-data fred"],
      run(ctx, args) {
        assertOperand(args.name, 'the name of a group')
        return changes(ctx, ['gpasswd', '--add', args.username, ...rootWords('--root', args.root), args.name])
      },
    }),
    deluser: fn({
      doc: 'Take a user out of a group. True where the user is no member.',
      args: { name, username, root },
      returns: s.boolean(),
      examples: ["salt '*' group.deluser www-data fred"],
      async run(ctx, args) {
        const found = await findGroup(ctx, args.name, args.root)
        if (found?.members.includes(args.username) !== true) return true
        return changes(ctx, ['gpasswd', '--delete', args.username, ...rootWords('--root', args.root), args.name])
      },
    }),
    members: fn({
      doc: 'Replace the members of a group.',
      args: {
        name,
        members_list: s.union([s.string(), s.array(s.string())], 'Names of users, with commas between them'),
        root,
      },
      returns: s.boolean(),
      examples: ["salt '*' group.members www-data fred,nobody"],
      run(ctx, args) {
        assertOperand(args.name, 'the name of a group')
        const members = typeof args.members_list === 'string' ? args.members_list : args.members_list.join(',')
        return changes(ctx, ['gpasswd', '--members', members, ...rootWords('--root', args.root), args.name])
      },
    }),
  },
})
