/** The key files by which users of this host prove who they are: each belongs to its user, and nobody else can read it. */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import { userBusFolder, userBusPaths } from '../../client/user-bus.ts'
import type { HostUser } from './host-users.ts'

export type UserKeys = ReadonlyMap<number, Uint8Array>

/** Others may pass this folder, but see nothing in it. */
const passable = 0o711

/**
 * Makes the folder, and lets others pass it and `sock_dir`; what a master that crashed left there for other users goes. Answers
 * the folders above that they cannot pass.
 */
export function openUserFolder(sockDir: string, users: readonly HostUser[]): readonly string[] {
  const folder = userBusFolder(sockDir)
  fs.mkdirSync(folder, { recursive: true, mode: passable })
  const kept = new Set(users.map(({ uid }) => String(uid)))
  for (const name of fs.readdirSync(folder)) {
    if (!kept.has(name.replace(/\..*$/, ''))) fs.rmSync(join(folder, name), { force: true })
  }
  for (const path of [sockDir, folder]) fs.chmodSync(path, passable)
  const closed: string[] = []
  for (let path = dirname(sockDir); path !== dirname(path); path = dirname(path)) {
    if ((fs.statSync(path).mode & 0o001) === 0) closed.push(path)
  }
  return closed
}

/**
 * Gives the users of the list their keys while this process still may: it is about to become the user that the master runs as,
 * to whom `sock_dir` belongs. He could put links in place of anything there, so root looks for nothing in it by its name.
 */
export function prepareUserKeys(
  sockDir: string,
  users: readonly HostUser[],
  owner: Pick<HostUser, 'uid' | 'gid'>,
): UserKeys {
  if (users.length === 0) return new Map()
  takeFolder(userBusFolder(sockDir), owner)
  const root = { uid: 0, gid: process.getegid?.() ?? 0 }
  return as(owner, () => {
    openUserFolder(sockDir, users)
    return new Map(users.map((user) => [user.uid, writeUserKey(sockDir, user, (give) => as(root, give))]))
  })
}

/** A folder that a master which ran as root has left, for the user that it runs as now. */
function takeFolder(path: string, { uid, gid }: Pick<HostUser, 'uid' | 'gid'>): void {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants
  let descriptor: number
  try {
    descriptor = fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  } catch {
    // There is none, or a link, which leads no further than its owner may go.
    return
  }
  try {
    fs.fchownSync(descriptor, uid, gid)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Does something with the rights of another user, for a process that root has started. */
function as<Result>({ uid, gid }: Pick<HostUser, 'uid' | 'gid'>, action: () => Result): Result {
  const { geteuid, seteuid, getegid, setegid, getgroups, setgroups } = process
  if (!geteuid || !seteuid || !getegid || !setegid || !getgroups || !setgroups) return action()
  const before = { uid: geteuid(), gid: getegid(), groups: getgroups() }
  const become = (user: typeof before): void => {
    // Only root can change groups: first of all it becomes root again.
    seteuid(0)
    setgroups(user.groups)
    setegid(user.gid)
    seteuid(user.uid)
  }
  become({ uid, gid, groups: [] })
  try {
    return action()
  } finally {
    become(before)
  }
}

/** Nobody but the master's own users comes near the bus any more. */
export function closeUserFolder(sockDir: string): void {
  fs.chmodSync(sockDir, 0o700)
  fs.rmSync(userBusFolder(sockDir), { recursive: true, force: true })
}

/**
 * A new key for the user. `asGiver` does what takes the right to give files to others. Throws `denied` without that right,
 * `storage` when it cannot be written.
 */
export function writeUserKey(
  sockDir: string,
  { name, uid, gid }: HostUser,
  asGiver: (give: () => void) => void = (give) => give(),
): Uint8Array {
  const { key: path } = userBusPaths(sockDir, uid)
  const key = randomBytes(32)
  const temporary = `${path}.new`
  try {
    fs.rmSync(temporary, { force: true })
    const descriptor = fs.openSync(temporary, 'wx', 0o400)
    try {
      fs.writeFileSync(descriptor, key)
      asGiver(() => fs.fchownSync(descriptor, uid, gid))
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(temporary, path)
    return key
  } catch (cause) {
    fs.rmSync(temporary, { force: true })
    if (systemCode(cause) !== 'EPERM') {
      throw new SaltError('storage', `the key of the user ${name} cannot be written: ${systemReason(cause)}`, {
        where: path,
        cause,
      })
    }
    throw new SaltError('denied', `the master may not give the user ${name} a key, because it does not run as root`, {
      where: path,
      cause,
      hint: 'Start it as root and name its user by the option `user`, or give it CAP_CHOWN.',
    })
  }
}
