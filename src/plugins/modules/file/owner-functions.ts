/** Functions of `file` on owners and modes. */
import { s } from '../../../base/schema.ts'
import { groupName, userName } from '../../../engine/functions/accounts.ts'
import { fn } from '../../../engine/plugin.ts'
import { changeOwner, groupId, modeSchema, ownerSchema, setMode, userId } from './owners.ts'
import { checkPermissions } from './permissions.ts'
import { statusOf } from './status.ts'

const path = s.path('The file')
const idOrEmpty = s.union([s.integer(), s.string()], 'The id, or nothing where there is no such name')
const nameOrId = s.union([s.string(), s.integer()], 'The name, or the id where it has none')
const fault = s.union([s.string(), s.null()], 'Nothing, or what is wrong')
const user = ownerSchema('Name or id of the user; empty: as it is')
const group = ownerSchema('Name or id of the group; empty: as it is')
const selinux = (what: string) => s.optional(s.string(`${what} of the SELinux context`))

export const ownerFunctions = {
  gid_to_group: fn({
    doc: 'Give the name of a group id.',
    args: { gid: ownerSchema('The id') },
    returns: nameOrId,
    examples: [`salt '*' file.gid_to_group 0`],
    run(_ctx, { gid }) {
      const id = typeof gid === 'string' && /^\d+$/.test(gid) ? Number(gid) : groupId(gid)
      return id === undefined ? '' : (groupName(id) ?? id)
    },
  }),
  group_to_gid: fn({
    doc: 'Give the id of a group.',
    args: { group: ownerSchema('The name') },
    returns: idOrEmpty,
    examples: [`salt '*' file.group_to_gid root`],
    run: (_ctx, args) => groupId(args.group) ?? '',
  }),
  uid_to_user: fn({
    doc: 'Give the name of a user id.',
    args: { uid: s.union([s.integer(), s.string()], 'The id') },
    returns: nameOrId,
    examples: [`salt '*' file.uid_to_user 0`],
    run: (_ctx, { uid }) => userName(Number(uid)) ?? uid,
  }),
  user_to_uid: fn({
    doc: 'Give the id of a user; without a name, of the one that this process runs as.',
    args: { user: ownerSchema('The name') },
    returns: idOrEmpty,
    examples: [`salt '*' file.user_to_uid root`],
    run: (_ctx, args) => userId(args.user) ?? '',
  }),
  set_mode: fn({
    doc: 'Set the mode of a file and give the new one.',
    args: { path, mode: s.union([s.integer(), s.string()], 'Octal digits') },
    returns: s.string(),
    examples: [`salt '*' file.set_mode /srv/docs/a.txt 0640`],
    run: (_ctx, args) => setMode(args.path, args.mode),
  }),
  chown: fn({
    doc: 'Change user and group of a file. What is wrong is given back as a text.',
    args: { path, user, group },
    returns: fault,
    examples: [`salt '*' file.chown /srv/docs/a.txt fred fred`],
    run: (_ctx, args) => changeOwner(args.path, args.user, args.group, false),
  }),
  lchown: fn({
    doc: 'Change user and group of a file, or of a symbolic link itself.',
    args: { path, user, group },
    returns: fault,
    examples: [`salt '*' file.lchown /srv/docs/latest fred fred`],
    run: (_ctx, args) => changeOwner(args.path, args.user, args.group, true),
  }),
  chgrp: fn({
    doc: 'Change the group of a file.',
    args: { path, group },
    returns: fault,
    examples: [`salt '*' file.chgrp /srv/docs/a.txt fred`],
    run: (_ctx, args) => changeOwner(args.path, statusOf(args.path).user, args.group, false),
  }),
  check_perms: fn({
    doc: 'Bring owner, mode, attributes and SELinux context of a file to what is wanted. Gives a report and what was found.',
    args: {
      name: path,
      ret: s.any('A report to add to; `{}` for a new one'),
      user: ownerSchema('User that the file shall belong to; null: as it is'),
      group: ownerSchema('Group that the file shall belong to; null: as it is'),
      mode: modeSchema('Octal digits; null: as it is'),
      attrs: s.optional(s.string('Letters of the attributes that it shall have')),
      follow_symlinks: s.withDefault(s.boolean('Look at what a link leads to'), false),
      seuser: selinux('User'),
      serole: selinux('Role'),
      setype: selinux('Type'),
      serange: selinux('Range'),
    },
    returns: s.array(s.any()),
    examples: [`salt '*' file.check_perms /etc/passwd '{}' root root 644`],
    async run(ctx, { name, ret, follow_symlinks, seuser, serole, setype, serange, ...wanted }) {
      const context = { user: seuser, role: serole, type: setype, range: serange }
      return [
        ...(await checkPermissions(ctx, name, ret, { ...wanted, followLinks: follow_symlinks, selinux: context })),
      ]
    },
  }),
}
