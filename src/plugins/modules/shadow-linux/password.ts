/** Passwords of users: set, removed, locked. */
import { SaltError } from '../../../base/errors.ts'
import { readFileIfExists } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { assertOperand, changes } from '../../../engine/functions/host-programs.ts'
import { findUser } from '../../../engine/functions/name-service.ts'
import { replaceFile } from '../../../engine/functions/replace-file.ts'
import { withLineEnd } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { findEntry, infoFunction, name, root, rootWords } from './entry.ts'

const dayMs = 24 * 60 * 60 * 1000

function isLocked(hash: string): boolean {
  return hash.startsWith('!')
}

/** Where the hash of a user stands; ALT Linux has a file for each user. */
function shadowPath(ctx: FunctionContext, name: string, folder: string | undefined): string {
  const path = ctx.grains.os === 'ALT' ? `/etc/tcb/${name}/shadow` : '/etc/shadow'
  return folder === undefined ? ctx.at(path) : `${folder}${path}`
}

/** The text of a shadow file with another hash for a user, whose line is added where there is none. */
function withHash(text: string, name: string, hash: string): string {
  const today = String(Math.floor(Date.now() / dayMs))
  let found = false
  const lines = text.split('\n').map((line) => {
    const [first, , , ...rest] = line.split(':')
    if (first !== name || found) return line
    found = true
    return [name, hash, today, ...rest].join(':')
  })
  return found ? lines.join('\n') : `${withLineEnd(text)}${name}:${hash}:${today}:0:99999:7:::\n`
}

async function editHash(
  ctx: FunctionContext,
  user: { readonly name: string; readonly password: string; readonly root?: string | undefined },
): Promise<boolean> {
  if ((await findUser(ctx, user.name, user.root)) === undefined) return false
  const path = shadowPath(ctx, user.name, user.root)
  const text = readFileIfExists(path)
  if (text === undefined) return false
  replaceFile(path, withHash(text, user.name, user.password))
  return true
}

/** Runs `passwd` with an option about a user who exists. */
function lockFunction(fun: string, option: '-l' | '-u', locks: boolean, doc: string) {
  return fn({
    doc,
    args: { name, root },
    returns: s.boolean('False where there is no such user'),
    examples: [`salt '*' shadow.${fun} fred`],
    async run(ctx, args) {
      const before = await findEntry(ctx, args.name, args.root)
      if (before === undefined) return false
      if (isLocked(before.passwd) === locks) return true
      await changes(ctx, ['passwd', ...rootWords(args.root), option, args.name])
      const after = await findEntry(ctx, args.name, args.root)
      return after !== undefined && isLocked(after.passwd) === locks
    },
  })
}

export const passwordFunctions = {
  info: infoFunction,
  set_password: fn({
    doc: 'Set the password of a user, which must be a hash as gen_password makes it.',
    args: {
      name,
      password: s.string('The hash'),
      use_usermod: s.withDefault(
        s.boolean('Use usermod instead of editing the shadow file; others may see the hash meanwhile'),
        false,
      ),
      root,
    },
    returns: s.boolean('Whether it is so now'),
    examples: ["salt '*' shadow.set_password fred '$1$UYCIxa628.9qXjpQCjM4a..'"],
    async run(ctx, args) {
      assertOperand(args.name, 'the name of a user')
      if (/[:\n\r\0]/.test(args.password)) {
        throw new SaltError('bad-arguments', 'a hash has neither colons nor line breaks')
      }
      const done = args.use_usermod
        ? await changes(ctx, ['usermod', ...rootWords(args.root), '-p', args.password, args.name])
        : await editHash(ctx, args)
      return done && (await findEntry(ctx, args.name, args.root))?.passwd === args.password
    },
  }),
  del_password: fn({
    doc: 'Take the password of a user away, so that none is asked for.',
    args: { name, root },
    returns: s.boolean('Whether it is so now'),
    examples: ["salt '*' shadow.del_password fred"],
    async run(ctx, args) {
      assertOperand(args.name, 'the name of a user')
      await changes(ctx, ['passwd', ...rootWords(args.root), '-d', args.name])
      return (await findEntry(ctx, args.name, args.root))?.passwd === ''
    },
  }),
  lock_password: lockFunction('lock_password', '-l', true, 'Lock the password of a user, so that it fits no more.'),
  unlock_password: lockFunction('unlock_password', '-u', false, 'Unlock the password of a user.'),
}
