/** Files below the homes of users, which belong to them and that root writes for them. */
import * as fs from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { runIfInstalled } from '../../../engine/functions/host-programs.ts'
import type { UserEntry } from '../../../engine/functions/name-service.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

/** A path of the configuration of sshd: relative to the home, with `%h`, `%u` and `%%`. Throws `execution-failed`. */
export function userPath(user: UserEntry, path: string): string {
  const expanded = path.replace(/%(.?)/g, (token, letter: string) => {
    if (letter === '%') return '%'
    if (letter === 'h') return user.home
    if (letter === 'u') return user.name
    throw new SaltError('execution-failed', `AuthorizedKeysFile path: unknown token character "${token}"`)
  })
  return isAbsolute(expanded) ? expanded : join(user.home, expanded)
}

export function isFile(ctx: FunctionContext, path: string): boolean {
  return fs.statSync(ctx.at(path), { throwIfNoEntry: false })?.isFile() === true
}

/** Writes a file for a user; folders and the file belong to the user where they are new. Throws `execution-failed`, `storage`. */
export async function writeUserFile(ctx: FunctionContext, user: UserEntry, path: string, text: string): Promise<void> {
  assertNoTrap(ctx, user, path)
  const made = [makeFolder(ctx, user, dirname(path)), isFile(ctx, path) ? [] : [path]].flat()
  writeSystemFile(ctx, path, text, { mode: 0o600, owner: user })
  const { selinux } = ctx.grains
  if (!isRecord(selinux) || selinux.enabled !== true) return
  for (const one of made) await runIfInstalled(ctx, ['restorecon', one])
}

/** The folder, where it was made. */
function makeFolder(ctx: FunctionContext, user: UserEntry, folder: string): string[] {
  const place = ctx.at(folder)
  if (fs.existsSync(place)) return []
  fs.mkdirSync(place, { recursive: true, mode: 0o700 })
  if (process.geteuid?.() === 0) fs.chownSync(place, user.uid, user.gid)
  return [folder]
}

/** A user must not make root write into files of others, by a link. */
function assertNoTrap(ctx: FunctionContext, user: UserEntry, path: string): void {
  const status = fs.statSync(ctx.at(path), { throwIfNoEntry: false })
  const linked = [dirname(path), path].some((one) =>
    fs.lstatSync(ctx.at(one), { throwIfNoEntry: false })?.isSymbolicLink(),
  )
  if (!linked || status?.uid === user.uid) return
  throw new SaltError('execution-failed', `${path} is a link to what does not belong to ${user.name}`, {
    hint: 'Replace the link by the file, or give the file to the user.',
  })
}
