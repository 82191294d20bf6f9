/** `file.symlink` */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  type PendingPlan,
  pending,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { makeFolderOf } from '../../modules/file/folders.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { changeOwner, normalizeMode } from '../../modules/file/owners.ts'
import { expandUser, linkTarget } from '../../modules/file/paths.ts'
import { isFolder, isRegularFile, statusOf } from '../../modules/file/status.ts'
import { fileMode, makedirs, notAbsolute, owner, ownerOf, owners, pathName, withoutEffect } from './arguments.ts'
import { joinedFaults, type NamedOwners, ownersOrUsual, unknownOwners } from './owners-of-links.ts'
import { untilThereAre } from './unknown-owners.ts'

const symlinkArguments = {
  name: pathName,
  target: s.string('Where the link leads; what it says may be relative to its folder'),
  force: s.withDefault(s.boolean('Remove what is in the way'), false),
  backupname: s.optional(s.string('Name, or absolute path, that what is in the way gets')),
  makedirs,
  ...owners,
  owner,
  mode: fileMode,
  inherit_user_and_group: s.withDefault(
    s.boolean('Leave a link that is there to whom it belongs, where user and group are not given'),
    false,
  ),
  atomic: s.withDefault(s.boolean('Accepted: an old link gives way in one step'), false),
  disallow_copy_and_unlink: s.withDefault(s.boolean('Accepted: what gets the backupname is renamed'), false),
}

export interface SymlinkRequest {
  readonly path: string
  readonly target: string
  readonly force: boolean
  readonly backupname: string | undefined
  readonly makedirs: boolean
  readonly mode: string | null
  readonly owners: NamedOwners
}

export const symlinkState = {
  symlink: state({
    doc: 'Make sure that a symbolic link leads to a target, which need not exist.',
    args: symlinkArguments,
    ignored: withoutEffect,
    examples: ['/srv/app/current:\n  file.symlink:\n    - target: /srv/app/releases/1.2\n    - force: True'],
    plan(ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.symlink')
      const kept = want.inherit_user_and_group && linkTarget(path) !== undefined ? statusOf(path, false) : undefined
      const named = ownersOrUsual(ctx, ownerOf(want) || (kept?.uid ?? null), want.group || (kept?.gid ?? null))
      const faults = posix.isAbsolute(path) ? [] : [notAbsolute(path)]
      const unknown = unknownOwners(named)
      if (faults.length > 0) return impossible(joinedFaults([...unknown, ...faults]))
      const plan = planSymlink(ctx, { ...want, path, mode: normalizeMode(want.mode), owners: named })
      return unknown.length === 0 ? plan : untilThereAre(ctx, plan, joinedFaults(unknown), [named.user, named.group])
    },
  }),
}

export function planSymlink(ctx: StateContext, request: SymlinkRequest): StatePlan {
  const { path, target } = request
  const found = linkTarget(path)
  if (found !== undefined && posix.normalize(found) === posix.normalize(target)) return planOwner(request)
  const folder = posix.dirname(path)
  const isFolderMissing = !isFolder(folder)
  const folderNote = request.makedirs
    ? `\n${folder} will be created`
    : `\nDirectory ${folder} for symlink is not present`
  const plan = found === undefined && fs.existsSync(path) ? planObstacle(request) : planLink(request, found)
  if (plan.kind === 'settled') return plan
  return {
    ...plan,
    comment: plan.comment + (isFolderMissing ? folderNote : ''),
    apply: async () => {
      if (isFolderMissing && !isFolder(folder)) {
        if (!request.makedirs) return failed(`Directory ${folder} for symlink is not present`)
        await makeFolderOf(withTest(ctx, false), path, { ...request.owners, mode: request.mode })
      }
      return await applyLink(ctx, request, found)
    },
  }
}

type Promised = Omit<PendingPlan, 'apply'> & { readonly kind: 'pending' }

function planLink({ path, target }: SymlinkRequest, found: string | undefined): Promised {
  if (found === undefined) {
    return promised(`Symlink ${path} to ${target} is set for creation`, { new: path })
  }
  return promised(`Link ${path} target is set to be changed to ${target}`, { change: path })
}

