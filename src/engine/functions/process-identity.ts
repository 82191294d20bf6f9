/** Under which user, groups and environment a program runs. */
import * as fs from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import type { ExecOptions } from '../plugin.ts'
import { type Account, currentUser, findAccount, findGroupId, groupIdsOf } from './accounts.ts'

/** How to start a program as somebody else: ids for `spawn`, or words to put before the command line. */
export interface ProcessIdentity {
  readonly account: Account | undefined
  readonly uid?: number
  readonly gid?: number
  readonly prefix: readonly string[]
}

const unchanged: ProcessIdentity = { account: undefined, prefix: [] }

/**
 * Resolves `runas` and `group`. Throws `execution-failed` for an unknown name, or where this process is not root and
 * the wanted user is another one.
 */
export function resolveIdentity(options: Pick<ExecOptions, 'runas' | 'group'>): ProcessIdentity {
  const { runas, group } = options
  if (runas === undefined && group === undefined) return unchanged
  if (process.getuid === undefined) {
    throw new SaltError('execution-failed', 'runas and group are not available on this platform.')
  }
  const account = runas === undefined ? undefined : findAccount(runas)
  if (runas !== undefined && account === undefined) {
    throw new SaltError('execution-failed', `User '${runas}' is not available`)
  }
  const groupId = group === undefined ? undefined : findGroupId(group)
  if (group !== undefined && groupId === undefined) {
    throw new SaltError('execution-failed', `Group '${group}' is not available`)
  }
  const uid = account?.uid ?? process.getuid()
  const gid = groupId ?? account?.gid ?? process.getgid?.() ?? 0
  if (process.geteuid?.() !== 0) {
    if (uid === process.geteuid?.() && gid === process.getegid?.()) return { account, prefix: [] }
    const wanted = runas === undefined ? `group '${group}'` : `user '${runas}'`
    throw new SaltError('execution-failed', `Only root can run a command as ${wanted}; this is ${currentUser()}.`)
  }
  const groups = account === undefined ? [gid] : [...new Set([gid, ...groupIdsOf(account)])]
  return asRoot(account, uid, gid, groups)
}

/**
 * Node's spawn clears the supplementary groups when it changes the user, so that a user who has some needs a helper
 * (setpriv of util-linux, else chroot of coreutils) that sets them and then becomes the program.
 */
function asRoot(account: Account | undefined, uid: number, gid: number, groups: readonly number[]): ProcessIdentity {
  const list = groups.join(',')
  const helper = groups.length > 1 ? findProgram('setpriv') : undefined
  if (helper !== undefined && !isBusybox(helper)) {
    return { account, prefix: [helper, `--reuid=${uid}`, `--regid=${gid}`, `--groups=${list}`, '--'] }
  }
  return { account, uid, gid, prefix: [] }
}

function isBusybox(path: string): boolean {
  try {
    return fs.realpathSync(path).endsWith('busybox')
  } catch {
    return false
  }
}

/** Locale that makes programs speak English without touching `LC_ALL`. */
const plainLocale = Object.fromEntries(
  [
    'LC_CTYPE',
    'LC_NUMERIC',
    'LC_TIME',
    'LC_COLLATE',
    'LC_MONETARY',
    'LC_MESSAGES',
    'LC_PAPER',
    'LC_NAME',
    'LC_ADDRESS',
    'LC_TELEPHONE',
    'LC_MEASUREMENT',
    'LC_IDENTIFICATION',
    'LANGUAGE',
  ].map((name) => [name, 'C']),
)

/** The environment of a program, in Salt's order of precedence. */
export function environmentFor(options: ExecOptions, account: Account | undefined): Record<string, string> {
  const inherited: Record<string, string> = {}
  if (options.cleanEnv !== true) {
    for (const [name, value] of Object.entries(process.env)) if (value !== undefined) inherited[name] = value
    // The service manager's socket is the daemon's own.
    delete inherited.NOTIFY_SOCKET
  }
  return {
    ...inherited,
    ...(options.keepLocale === true || process.platform === 'win32' ? {} : plainLocale),
    ...(account === undefined
      ? {}
      : { HOME: account.home, LOGNAME: account.name, USER: account.name, SHELL: account.shell }),
    ...options.env,
  }
}

/** Full path of a program as a shell would find it, or undefined. */
export function findProgram(name: string, searchPath = process.env.PATH ?? ''): string | undefined {
  if (name === '') return undefined
  const folders =
    name.includes('/') || isAbsolute(name) ? [''] : searchPath.split(delimiter).filter((part) => part !== '')
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat', '.com'] : ['']
  for (const folder of folders) {
    for (const ending of endings) {
      const path = folder === '' ? name + ending : join(folder, name + ending)
      if (isProgram(path)) return path
    }
  }
  return undefined
}

function isProgram(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return fs.statSync(path).isFile()
  } catch {
    return false
  }
}
