/** `file.copy` and `file.rename`. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { makeFolderOf } from '../../modules/file/folders.ts'
import { applyMetadata, targetAt, wantedMetadata } from '../../modules/file/managing/metadata.ts'
import { hashOfFile } from '../../modules/file/managing/new-content.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import type { Owner } from '../../modules/file/owners.ts'
import { changeOwner, normalizeMode } from '../../modules/file/owners.ts'
import { expandUser, joinPath, linkTarget } from '../../modules/file/paths.ts'
import { isFolder, isRegularFile, statusOf } from '../../modules/file/status.ts'
import { dirMode, fileMode, makedirs, notAbsolute, owner, ownerOf, owners, pathName } from './arguments.ts'
import { ownersOrUsual } from './owners-of-links.ts'
import { planForOwners } from './unknown-owners.ts'

const force = s.withDefault(s.boolean('Take the place of what is there'), false)
export const movingStates = {
  copy: state({
    doc: 'Make sure that there is a copy of a file or folder of this minion. One that is there stays, unless it is forced.',
    args: {
      name: pathName,
      source: s.path('What to copy'),
      force,
      makedirs,
      preserve: s.withDefault(s.boolean('Keep owner, group and mode of the source'), false),
      ...owners,
      owner,
      mode: fileMode,
      dir_mode: dirMode,
      subdir: s.withDefault(s.boolean('Where the name is a folder, put the copy into it'), false),
    },
    examples: ['/etc/app.conf:\n  file.copy:\n    - source: /usr/share/app/app.conf'],
    async plan(ctx, want) {
      const name = expandUser(want.name)
      const source = expandUser(want.source)
      if (name === '') return impossible('Must provide name to file.copy')
      if (!posix.isAbsolute(name)) return impossible(notAbsolute(name))
      if (!fs.existsSync(source)) return impossible(`Source file "${source}" is not present`)
      const path = isFolder(name) && want.subdir ? joinPath(name, posix.basename(source)) : name
      const status = statusOf(source)
      const usual = want.preserve ? status : ownersOrUsual(ctx, ownerOf(want), want.group)
      const mode = want.preserve ? status.mode : (want.mode ?? status.mode)
      const owned = { user: usual.user, group: usual.group }
      const request = { ...want, path, source, ...owned, mode, dirMode: normalizeMode(want.dir_mode) }
      const plan = () => planCopy(ctx, request, name)
      return want.preserve ? await plan() : await planForOwners(ctx, request, plan)
    },
  }),
  rename: state({
    doc: 'Make sure that a file or folder has another name. One that has the name stays, unless it is forced.',
    args: { name: pathName, source: s.path('Its old name'), force, makedirs },
    examples: ['/etc/app/app.conf:\n  file.rename:\n    - source: /etc/app.conf\n    - makedirs: True'],
    plan(ctx, want) {
      const path = withVariables(expandUser(want.name))
      const source = withVariables(expandUser(want.source))
      if (path === '') return impossible('Must provide name to file.rename')
      if (!posix.isAbsolute(path)) return impossible(notAbsolute(path))
      if (!isThere(source)) return right(`Source file "${source}" has already been moved out of place`)
      if (isThere(path) && !want.force) return right(`The target file "${path}" exists and will not be overwritten`)
      return pending({
        comment: `File "${source}" is set to be moved to "${path}"`,
        changes: { [path]: source },
        apply: () => applyRename(ctx, path, source, want.makedirs),
      })
    },
  }),
}

function isThere(path: string): boolean {
  return entryAt(path) !== undefined
}

/** `$HOME` and `${HOME}`; names that are not known stay. */
function withVariables(path: string): string {
  return path.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain?: string, braced?: string) => process.env[plain ?? braced ?? ''] ?? whole,
  )
}

interface CopyRequest {
  readonly path: string
  readonly source: string
  readonly user: Owner
  readonly group: Owner
  readonly mode: string | number | null
  readonly dirMode: string | null
  readonly force: boolean
  readonly makedirs: boolean
  readonly preserve: boolean
}

/** @param name as it was given: what is said of a copy is said of it. */
async function planCopy(ctx: StateContext, request: CopyRequest, name: string): Promise<StatePlan> {
  const { path, source, force: forced } = request
  if (isThere(path) && !forced) return right(`The target file "${path}" exists and will not be overwritten`)
  const isSame =
    isRegularFile(path) &&
    isRegularFile(source) &&
    (await hashOfFile(path, 'sha256')) === (await hashOfFile(source, 'sha256'))
  const comment = `Copied "${source}" to "${name}"${isSame ? ' - files are identical but force flag is set' : ''}`
  return pending({
    comment: `File "${source}" is set to be copied to "${path}"`,
    changes: { [path]: source },
    apply: () => applyCopy(ctx, request, comment),
  })
}

async function applyCopy(ctx: StateContext, request: CopyRequest, comment: string): Promise<StateOutcome> {
  const { path, source, user, group } = request
  const folder = posix.dirname(path)
  if (!isFolder(folder)) {
    if (!request.makedirs) return failed(`The target directory ${folder} is not present`)
    await makeFolderOf(withTest(ctx, false), path, { user, group, mode: request.dirMode })
  }
  try {
    if (isThere(path)) await ctx.salt('file.remove', [path])
  } catch {
    ctx.signal.throwIfAborted()
    return failed(`Failed to delete "${path}" in preparation for forced move`)
  }
  try {
    const links = isFolder(source) ? { verbatimSymlinks: true } : { dereference: true }
    await fs.promises.cp(source, path, { recursive: true, ...links })
    if (isFolder(path)) ownAllBelow(path, user, group)
  } catch (error) {
    ctx.log.debug('A copy failed', { path, source, error })
    return failed(`Failed to copy "${source}" to "${path}": ${reasonOf(error)}`)
  }
  const changes = { [path]: source }
  const metadata = wantedMetadata(request)
  if (typeof metadata === 'string') return failed(metadata, changes)
  const applied = applyMetadata(targetAt(path), fs.statSync(path), metadata)
  if (request.preserve) return done(comment, changes)
  const all = { ...changes, ...applied.changes }
  return applied.faults.length > 0 ? failed(applied.faults.join('; '), all) : done(comment, all)
}

function ownAllBelow(folder: string, user: Owner, group: Owner): void {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    changeOwner(joinPath(entry.parentPath, entry.name), user, group, true)
  }
}

async function applyRename(ctx: StateContext, path: string, source: string, makes: boolean): Promise<StateOutcome> {
  const folder = posix.dirname(path)
  if (!isFolder(folder)) {
    if (!makes) return failed(`The target directory ${folder} is not present`)
    await makeFolderOf(withTest(ctx, false), path, { user: null, group: null, mode: null })
  }
  try {
    if (isThere(path)) await ctx.salt('file.remove', [path])
    const target = linkTarget(source)
    if (target === undefined) await ctx.salt('file.move', [source, path])
    else {
      fs.symlinkSync(target, path)
      fs.unlinkSync(source)
    }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Failed to move "${source}" to "${path}": ${reasonOf(error)}`)
  }
  return done(`Moved "${source}" to "${path}"`, { [path]: source })
}
