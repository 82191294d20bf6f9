/** Adding and removing users. */
import { readFileIfExists } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { assertOperand, changes } from '../../../engine/functions/host-programs.ts'
import { findGroup } from '../../../engine/functions/name-service.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { changeGecos, changeGroups, groupList, rootWords } from './change.ts'
import { gecosFields, name, root } from './info.ts'

const gecos = (what: string) => s.withDefault(s.string(what), '')

const addArguments = {
  name,
  uid: s.optional(s.union([s.integer(), s.string()], 'Id of the user')),
  gid: s.optional(s.union([s.integer(), s.string()], 'Id or name of the primary group')),
  groups: s.optional(s.union([s.string(), s.array(s.string())], 'Other groups: a list, or names with commas between')),
  home: s.optional(s.path('Home folder')),
  shell: s.optional(s.path('Login shell')),
  unique: s.withDefault(s.boolean('Refuse an id that somebody has'), true),
  system: s.withDefault(s.boolean('Choose an id from those of the system'), false),
  fullname: gecos('Full name'),
  roomnumber: gecos('Room number'),
  workphone: gecos('Phone number at work'),
  homephone: gecos('Phone number at home'),
  other: gecos('Last field of the comment'),
  createhome: s.withDefault(s.boolean('Make the home folder'), true),
  loginclass: s.optional(s.string('Accepted, and without effect: only BSD has login classes')),
  nologinit: s.withDefault(s.boolean('Do not enter the user in the lastlog and faillog databases'), false),
  root,
  usergroup: s.optional(s.boolean('Make a group of the same name, or make none; otherwise as login.defs says')),
}

type Given = string | number | undefined

function option(word: string, value: Given): string[] {
  return value === undefined || value === '' ? [] : [word, String(value)]
}

/** The primary group: a given one, or the user's own where it is among the groups and exists already. */
async function groupWords(
  ctx: FunctionContext,
  args: {
    readonly name: string
    readonly gid?: Given
    readonly usergroup?: boolean | undefined
    readonly groups: string[]
  },
): Promise<string[]> {
  if (args.gid !== undefined && args.gid !== '') return ['-g', String(args.gid)]
  if (args.usergroup !== undefined) return [args.usergroup ? '-U' : '-N']
  if (!args.groups.includes(args.name)) return []
  const definitions = readFileIfExists(ctx.at('/etc/login.defs')) ?? ''
  if (!/^\s*USERGROUPS_ENAB\s+yes\b/im.test(definitions)) return []
  const own = await findGroup(ctx, args.name)
  return own === undefined ? [] : ['-g', String(own.gid)]
}

export const accountFunctions = {
  add: fn({
    doc: 'Add a user. What useradd complains about is in the log of the minion.',
    args: addArguments,
    returns: s.boolean('Whether there is a new user'),
    examples: ["salt '*' user.add fred 1001 1001 groups='[wheel, audio]' shell=/bin/bash"],
    async run(ctx, args) {
      assertOperand(args.name, 'the name of a user')
      const groups = groupList(args.groups ?? [])
      const argv = [
        'useradd',
        ...option('-s', args.shell),
        ...option('-u', args.uid),
        ...(await groupWords(ctx, { ...args, groups })),
        args.createhome ? '-m' : '-M',
        ...(args.nologinit ? ['-l'] : []),
        ...option('-d', args.home),
        ...(args.unique ? [] : ['-o']),
        ...(args.system ? ['-r'] : []),
        ...rootWords(args.root),
        args.name,
      ]
      if (!(await changes(ctx, argv))) return false
      // The user exists now, whatever comes of the rest.
      if (groups.length > 0) await changeGroups(ctx, { name: args.name, groups, append: false, root: args.root })
      for (const field of gecosFields) {
        if (args[field] !== '') await changeGecos(ctx, args, field, args[field])
      }
      return true
    },
  }),
  delete: fn({
    doc: 'Remove a user. What userdel complains about is in the log of the minion.',
    args: {
      name,
      remove: s.withDefault(s.boolean('Remove the home folder and the mail too'), false),
      force: s.withDefault(s.boolean('Even when the user is logged in'), false),
      root,
    },
    returns: s.boolean(),
    examples: ["salt '*' user.delete fred remove=true force=true"],
    async run(ctx, args) {
      assertOperand(args.name, 'the name of a user')
      const options = [...(args.remove ? ['-r'] : []), ...(args.force ? ['-f'] : []), ...rootWords(args.root)]
      const { retcode, stderr } = await ctx.exec(['userdel', ...options, args.name])
      // Debian's userdel gives 12 where there is no mail to remove; the user is gone nevertheless.
      const onlyMail = retcode === 12 && ctx.grains.os_family === 'Debian' && /var\/(?:spool\/)?mail/.test(stderr)
      if (retcode === 0 || onlyMail) return true
      ctx.log.error('userdel failed', { reason: stderr.trim() })
      ctx.setRetcode(retcode)
      return false
    },
  }),
}
