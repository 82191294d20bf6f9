/** Changes of users that exist, with usermod. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { assertOperand, changes, runChange } from '../../../engine/functions/host-programs.ts'
import { findUser, type UserEntry } from '../../../engine/functions/name-service.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { existingUser, type GecosField, gecosFields, gecosOf, groupsOf, name, root } from './info.ts'

export function rootWords(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['-R', folder]
}

interface Attribute {
  readonly key: 'uid' | 'gid' | 'home' | 'shell'
  readonly value: string | number
  /** Options of usermod, without the value. */
  readonly options: readonly string[]
}

/** Changes one attribute, and tells whether it is as wanted afterwards. */
async function changeAttribute(
  ctx: FunctionContext,
  user: { readonly name: string; readonly root?: string | undefined },
  { key, value, options }: Attribute,
): Promise<boolean> {
  const before = await existingUser(ctx, user.name, user.root)
  if (before[key] === value) return true
  await runChange(ctx, ['usermod', ...rootWords(user.root), ...options, String(value), user.name])
  return (await findUser(ctx, user.name, user.root))?.[key] === value
}

/** The comment of a user with one field changed; fields that are empty at the end are left out. */
function gecosWith(user: UserEntry, field: GecosField, value: string): string {
  const fields = { ...gecosOf(user.gecos), [field]: value }
  return gecosFields
    .map((one) => fields[one])
    .join(',')
    .replace(/,+$/, '')
}

/** False where there is no such user, or the field is another one afterwards. */
export async function changeGecos(
  ctx: FunctionContext,
  given: { readonly name: string; readonly root?: string | undefined },
  field: GecosField,
  value: string,
): Promise<boolean> {
  const user = await findUser(ctx, given.name, given.root)
  if (user === undefined) return false
  if (gecosOf(user.gecos)[field] === value) return true
  await runChange(ctx, ['usermod', ...rootWords(given.root), '-c', gecosWith(user, field, value), given.name])
  const after = await findUser(ctx, given.name, given.root)
  return after !== undefined && gecosOf(after.gecos)[field] === value
}

function gecosFunction(fun: string, field: GecosField, what: string, example: string) {
  return fn({
    doc: `Change the ${what} of a user.`,
    args: { name, [field]: s.string(`The ${what}; empty: none`), root },
    returns: s.boolean(),
    examples: [`salt '*' user.${fun} foo '${example}'`],
    run: (ctx, args) => changeGecos(ctx, { name: String(args.name), root: args.root }, field, String(args[field])),
  })
}

export function groupList(groups: string | readonly string[]): string[] {
  return (typeof groups === 'string' ? groups.split(',') : [...groups])
    .map((group) => group.trim())
    .filter((group) => group !== '')
}

interface GroupChange {
  readonly name: string
  readonly groups: string | readonly string[]
  readonly append: boolean
  readonly root?: string | undefined
}

export async function changeGroups(ctx: FunctionContext, change: GroupChange): Promise<boolean> {
  const groups = groupList(change.groups)
  const user = await existingUser(ctx, change.name, change.root)
  const now = await groupsOf(ctx, user, change.root)
  if (now.join() === groups.toSorted(compareText).join()) return true
  const options = [...(change.append ? ['-a'] : []), '-G', groups.join(',')]
  const argv = ['usermod', ...rootWords(change.root), ...options, change.name]
  const result = await runChange(ctx, argv)
  // Old name services answer so for users that are not local; they may still be members of local groups.
  if (result.retcode === 0 || !result.stderr.includes('not found in')) return result.retcode === 0
  let done = true
  for (const group of groups) {
    done = (await changes(ctx, ['gpasswd', '-a', change.name, group])) && done
  }
  return done
}

export const changeFunctions = {
  chuid: fn({
    doc: 'Change the id of a user.',
    args: { name, uid: s.integer('The new id', { minimum: 0 }) },
    returns: s.boolean(),
    examples: ["salt '*' user.chuid fred 4376"],
    run: (ctx, args) => changeAttribute(ctx, args, { key: 'uid', value: args.uid, options: ['-u'] }),
  }),
  chgid: fn({
    doc: 'Change the primary group of a user.',
    args: { name, gid: s.integer('Id of the group', { minimum: 0 }), root },
    returns: s.boolean(),
    examples: ["salt '*' user.chgid fred 4376"],
    run: (ctx, args) => changeAttribute(ctx, args, { key: 'gid', value: args.gid, options: ['-g'] }),
  }),
  chshell: fn({
    doc: 'Change the login shell of a user.',
    args: { name, shell: s.path('The shell'), root },
    returns: s.boolean(),
    examples: ["salt '*' user.chshell fred /bin/zsh"],
    run: (ctx, args) => changeAttribute(ctx, args, { key: 'shell', value: args.shell, options: ['-s'] }),
  }),
  chhome: fn({
    doc: 'Change the home folder of a user.',
    args: {
      name,
      home: s.path('The folder'),
      persist: s.withDefault(s.boolean('Move what is in the old one'), false),
      root,
    },
    returns: s.boolean(),
    examples: ["salt '*' user.chhome fred /home/users/fred persist=true"],
    run: (ctx, args) =>
      changeAttribute(ctx, args, {
        key: 'home',
        value: args.home,
        options: [...(args.persist ? ['-m'] : []), '-d'],
      }),
  }),
  chgroups: fn({
    doc: 'Change the groups of a user other than the primary one.',
    args: {
      name,
      groups: s.union([s.string(), s.array(s.string())], 'A list, or names with commas between them'),
      append: s.withDefault(s.boolean('Keep the groups that the user is in'), false),
      root,
    },
    returns: s.boolean(),
    examples: ["salt '*' user.chgroups fred adm,root append=true"],
    run: (ctx, args) => changeGroups(ctx, args),
  }),
  chfullname: gecosFunction('chfullname', 'fullname', 'full name', 'Foo Bar'),
  chroomnumber: gecosFunction('chroomnumber', 'roomnumber', 'room number', '123'),
  chworkphone: gecosFunction('chworkphone', 'workphone', 'phone number at work', '555-1234'),
  chhomephone: gecosFunction('chhomephone', 'homephone', 'phone number at home', '555-4321'),
  chother: gecosFunction('chother', 'other', 'last field of the comment', 'night shift'),
  chloginclass: fn({
    doc: 'Change the login class of a user. Only BSD has login classes, so that this always gives false.',
    args: { name, loginclass: s.string('The class'), root },
    returns: s.boolean(),
    examples: ["salt '*' user.chloginclass fred staff"],
    run: () => false,
  }),
  get_loginclass: fn({
    doc: 'Tell the login class of a user. Only BSD has login classes, so that this always gives false.',
    args: { name },
    returns: s.boolean(),
    examples: ["salt '*' user.get_loginclass fred"],
    run: () => false,
  }),
  rename: fn({
    doc: 'Give a user another name.',
    args: { name, new_name: s.string('The new name'), root },
    returns: s.boolean(),
    examples: ["salt '*' user.rename fred frederic"],
    async run(ctx, args) {
      assertOperand(args.new_name, 'the name of a user')
      if ((await findUser(ctx, args.new_name, args.root)) !== undefined) {
        throw new SaltError('execution-failed', `User '${args.new_name}' already exists`)
      }
      await existingUser(ctx, args.name, args.root)
      await runChange(ctx, ['usermod', ...rootWords(args.root), '-l', args.new_name, args.name])
      return (await findUser(ctx, args.new_name, args.root)) !== undefined
    },
  }),
}
