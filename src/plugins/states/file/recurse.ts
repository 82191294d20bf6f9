/** `file.recurse` */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { type StaticProperties, s } from '../../../base/schema.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import { type MoreArguments, type StateContext, state } from '../../../engine/plugin.ts'
import { done, impossible, pending, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import { makeFolder } from '../../modules/file/folders.ts'
import { chooseSource } from '../../modules/file/managing/gathering.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { modeSchema, normalizeMode } from '../../modules/file/owners.ts'
import { parseSaltUrl } from '../../modules/file/source.ts'
import { isFolder } from '../../modules/file/status.ts'
import { dirMode, isPlan, owner, ownerOf, owners, pathName, targetPath, templateArguments } from './arguments.ts'
import { keptPaths, pathsToClean, removeAll, topmost } from './cleaning.ts'
import { type RecursedFiles, recursedFiles } from './recurse-files.ts'
import {
  fingerprintOfParts,
  planParts,
  type RecursedPart,
  RecurseReport,
  type RecurseRequest,
} from './recurse-parts.ts'
import { unknownArguments } from './unknown-arguments.ts'
import { planForOwners } from './unknown-owners.ts'

const mode = (description: string) => s.withDefault(modeSchema(description), null)
const patterns = (what: string) => s.optional(s.any(`${what}: a glob, or E@ and an expression, or a list of them`))

const recurseArguments = {
  name: pathName,
  source: s.any('`salt://` and a folder; of a list, the first that exists'),
  keep_source: s.withDefault(s.boolean('Keep the copies of the sources in the cache'), true),
  clean: s.withDefault(
    s.boolean('Remove what is in it and belongs neither to the source nor to a state of a file that it requires'),
    false,
  ),
  ...owners,
  owner,
  dir_mode: dirMode,
  file_mode: mode('Mode of the files in octal digits; `keep`: those of the source'),
  sym_mode: mode('Accepted, and without effect: links have no mode'),
  ...templateArguments,
  replace: s.withDefault(s.boolean('Change the content of files that are there'), true),
  include_empty: s.withDefault(s.boolean('Make empty folders, too'), false),
  backup: s.withDefault(s.union([s.string(), s.boolean(), s.null()], '`minion`: keep copies of old files'), ''),
  include_pat: patterns('Only paths like this'),
  exclude_pat: patterns('No paths like this, and `clean` leaves them'),
  maxdepth: s.optional(s.integer('How deep it goes; 0: only files in the folder', { minimum: 0 })),
  keep_symlinks: s.withDefault(s.boolean('Make links of links, in place of copies of what they lead to'), false),
  force_symlinks: s.withDefault(s.boolean('Remove what is in the way of links'), false),
  show_changes: s.withDefault(s.boolean('Show differences, not just that there are some'), true),
  follow_symlinks: s.withDefault(s.boolean('Where a file is a link, manage what it leads to'), true),
}

type RecurseArguments = StaticProperties<typeof recurseArguments>

export const recurseState = {
  recurse: state({
    doc: 'Make sure that a folder holds what a folder of the file server holds.',
    args: recurseArguments,
    extra: s.any('With `template`: more variables'),
    examples: [
      "/opt/app:\n  file.recurse:\n    - source: salt://app/files\n    - file_mode: '0644'\n    - dir_mode: '0755'\n    - clean: True",
    ],
    async plan(ctx, want, { extra }) {
      if (Object.hasOwn(extra, 'mode')) {
        return impossible("'mode' is not allowed in 'file.recurse'. Please use 'file_mode' and 'dir_mode'.")
      }
      const plan = await planRecurse(ctx, want, extra)
      const warnings = unknownArguments('file.recurse', recurseArguments, extra, want.template !== undefined)
      return warnings.length === 0 ? plan : { ...plan, warnings: [...warnings, ...(plan.warnings ?? [])] }
    },
  }),
}

async function planRecurse(
  ctx: StateContext,
  want: RecurseArguments,
  extra: MoreArguments['extra'],
): Promise<StatePlan> {
  const path = targetPath(want.name, 'recurse')
  if (isPlan(path)) return path
  const user = ownerOf(want) ?? null
  const source = await sourceOf(ctx, want.source)
  if (typeof source !== 'string') return source
  if (fs.existsSync(path) && !isFolder(path)) return impossible(`The path ${path} exists and is not a directory`)
  const request: RecurseRequest = {
    ...want,
    path,
    user,
    fileMode:
      typeof want.file_mode === 'string' && want.file_mode.toLowerCase() === 'keep'
        ? 'keep'
        : normalizeMode(want.file_mode),
    dirMode: normalizeMode(want.dir_mode),
    variables: extra,
  }
  return await planForOwners(ctx, { user, group: want.group }, async () => {
    const wanted = await recursedFiles(ctx, path, { ...want, source }, ctx.saltenv)
    const parts = await planParts(ctx, request, wanted)
    const cleaned = want.clean ? await cleanedPaths(ctx, request, wanted) : []
    return reportPlan(ctx, request, parts, cleaned)
  })
}

/** The first source that there is, or why there is none. */
async function sourceOf(ctx: StateContext, given: unknown): Promise<string | StatePlan> {
  const sources = [given].flat().map((one) => String(one).replace(/\/+$/, ''))
  const wrong = sources.find((one) => !one.startsWith('salt://'))
  if (wrong !== undefined) return impossible(`Invalid source '${wrong}' (must be a salt:// URI)`)
  try {
    const [source] = await chooseSource(ctx, sources.length === 1 ? sources[0] : sources, '', ctx.saltenv)
    const served = parseSaltUrl(source, ctx.saltenv)
    const name = served.path.replace(/^\/+|\/+$/g, '')
    if (await hasFolder(ctx, served.saltenv, name)) return source
    return impossible(
      `The directory '${served.path}' does not exist on the salt fileserver in saltenv '${served.saltenv}'`,
    )
  } catch (error) {
    ctx.signal.throwIfAborted()
    return impossible(`Recurse failed: ${reasonOf(error)}`)
  }
}

/** An empty folder is found where all are listed. */
async function hasFolder(ctx: StateContext, saltenv: string, name: string): Promise<boolean> {
  const files = fileSourceOf(ctx)
  const below = await files.names(saltenv, name)
  if (name === '' || below.files.length + below.folders.length > 0) return true
  return (await files.names(saltenv)).folders.includes(name)
}

async function cleanedPaths(
  ctx: StateContext,
  { path, exclude_pat: exclude }: RecurseRequest,
  { files, folders, links }: RecursedFiles,
): Promise<string[]> {
  const kept = await keptPaths(ctx, path)
  for (const one of [...files.keys(), ...folders, ...links.keys()]) kept.add(one)
  const isReplaced = (one: string): boolean =>
    files.has(one) || (one.length > path.length && isReplaced(posix.dirname(one)))
  return topmost(pathsToClean(path, kept, exclude).filter((one) => !isReplaced(one))).toSorted()
}

function reportPlan(
  ctx: StateContext,
  request: RecurseRequest,
  parts: readonly RecursedPart[],
  cleaned: readonly string[],
): StatePlan {
  const report = new RecurseReport(request.path)
  for (const { path, plan } of parts) report.plan(path, plan)
  if (cleaned.length > 0) report.cleaning(cleaned)
  const isNewFolder = !isFolder(request.path)
  if (report.isUnchanged && !isNewFolder) {
    return { kind: 'settled', result: true, ...report.words() }
  }
  return pending({
    ...report.words(),
    testResult: report.result,
    fingerprint: () => fingerprintOfParts(parts),
    apply: () => applyParts(ctx, request, parts, cleaned),
  })
}

async function applyParts(
  ctx: StateContext,
  request: RecurseRequest,
  parts: readonly RecursedPart[],
  cleaned: readonly string[],
): Promise<StateOutcome> {
  const { path, user, group, dirMode: folderMode } = request
  const report = new RecurseReport(path)
  const isNew = !isFolder(path)
  if (isNew) await makeFolder(withTest(ctx, false), path, { user, group, mode: folderMode })
  for (const part of parts) {
    ctx.signal.throwIfAborted()
    const outcome = part.plan.kind === 'settled' ? part.plan : await part.plan.apply()
    // Salt does not tell of the folder itself.
    if (!isNew || part.path !== path || !outcome.result) report.outcome(part.path, outcome)
  }
  if (cleaned.length > 0) {
    await removeAll(ctx, cleaned)
    report.removed(cleaned)
  }
  const { comment, changes } = report.words()
  return report.result === false ? { result: false, comment, changes } : done(comment, changes)
}
