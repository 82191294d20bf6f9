/** Users and groups of this host, from the files that hold them. */
import * as fs from 'node:fs'
import * as os from 'node:os'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** The account of that name, or undefined. Asks the name service where the file does not know it (LDAP and the like). */
export function findAccount(name: string): Account | undefined {
  return accountIn(readText('/etc/passwd'), name) ?? accountIn(nameService('passwd', name), name)
}

/** The accounts in the file of this host, without those that only the name service knows. */
export function localAccounts(): readonly Account[] {
  return lines(readText('/etc/passwd')).flatMap((fields) => (fields.length < 7 ? [] : [accountOf(fields)]))
}

/** Group id, or undefined where there is no such group. */
export function findGroupId(name: string): number | undefined {
  return groupIdIn(readText('/etc/group'), name) ?? groupIdIn(nameService('group', name), name)
}

/** Name of a group id, or undefined. */
export function groupName(gid: number): string | undefined {
  return lines(readText('/etc/group')).find((fields) => fields[2] === String(gid))?.[0]
}

/** Name of a user id, or undefined. */
export function userName(uid: number): string | undefined {
  return lines(readText('/etc/passwd')).find((fields) => fields[2] === String(uid))?.[0]
}

/** Ids of all groups of an account, its primary group first. */
export function groupIdsOf(account: Account): readonly number[] {
  const members = lines(readText('/etc/group')).filter((fields) => fields[3]?.split(',').includes(account.name))
  return [...new Set([account.gid, ...members.map((fields) => Number(fields[2]))])]
}

export function groupNamesOf(account: Account): readonly string[] {
  return groupIdsOf(account).flatMap((gid) => groupName(gid) ?? [])
}

/** Names of the groups of a user; none for somebody without an account. */
export function groupsOfUser(name: string): readonly string[] {
  const account = findAccount(name)
  return account === undefined ? [] : groupNamesOf(account)
}

/** Name of the user that this process runs as; its number where it has no name. */
export function currentUser(): string {
  const uid = process.geteuid?.()
  if (uid === undefined) return os.userInfo().username
  const fields = lines(readText('/etc/passwd')).find((candidate) => candidate[2] === String(uid))
  return fields?.[0] ?? nameOfUid(uid)
}

function nameOfUid(uid: number): string {
  try {
    return os.userInfo().username
  } catch {
    // The user has no entry anywhere, as in many containers.
    return String(uid)
  }
}

function accountIn(text: string, name: string): Account | undefined {
  const fields = lines(text).find((candidate) => candidate[0] === name)
  return fields === undefined ? undefined : accountOf(fields)
}

function accountOf(fields: readonly string[]): Account {
  const [name = '', , uid = '', gid = '', , home = '/', shell = ''] = fields
  return { name, uid: Number(uid), gid: Number(gid), home, shell: shell === '' ? '/bin/sh' : shell }
}

function groupIdIn(text: string, name: string): number | undefined {
  const id = lines(text).find((candidate) => candidate[0] === name)?.[2]
  return id === undefined ? undefined : Number(id)
}

function lines(text: string): string[][] {
  return text.split('\n').map((line) => line.split(':'))
}

function readText(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function nameService(database: 'passwd' | 'group', name: string): string {
  if (!/^[\w.@$-]+$/.test(name)) return ''
  // Rarely needed, and grains read group names at each start.
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  try {
    return execFileSync('getent', ['--', database, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    })
  } catch {
    return ''
  }
}
