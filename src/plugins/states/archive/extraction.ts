/** Extracts an archive as it was planned, and reports it. */
import * as fs from 'node:fs'
import { asSaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { Secret } from '../../../base/secret.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, type StateOutcome } from '../../../engine/state/plan.ts'
import { extractTar } from '../../modules/archive/tar.ts'
import { splitShellWords } from '../../modules/cmd/shell-words.ts'
import { makeFolder } from '../../modules/file/folders.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { joinPath } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import type { ArchiveContents } from './contents.ts'
import { enforceOwnership, type OwnershipReport } from './ownership.ts'
import type { ArchiveFormat, ExtractedArguments } from './request.ts'
import { noteBefore } from './unfinished.ts'

export interface Extraction {
  /** With a slash at its end, as Salt shows it. */
  readonly folder: string
  /** As it is shown. */
  readonly source: string
  /** Where it lies on this machine. */
  readonly archive: string
  readonly format: ArchiveFormat
  readonly withProgram: boolean
  readonly contents: ArchiveContents | undefined
  /** Paths in the archive where something of another kind lies and makes way. */
  readonly wrong: readonly string[]
  /** Why, for the end of a sentence; empty where there is no more to say. */
  readonly reason: string
  readonly want: ExtractedArguments
}

export async function extract(ctx: StateContext, work: Extraction): Promise<StateOutcome> {
  const { folder, source, want, contents, reason } = work
  const changes: Record<string, unknown> = {}
  let removeUnfinished: (() => void) | undefined
  try {
    const removed = await clearFolder(ctx, work)
    if (removed !== undefined) changes.removed = removed
    removeUnfinished = noteBefore({ folder, contents, ifMissing: want.if_missing })
    const isNew = !isFolder(folder)
    if (isNew) await makeFolder(withTest(ctx, false), folder, { user: want.user, group: null, mode: null })
    const files = trimmed(await extractFiles(ctx, work), want.trim_output)
    if (files.length === 0) return failed(`No files were extracted from ${source}`, changes)
    if (isNew) changes.directories_created = [folder]
    changes.extracted_files = files
  } catch (error) {
    removeUnfinished?.()
    ctx.signal.throwIfAborted()
    const { message, hint } = asSaltError(error)
    return failed(hint === undefined ? message : `${message} ${hint}`, changes)
  }
  const owners = await enforceOwnership(ctx, folder, want, contents, false)
  if (owners.isChanged) changes['updated ownership'] = true
  const count = want.trim_output === true ? 100 : want.trim_output
  const cut = count === false ? '' : `. Output was trimmed to ${count} number of lines`
  return withOwners(
    done(`${source} extracted to ${folder}${reason}${cut}`, changes),
    owners,
    want.if_missing !== undefined,
  )
}

/** The outcome with Salt's sentences on owners that are not as wanted. */
export function withOwners(
  outcome: StateOutcome,
  { missing, failed: refused }: OwnershipReport,
  mayBeMissing: boolean,
): StateOutcome {
  let { result, comment } = outcome
  const list = (paths: readonly string[]): string => paths.map((path) => `\n- ${path}`).join('')
  if (missing.length > 0) {
    result = result && mayBeMissing
    comment += `\n\nWhile trying to enforce user/group ownership, the following paths were missing:\n${list(missing)}`
  }
  if (refused.length > 0) {
    result = false
    comment += `\n\nWhile trying to enforce user/group ownership, Salt was unable to change ownership on the following paths:\n${list(refused)}`
  }
  return { ...outcome, result, comment }
}

/** What was removed, as Salt tells it. */
async function clearFolder(ctx: StateContext, { folder, contents, wrong, want }: Extraction): Promise<unknown> {
  const at = (path: string): string => joinPath(folder, path).replace(/\/+$/, '')
  if (want.clean_parent && contents !== undefined && fs.existsSync(folder)) {
    await ctx.salt('file.remove', [folder.replace(/\/+$/, '')])
    return `Directory ${folder} was removed prior to the extraction`
  }
  const tops = want.clean && contents !== undefined ? [...contents.topDirs, ...contents.topFiles] : wrong
  const removed: string[] = []
  for (const path of tops)
    if ((await ctx.salt('file.remove', [at(path)])) === true) removed.push(joinPath(folder, path))
  return removed.length === 0 ? undefined : removed
}

async function extractFiles(ctx: StateContext, work: Extraction): Promise<string[]> {
  const { archive, folder, format, want, withProgram } = work
  if (format === 'tar') {
    const names = await extractTar(ctx, tarOptions(want.options, ctx.grains.os), archive, folder)
    // Without options Salt reads the archive by itself, and folders have no slash.
    return want.options === undefined ? names.map((name) => name.replace(/\/$/, '')) : names
  }
  const { password } = want
  const secret = password instanceof Secret ? password.reveal() : password
  const options = {
    ...(secret === undefined || secret === null ? {} : { password: secret }),
    ...optionsOf(want.options),
  }
  if (format === 'rar') return namesOf(await ctx.salt('archive.unrar', [archive, folder]))
  if (withProgram) return namesOf(await ctx.salt('archive.cmd_unzip', [archive, folder], options))
  return namesOf(await ctx.salt('archive.unzip', [archive, folder], { ...options, extract_perms: want.extract_perms }))
}

function optionsOf(given: unknown): { options?: string } {
  return given === undefined || given === null || given === '' ? {} : { options: pythonString(given) }
}

function namesOf(found: unknown): string[] {
  return Array.isArray(found) ? found.map(String) : []
}

/** Words of tar: letters first, and the file last. */
function tarOptions(given: unknown, os: unknown): string[] {
  if (given === undefined || given === null) return ['-xvf']
  const words = splitShellWords(pythonString(given)).filter((word) => !['v', '-v', '--verbose'].includes(word))
  const [first = ''] = words
  const letters = first.startsWith('-') ? '' : first.replace(/[xf]/g, '')
  const rest = words.filter((word, index) => index > 0 || word.startsWith('-'))
  return [`${String(os).toLowerCase() === 'openbsd' ? '-' : ''}xv${letters}`, ...rest, '-f']
}

function trimmed(files: readonly string[], trim: boolean | number): string[] {
  const count = trim === true ? 100 : trim
  return count === false || count === 0 ? [...files] : files.slice(0, count)
}
