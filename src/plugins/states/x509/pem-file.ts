/** Files that hold keys and certificates: their content, their owner and who may read them. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { systemCode } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { findAccount, findGroupId, groupName, userName } from '../../../engine/functions/accounts.ts'
import { writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { isMadeBefore } from '../../../engine/state/made-before.ts'
import {
  type Changes,
  done,
  failed,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { failure } from '../../../engine/state/wording.ts'
import { keepCopy } from '../../modules/file/backups.ts'
import { changeComment } from '../../modules/file/managing/plan-words.ts'
import { untilThereAre } from '../file/unknown-owners.ts'

/** Arguments of file.managed that the states of certificates take, too. */
export const fileArguments = {
  user: s.optional(s.string('Owner of the file')),
  group: s.optional(s.string('Group of the file')),
  mode: s.optional(s.union([s.string(), s.integer()], 'Permissions of the file, in octal')),
  makedirs: s.withDefault(s.boolean('Make the folder where it is missing'), false),
  dir_mode: s.optional(s.union([s.string(), s.integer()], 'Permissions of a folder that is made, in octal')),
  backup: s.withDefault(s.union([s.boolean(), s.string()], 'Keep a copy of what is replaced'), false),
}

export interface FileArguments {
  readonly name: string
  readonly user?: string | undefined
  readonly group?: string | undefined
  readonly mode?: string | number | undefined
  readonly makedirs: boolean
  readonly dir_mode?: string | number | undefined
  readonly backup: boolean | string
}

/** Content, or undefined where there is no file. Throws `execution-failed`. */
export function contentOf(ctx: StateContext, { name }: Pick<FileArguments, 'name'>): string | undefined {
  try {
    return readFileSync(ctx.at(name), 'latin1')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw failure(`Cannot read ${name}: ${systemReason(error)}`)
  }
}

function octal(mode: string | number): number {
  const digits = String(mode).replace(/^0o?/, '')
  if (!/^[0-7]{1,4}$/.test(digits)) throw failure(`Invalid mode: ${mode}`)
  return Number.parseInt(digits, 8)
}

interface Access {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Who is not known here. */
  readonly fault: string | undefined
}

/** What is wanted; -1 leaves an id as it is. */
function wantedAccess(want: FileArguments, usualMode: number): Access {
  const uid = want.user === undefined ? -1 : findAccount(want.user)?.uid
  const gid = want.group === undefined ? -1 : findGroupId(want.group)
  const mode = want.mode === undefined ? usualMode : octal(want.mode)
  const missing = [
    ...(uid === undefined ? [`User ${want.user} is not available`] : []),
    ...(gid === undefined ? [`Group ${want.group} is not available`] : []),
  ]
  return { mode, uid: uid ?? -1, gid: gid ?? -1, fault: missing.length === 0 ? undefined : missing.join('. ') }
}

/** Differences in owner and permissions, by what they are to be. */
function accessChanges(ctx: StateContext, want: FileArguments, access: Access): Changes {
  const { mode, uid, gid } = statSync(ctx.at(want.name))
  const now = mode & 0o7777
  // Stricter is right, too, where nothing is asked for.
  const isOpen = want.mode === undefined ? (now & ~access.mode) !== 0 : now !== access.mode
  return {
    ...(isOpen ? { mode: access.mode.toString(8).padStart(4, '0') } : {}),
    ...(access.uid >= 0 && access.uid !== uid ? { user: userName(access.uid) ?? access.uid } : {}),
    ...(access.gid >= 0 && access.gid !== gid ? { group: groupName(access.gid) ?? access.gid } : {}),
  }
}

export interface WantedFile {
  /** Who may read it where nothing is said: `0o600`, `0o644`. */
  readonly usualMode: number
  /** What it is to hold; a function where that is made only when it is needed. */
  readonly content: string | (() => Promise<string>)
  /** Whether the content is right as it is. */
  readonly isRight: boolean
  /** What a change of the content is told as. */
  readonly changes: Changes | ((content: string) => Promise<Changes>)
  readonly dryChanges: Changes
  /** What comes after the file is written. */
  after?(content: string): Promise<void>
}

