/** Files that hold keys and certificates: managed as other files are, but what they are to hold is made when it is needed. */
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { systemCode } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
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
import { metadataDifference, type WantedMetadata } from '../../modules/file/managing/metadata.ts'
import { bytesOf } from '../../modules/file/managing/new-content.ts'
import { planFile as planManagedFile } from '../../modules/file/managing/plan-file.ts'
import { changeComment } from '../../modules/file/managing/plan-words.ts'
import { normalizeMode } from '../../modules/file/owners.ts'
import { modeText } from '../../modules/file/status.ts'
import { planForOwners } from '../file/unknown-owners.ts'

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

interface KnownFile extends WantedFile {
  readonly metadata: WantedMetadata
  /** Differences in owner and permissions of a file that is there. */
  readonly drift: Changes
}

export function planFile(ctx: StateContext, want: FileArguments, file: WantedFile): Promise<StatePlan> {
  const { name, user, group } = want
  if (!isAbsolute(name)) throw failure(`Specified file ${name} is not an absolute path`)
  const status = statSync(ctx.at(name), { throwIfNoEntry: false })
  const mode = wantedMode(want, file.usualMode, status)
  return planForOwners(ctx, { user, group, mode }, (metadata) => {
    const drift = status === undefined ? {} : metadataDifference(status, metadata)
    return planKnown(ctx, want, { ...file, metadata, drift })
  })
}

/** Octal digits. Stricter is right, too, where nothing is asked for. */
function wantedMode({ mode }: FileArguments, usualMode: number, now: Stats | undefined): string {
  if (mode === undefined) return modeText(now === undefined ? usualMode : now.mode & usualMode)
  const digits = normalizeMode(mode) ?? ''
  if (!/^[0-7]{4}$/.test(digits)) throw failure(`Invalid mode: ${mode}`)
  return digits
}

function planKnown(ctx: StateContext, want: FileArguments, file: KnownFile): StatePlan {
  const { name } = want
  if (file.isRight && Object.keys(file.drift).length === 0) return right(`File ${name} is in the correct state`)
  return pending({
    comment: changeComment(name),
    changes: { ...(file.isRight ? {} : file.dryChanges), ...file.drift },
    apply: () => apply(ctx, want, file),
  })
}

async function apply(ctx: StateContext, want: FileArguments, file: KnownFile): Promise<StateOutcome> {
  const comment = `File ${want.name} updated`
  if (file.isRight) {
    const outcome = await write(ctx, want, file, undefined)
    return outcome.result === true ? done(comment, file.drift) : outcome
  }
  const content = typeof file.content === 'string' ? file.content : await file.content()
  const outcome = await write(ctx, want, file, content)
  if (outcome.result !== true) return outcome
  await file.after?.(content)
  const changes = typeof file.changes === 'function' ? await file.changes(content) : file.changes
  return done(comment, { ...changes, ...file.drift })
}

/** @param content undefined: as it is. */
async function write(
  ctx: StateContext,
  want: FileArguments,
  { metadata }: KnownFile,
  content: string | undefined,
): Promise<StateOutcome> {
  const plan = await planManagedFile(ctx, {
    path: ctx.at(want.name),
    content: content === undefined ? undefined : bytesOf(content),
    isSourced: false,
    metadata,
    makedirs: want.makedirs,
    dirMode: folderMode(want),
    backup: want.backup === true ? 'minion' : want.backup || undefined,
    showChanges: false,
    isTemplate: false,
    followLinks: true,
  })
  if (plan.kind === 'pending') return await plan.apply()
  return plan.result === true ? done(plan.comment) : failed(plan.comment)
}

/** That a key is closed by itself says nothing of its folder. */
function folderMode({ mode, dir_mode }: FileArguments): string | null {
  return normalizeMode(dir_mode) ?? (mode === undefined ? modeText(0o777 & ~process.umask()) : null)
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
