/**
 * Users and groups as the system's name service knows them: those of the files, of LDAP, of systemd…
 *
 * Asked with `getent`; where there is none, or another root is asked for, the files are read.
 */
import { readFileIfExists } from '../../base/files.ts'
import type { FunctionContext } from '../plugin.ts'
import { runIfInstalled } from './host-programs.ts'

export interface UserEntry {
  readonly name: string
  readonly passwd: string
  readonly uid: number
  readonly gid: number
  readonly gecos: string
  readonly home: string
  readonly shell: string
}

export interface GroupEntry {
  readonly name: string
  readonly passwd: string
  readonly gid: number
  readonly members: readonly string[]
}

/** The fields of all entries of a database, or of some of them. */
export async function databaseLines(
  ctx: FunctionContext,
  database: 'passwd' | 'group' | 'shadow',
  keys: readonly string[],
  root: string | undefined,
): Promise<string[][]> {
  const answer = root === undefined ? await runIfInstalled(ctx, ['getent', database, ...keys]) : undefined
  // 1 is the answer of a getent that does not know the database.
  if (answer !== undefined && answer.retcode !== 1) return fieldsOf(answer.stdout)
  const lines = fieldsOf(
    readFileIfExists(root === undefined ? ctx.at(`/etc/${database}`) : `${root}/etc/${database}`) ?? '',
  )
  if (keys.length === 0) return lines
  return lines.filter(([name = '', , id = '']) => keys.includes(name) || (database === 'group' && keys.includes(id)))
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name = '', ...others]) => others.length > 0 && !/^(?:$|[#+-])/.test(name))
}

/** Whether a name can be one, and is no option of the program that is asked. */
export function isAskable(name: string): boolean {
  return name !== '' && !/^-|[:\n\0]/.test(name)
}

export async function findUser(ctx: FunctionContext, name: string, root?: string): Promise<UserEntry | undefined> {
  if (!isAskable(name)) return undefined
  const lines = await databaseLines(ctx, 'passwd', [name], root)
  return lines.map(userOf).find((user) => user.name === name)
}

export async function listUsers(ctx: FunctionContext, root?: string): Promise<UserEntry[]> {
  return (await databaseLines(ctx, 'passwd', [], root)).map(userOf)
}

export async function findGroup(ctx: FunctionContext, name: string, root?: string): Promise<GroupEntry | undefined> {
  if (!isAskable(name)) return undefined
  const lines = await databaseLines(ctx, 'group', [name], root)
  return lines.map(groupOf).find((group) => group.name === name)
}

export async function listGroups(ctx: FunctionContext, root?: string): Promise<GroupEntry[]> {
  return (await databaseLines(ctx, 'group', [], root)).map(groupOf)
}

/** Names of the groups of these ids; a number where there is no name. */
export async function groupNames(ctx: FunctionContext, gids: readonly number[], root?: string): Promise<string[]> {
  if (gids.length === 0) return []
  const groups = (await databaseLines(ctx, 'group', gids.map(String), root)).map(groupOf)
  return gids.map((gid) => groups.find((group) => group.gid === gid)?.name ?? String(gid))
}

function userOf([name = '', passwd = '', uid = '', gid = '', gecos = '', home = '', shell = '']: string[]): UserEntry {
  return { name, passwd, uid: Number(uid), gid: Number(gid), gecos, home, shell }
}

function groupOf([name = '', passwd = '', gid = '', members = '']: string[]): GroupEntry {
  return { name, passwd, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }
}