export function planFile(ctx: StateContext, want: FileArguments, file: WantedFile): StatePlan {
  const { name } = want
  if (!isAbsolute(name)) throw failure(`Specified file ${name} is not an absolute path`)
  const access = wantedAccess(want, file.usualMode)
  const plan = planKnown(ctx, want, file, access)
  return access.fault === undefined ? plan : untilThereAre(ctx, plan, access.fault, [want.user, want.group])
}

function planKnown(ctx: StateContext, want: FileArguments, file: WantedFile, access: Access): StatePlan {
  const { name } = want
  const drift = contentOf(ctx, want) === undefined ? {} : accessChanges(ctx, want, access)
  if (file.isRight && Object.keys(drift).length === 0) return right(`File ${name} is in the correct state`)
  return pending({
    comment: changeComment(name),
    changes: { ...(file.isRight ? {} : file.dryChanges), ...drift },
    apply: () => write(ctx, want, file, access, drift),
  })
}

/**
 * Plans what is made from keys and certificates; those that states before this one make need not be there yet.
 *
 * @param given paths or PEM texts
 */
export async function planFrom(
  ctx: StateContext,
  { name }: FileArguments,
  given: readonly (string | undefined)[],
  plan: () => Promise<StatePlan>,
): Promise<StatePlan> {
  const isToCome = (path: string): boolean =>
    isAbsolute(path) &&
    !existsSync(ctx.at(path)) &&
    isMadeBefore(ctx, (chunk) => chunk.name === path && ['x509', 'file'].includes(chunk.state))
  const missing = given.find((one) => one !== undefined && isToCome(one))
  if (missing === undefined) return await plan()
  return pending({ comment: changeComment(name), changes: {}, apply: () => failed(`${missing} does not exist`) })
}

async function write(
  ctx: StateContext,
  want: FileArguments,
  file: WantedFile,
  access: Access,
  drift: Changes,
): Promise<StateOutcome> {
  const { name } = want
  const place = ctx.at(name)
  let changes: Changes = {}
  if (!file.isRight) {
    const content = typeof file.content === 'string' ? file.content : await file.content()
    const isNew = contentOf(ctx, want) === undefined
    if (isNew && !hasFolder(ctx, want)) return failed('Parent directory not present')
    if (isNew) makeFolder(ctx, want)
    else if (want.backup !== false && want.backup !== '') keepCopy(ctx, place)
    // Closed before anything secret is in it.
    if (!isNew) chmodSync(place, statSync(place).mode & access.mode & 0o7777)
    writeSystemFile(ctx, name, content, { mode: access.mode })
    await file.after?.(content)
    changes = typeof file.changes === 'function' ? await file.changes(content) : file.changes
  }
  chmodIfNeeded(place, want, access)
  if (access.uid >= 0 || access.gid >= 0) {
    const { uid, gid } = statSync(place)
    chownSync(place, access.uid < 0 ? uid : access.uid, access.gid < 0 ? gid : access.gid)
  }
  return done(`File ${name} updated`, { ...changes, ...drift })
}

function chmodIfNeeded(place: string, want: FileArguments, { mode }: Access): void {
  const now = statSync(place).mode & 0o7777
  const wanted = want.mode === undefined ? now & mode : mode
  if (now !== wanted) chmodSync(place, wanted)
}

function hasFolder(ctx: StateContext, { name, makedirs }: FileArguments): boolean {
  return makedirs || statSync(ctx.at(dirname(name)), { throwIfNoEntry: false })?.isDirectory() === true
}

function makeFolder(ctx: StateContext, { name, makedirs, dir_mode }: FileArguments): void {
  if (!makedirs) return
  mkdirSync(ctx.at(dirname(name)), { recursive: true, ...(dir_mode === undefined ? {} : { mode: octal(dir_mode) }) })
}
