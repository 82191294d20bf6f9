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
  return accountIn(passwords(), name) ?? accountIn(lines(nameService('passwd', name)), name)
}

/** The accounts in the file of this host, without those that only the name service knows. */
export function localAccounts(): readonly Account[] {
  return passwords().flatMap((fields) => (fields.length < 7 ? [] : [accountOf(fields)]))
}

/** Group id, or undefined where there is no such group. */
export function findGroupId(name: string): number | undefined {
  return groupIdIn(groups(), name) ?? groupIdIn(lines(nameService('group', name)), name)
}

/** Name of a group id, or undefined. */
export function groupName(gid: number): string | undefined {
  return groups().find((fields) => fields[2] === String(gid))?.[0]
}

/** Name of a user id, or undefined. */
export function userName(uid: number): string | undefined {
  return passwords().find((fields) => fields[2] === String(uid))?.[0]
}

/** Ids of all groups of an account, its primary group first. */
export function groupIdsOf(account: Account): readonly number[] {
  const members = groups().filter((fields) => fields[3]?.split(',').includes(account.name))
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
  const fields = passwords().find((candidate) => candidate[2] === String(uid))
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

function accountIn(rows: Rows, name: string): Account | undefined {
  const fields = rows.find((candidate) => candidate[0] === name)
  return fields === undefined ? undefined : accountOf(fields)
}

function accountOf(fields: Row): Account {
  const [name = '', , uid = '', gid = '', , home = '/', shell = ''] = fields
  return { name, uid: Number(uid), gid: Number(gid), home, shell: shell === '' ? '/bin/sh' : shell }
}

function groupIdIn(rows: Rows, name: string): number | undefined {
  const id = rows.find((candidate) => candidate[0] === name)?.[2]
  return id === undefined ? undefined : Number(id)
}

type Row = readonly string[]
type Rows = readonly Row[]

function lines(text: string): Rows {
  return text.split('\n').map((line) => line.split(':'))
}

/** A file as it was last read, and what it was recognized by: states ask for the same few names again and again. */
interface ReadTable {
  readonly version: string
  readonly rows: Rows
}

const tables = new Map<string, ReadTable>()

function passwords(): Rows {
  return tableOf('/etc/passwd')
}

function groups(): Rows {
  return tableOf('/etc/group')
}

function tableOf(path: string): Rows {
  try {
    const { ino, size, mtimeMs, ctimeMs } = fs.statSync(path)
    const version = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
    const known = tables.get(path)
    if (known?.version === version) return known.rows
    const rows = lines(fs.readFileSync(path, 'utf8'))
    // What was changed a moment ago may change again without a later time.
    if (Date.now() - Math.max(mtimeMs, ctimeMs) > settledMs) tables.set(path, { version, rows })
    return rows
  } catch {
    return []
  }
}

const settledMs = 2000

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