function promised(comment: string, changes: PendingPlan['changes']): Promised {
  return { kind: 'pending', comment, changes }
}

function planObstacle(request: SymlinkRequest): Promised | StatePlan {
  const { path, target, force, backupname } = request
  if (backupname !== undefined) {
    const backup = backupPath(request, backupname)
    if (backup === undefined) return impossible(`Backupname must be an absolute path or a file name: ${backupname}`)
    if (entryAt(backup) !== undefined && !force) {
      return impossible(`Symlink & backup dest exists and Force not set. ${path} -> ${target} - backup: ${backup}`)
    }
    return promised(
      `The file or directory ${path} is set to be moved to ${backup} to make way for a new symlink targeting ${target}`,
      { new: path },
    )
  }
  if (force) {
    return promised(
      `The file or directory ${path} is set for removal to make way for a new symlink targeting ${target}`,
      { new: path },
    )
  }
  return impossible(`${kindOf(path)} exists where the symlink ${path} should be`)
}

function kindOf(path: string): string {
  if (isRegularFile(path)) return 'File'
  return isFolder(path) ? 'Directory' : 'File system entry'
}

function backupPath({ path }: SymlinkRequest, backupname: string): string | undefined {
  if (posix.isAbsolute(backupname)) return backupname
  return backupname === posix.basename(backupname)
    ? posix.join(posix.dirname(posix.normalize(path)), backupname)
    : undefined
}

async function applyLink(ctx: StateContext, request: SymlinkRequest, found: string | undefined): Promise<StateOutcome> {
  const { path, target, owners: named } = request
  const isObstructed = found === undefined && fs.existsSync(path)
  try {
    if (isObstructed && request.backupname !== undefined) await moveAway(ctx, request, request.backupname)
    else if (isObstructed) await ctx.salt('file.remove', [path])
    // An old link gives way in one step.
    await ctx.salt('file.symlink', [target, path], { atomic: found !== undefined })
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`Unable to create new symlink ${path} -> ${target}: ${reasonOf(error)}`)
  }
  const comment = `Created new symlink ${path} -> ${target}`
  if (isOwnedBy(path, named) || setOwner(path, named)) return done(comment, { new: path })
  return failed(`${comment}, but was unable to set ownership to ${named.user}:${named.group}`, { new: path })
}

async function moveAway(ctx: StateContext, request: SymlinkRequest, backupname: string): Promise<void> {
  const backup = backupPath(request, backupname) ?? backupname
  if (entryAt(backup) !== undefined) await ctx.salt('file.remove', [backup])
  await ctx.salt('file.move', [request.path, backup])
}

function planOwner({ path, owners: named }: SymlinkRequest): StatePlan {
  const { user, group } = named
  if (isOwnedBy(path, named)) {
    return pending({
      comment: `The symlink ${path} is present`,
      changes: {},
      testResult: true,
      apply: () => done(`Symlink ${path} is present and owned by ${user}:${group}`),
    })
  }
  const now = statusOf(path, false)
  return pending({
    comment: `The symlink ${path} is present, but the ownership of the symlink would be changed from ${now.user}:${now.group} to ${user}:${group}`,
    changes: { ownership: `${now.user}:${now.group}` },
    apply() {
      if (!setOwner(path, named)) return failed(`Failed to set ownership of symlink ${path} to ${user}:${group}`)
      return done(`Set ownership of symlink ${path} to ${user}:${group}`, { ownership: `${user}:${group}` })
    },
  })
}

function isOwnedBy(path: string, { user, group }: NamedOwners): boolean {
  const now = statusOf(path, false)
  return (now.user === user || now.uid === user) && (now.group === group || now.gid === group)
}

function setOwner(path: string, { user, group }: NamedOwners): boolean {
  try {
    changeOwner(path, user, group, true)
  } catch {
    return false
  }
  return isOwnedBy(path, { user, group })
}
