/** Whom macOS logs in when it starts. */
import * as fs from 'node:fs'
import { s } from '../../../base/schema.ts'
import { runDirectoryProgram } from '../../../engine/functions/directory-service.ts'
import { replaceFile } from '../../../engine/functions/replace-file.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { existingUser, name } from './info.ts'

const preferences = '/Library/Preferences/com.apple.loginwindow.plist'
const setting = 'autoLoginUser'
const passwordFile = '/etc/kcpassword'

async function autoLoginUser(ctx: FunctionContext): Promise<string | false> {
  const { retcode, stdout } = await ctx.exec(['defaults', 'read', preferences, setting])
  return retcode === 0 ? stdout.trim() : false
}

/** The password as the login window expects it: hidden by a key that everybody knows, in blocks of 12 bytes. */
export function hiddenPassword(password: string): Buffer {
  const key = [125, 137, 82, 35, 210, 188, 221, 234, 163, 185, 31]
  const bytes = Buffer.from(`${password}\0`)
  const padded = Buffer.alloc(Math.ceil(bytes.length / 12) * 12)
  bytes.copy(padded)
  return Buffer.from(padded.map((byte, at) => byte ^ (key[at % key.length] ?? 0)))
}

export const autoLoginFunctions = {
  get_auto_login: fn({
    doc: 'Tell who is logged in when the system starts; false for nobody.',
    returns: s.union([s.string(), s.literal([false])]),
    examples: ["salt '*' user.get_auto_login"],
    run: autoLoginUser,
  }),
  enable_auto_login: fn({
    doc: 'Log a user in when the system starts. Whoever can read the disk can read the password then.',
    args: { name, password: s.string('The password of the user') },
    returns: s.boolean(),
    examples: ["salt '*' user.enable_auto_login fred 'secret'"],
    async run(ctx, args) {
      await existingUser(ctx, args.name)
      await runDirectoryProgram(ctx, ['defaults', 'write', preferences, setting, args.name])
      const place = ctx.at(passwordFile)
      replaceFile(place, hiddenPassword(args.password), { mode: 0o600 })
      return (await autoLoginUser(ctx)) === args.name
    },
  }),
  disable_auto_login: fn({
    doc: 'Log nobody in when the system starts.',
    returns: s.boolean(),
    examples: ["salt '*' user.disable_auto_login"],
    async run(ctx) {
      fs.rmSync(ctx.at(passwordFile), { force: true })
      if ((await autoLoginUser(ctx)) === false) return true
      await runDirectoryProgram(ctx, ['defaults', 'delete', preferences, setting])
      return (await autoLoginUser(ctx)) === false
    },
  }),
}
