/** `archive.extracted` */
import * as fs from 'node:fs'
import { asSaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { withoutCredentials } from '../../modules/cp/web.ts'
import { chooseSource, gatherSource } from '../../modules/file/managing/gathering.ts'
import { hashOfFile } from '../../modules/file/managing/new-content.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { expandUser, realPath } from '../../modules/file/paths.ts'
import { localPath, protocolOf } from '../../modules/file/source.ts'
import { sourceHash } from '../../modules/file/source-hash.ts'
import { isRegularFile } from '../../modules/file/status.ts'
import { untilThereAre } from '../file/unknown-owners.ts'
import { keepChecksum, keptChecksum } from './checksum-record.ts'
import { type ArchiveContents, contentsOf, presenceOf } from './contents.ts'
import { type Extraction, extract, withOwners } from './extraction.ts'
import { enforceOwnership } from './ownership.ts'
import {
  type ArchiveFormat,
  type ExtractedArguments,
  extractedArguments,
  faultIn,
  formatOf,
  isGiven,
  unknownOwner,
  wayToExtract,
} from './request.ts'

export const extractedState = {
  extracted: state({
    doc: 'Make sure that what is in an archive is in a folder: a tar file, a ZIP file or a RAR file.',
    args: extractedArguments,
    examples: [
      '/opt:\n  archive.extracted:\n    - source: https://example.org/app-1.2.tar.gz\n    - source_hash: sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n    - user: root\n    - group: root',
    ],
    async plan(ctx, want) {
      const fault = faultIn(ctx, want)
      if (fault !== undefined) return impossible(fault)
      if (want.if_missing !== undefined && fs.existsSync(want.if_missing))
        return right(`Path ${want.if_missing} exists`)
      try {
        const unknown = unknownOwner(want)
        const found = await planExtracted(ctx, want)
        const plan = unknown === undefined ? found : untilThereAre(ctx, found, unknown, [want.user, want.group])
        const warnings = warningsOf(want)
        return warnings.length === 0 ? plan : { ...plan, warnings: [...warnings, ...(plan.warnings ?? [])] }
      } catch (error) {
        ctx.signal.throwIfAborted()
        const { message, hint } = asSaltError(error)
        return impossible(hint === undefined ? message : `${message}. ${hint}`)
      }
    },
  }),
}

function warningsOf(want: ExtractedArguments): string[] {
  return [
    ...(want.keep_source !== undefined && want.keep !== undefined
      ? ["Both 'keep_source' and 'keep' were used. Since these both do the same thing, 'keep' was ignored."]
      : []),
    ...(want.source_hash_update && !want.source_hash
      ? ["The 'source_hash_update' argument is ignored when 'source_hash' is not also specified."]
      : []),
  ]
}

async function planExtracted(ctx: StateContext, want: ExtractedArguments): Promise<StatePlan> {
  const [given, hash] = await chooseSource(ctx, want.source, want.source_hash, ctx.saltenv)
  if (given === '') return impossible(`Invalid source "${pythonString(want.source)}"`)
  const local = localPath(given)
  const source = local === undefined ? given : realPath(expandUser(local))
  if (local !== undefined && !isRegularFile(source)) return impossible(`Source file '${source}' does not exist`)
  const format = formatOf(source, want.archive_format)
  if (typeof format === 'string') return impossible(format)
  const way = wayToExtract(format.format, want)
  if (typeof way === 'string') return impossible(way)
  const found = await archiveAt(ctx, want, source, hash)
  if ('kind' in found) return found
  const { archive, forget } = found
  const plan = await planContents(ctx, want, { ...found, source, ...format, withProgram: way.withProgram })
  const kept = want.keep_source ?? want.keep ?? true
  const withWarnings = way.warnings.length === 0 ? plan : { ...plan, warnings: way.warnings }
  if (kept || archive === source || withWarnings.kind === 'settled') return withWarnings
  const { apply } = withWarnings
  return {
    ...withWarnings,
    async apply() {
      try {
        return await apply()
      } finally {
        forget()
      }
    },
  }
}

interface FoundArchive {
  readonly archive: string
  readonly forget: () => void
  /** Kind and digits of the checksum that is wanted; undefined where none is. */
  readonly wanted: { readonly type: string; readonly sum: string } | undefined
}

async function archiveAt(
  ctx: StateContext,
  want: ExtractedArguments,
  source: string,
  hash: string | undefined,
): Promise<FoundArchive | StatePlan> {
  const names = { fileName: '', source, hashName: want.source_hash_name ?? '' }
  const sums = hash === undefined ? undefined : await sourceHash(ctx, hash, names, ctx.saltenv)
  const wanted = sums === undefined ? undefined : { type: sums.hash_type, sum: sums.hsum }
  const isLocal = localPath(source) !== undefined
  const shown = withoutCredentials(source)
  const isWeb = /^https?$/.test(protocolOf(source))
  if (isWeb && wanted === undefined && !want.skip_verify && !want.use_etag) {
    return impossible(
      `Unable to verify upstream hash of source file ${shown}, please set source_hash or set skip_verify or use_etag to True`,
    )
  }
  if (isLocal) return { archive: source, forget: () => {}, wanted: want.skip_verify ? undefined : wanted }
  const { content, forget } = await gatherSource(ctx, {
    name: want.name,
    source,
    sourceHash: wanted === undefined ? undefined : `${wanted.type}=${wanted.sum}`,
    saltenv: ctx.saltenv,
    skipVerify: want.skip_verify,
    useEtag: want.use_etag,
  })
  if (content.kind !== 'file') return impossible(`Failed to cache ${shown}, check minion log for more information`)
  return { archive: await content.fetch(), forget, wanted: want.skip_verify ? undefined : wanted }
}

interface PlannedArchive extends FoundArchive {
  readonly source: string
  readonly format: ArchiveFormat
  readonly withProgram: boolean
}

const recordType = 'sha256'

async function planContents(ctx: StateContext, want: ExtractedArguments, found: PlannedArchive): Promise<StatePlan> {
  const { archive, format, wanted } = found
  const source = withoutCredentials(found.source)
  const kept = keptChecksum(ctx, archive, recordType)
  if (want.skip_files_list_verify && wanted !== undefined && kept === wanted.sum) {
    return right(
      `Archive ${source} existing source sum is the same as the expected one and skip_files_list_verify argument was set to True. Extraction is not needed`,
    )
  }
  if (wanted !== undefined && (await hashOfFile(archive, wanted.type)) !== wanted.sum) {
    return impossible(`${source} does not match the desired source_hash ${wanted.sum}`)
  }
  if (format === 'zip' && !want.password && (await isEncrypted(ctx, archive))) {
    return impossible(
      `Archive ${source} is password-protected, but no password was specified. Please set the 'password' argument.`,
    )
  }
  const contents = await listed(ctx, want, archive, format)
  if (typeof contents === 'string') return impossible(contents)
  const folder = `${want.name.replace(/\/+$/, '')}/`
  if (
    want.enforce_toplevel &&
    contents !== undefined &&
    (contents.topDirs.length > 1 || contents.topFiles.length > 0)
  ) {
    return impossible(
      `Archive does not have a single top-level directory. To allow this archive to be extracted, set 'enforce_toplevel' to False. To avoid a '${format}-bomb' it may also be advisable to set a top-level directory by adding it to the 'name' value (for example, setting 'name' to ${folder}some_dir instead of ${folder}).`,
    )
  }
  const { isMissing, wrong } = contents === undefined ? { isMissing: true, wrong: [] } : presenceOf(folder, contents)
  const sum = want.source_hash_update && want.source_hash ? await hashOfFile(archive, recordType) : undefined
  const isUpdated = sum !== undefined && kept !== undefined && kept !== sum
  const isNeeded = want.overwrite || isMissing || wrong.length > 0 || isUpdated
  const remember = (): void => {
    if (sum !== undefined) keepChecksum(ctx, archive, recordType, sum)
  }
  if (!isNeeded) return await planPresent(ctx, want, folder, contents, remember)
  const reason =
    !want.overwrite && isUpdated && !isMissing
      ? ', due to source_hash update'
      : isMissing && contents !== undefined
        ? ', due to absence of one or more files/dirs'
        : ''
  return planExtraction(ctx, { ...found, source, folder, contents, wrong, reason, want }, remember)
}

async function isEncrypted(ctx: StateContext, archive: string): Promise<boolean> {
  try {
    return (await ctx.salt('archive.is_encrypted', [archive])) === true
  } catch {
    // It is no ZIP file: listing it tells so.
    ctx.signal.throwIfAborted()
    return false
  }
}

/** Undefined where it cannot be listed and need not be; Salt's sentence where it has to. */
async function listed(
  ctx: StateContext,
  want: ExtractedArguments,
  archive: string,
  format: ArchiveFormat,
): Promise<ArchiveContents | undefined | string> {
  const stripped = /--strip(?:-components)?(?:\s+|=)["']?(\d+)["']?/.exec(pythonString(want.options ?? ''))?.[1]
  const strip = format === 'tar' && stripped !== undefined ? Number(stripped) : undefined
  try {
    return await contentsOf(ctx, archive, format, { list: want.list_options, strip })
  } catch (error) {
    ctx.signal.throwIfAborted()
    const needs = [
      ...(want.if_missing === undefined ? ["'if_missing' must be set"] : []),
      ...(want.enforce_ownership_on === undefined && (isGiven(want.user) || isGiven(want.group))
        ? ["Ownership cannot be managed without setting 'enforce_ownership_on'."]
        : []),
    ]
    if (needs.length === 0) return undefined
    const advice =
      format === 'tar'
        ? "If tar cannot decompress it, 'list_options' may help. Otherwise this is needed to go on"
        : 'This is needed to go on'
    const list = needs.map((need) => `\n- ${need}`).join('')
    return `${reasonOf(error)}\n\n${advice} (assuming the source file is a valid ${format} archive):\n${list}`
  }
}

async function planPresent(
  ctx: StateContext,
  want: ExtractedArguments,
  folder: string,
  contents: ArchiveContents | undefined,
  remember: () => void,
): Promise<StatePlan> {
  const comment = 'All files in archive are already present'
  const owners = await enforceOwnership(ctx, folder, want, contents, true)
  return pending({
    comment: owners.isChanged ? `${comment}. Ownership would be updated on one or more files/directories.` : comment,
    changes: owners.isChanged ? { 'updated ownership': true } : {},
    testResult: owners.isChanged ? null : true,
    async apply() {
      remember()
      const report = owners.isChanged ? await enforceOwnership(ctx, folder, want, contents, false) : owners
      const changes = report.isChanged ? { 'updated ownership': true } : {}
      return withOwners(done(comment, changes), report, want.if_missing !== undefined)
    },
  })
}

function planExtraction(ctx: StateContext, work: Extraction, remember: () => void): StatePlan {
  const { folder, source, want, wrong, contents, reason } = work
  const isCleaned = (want.clean || want.clean_parent) && contents !== undefined
  const list = `\n\n${wrong.map((path) => `- ${path}`).join('\n')}`
  const kinds = `The below paths (relative to ${folder}) exist, but are the incorrect type (file instead of directory, symlink instead of file, etc.).`
  if (wrong.length > 0 && !isCleaned && !want.force) {
    return impossible(
      `${kinds} To proceed with extraction, set 'force' to True. Note that this will remove these paths before extracting.${list}`,
    )
  }
  const cleaning = isCleaned ? ', after cleaning destination path(s)' : ''
  return pending({
    comment: `Archive ${source} would be extracted to ${folder}${cleaning}${reason}`,
    changes: {
      extracted_files: contents === undefined ? [] : [...contents.dirs, ...contents.files, ...contents.links],
    },
    async apply() {
      const outcome = await extract(ctx, work)
      if (outcome.result) remember()
      return outcome
    },
  })
}
