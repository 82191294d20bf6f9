/** `file.hardlink` */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import {
  type Changes,
  done,
  failed,
  impossible,
  pending,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { makeFolderOf } from '../../modules/file/folders.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { normalizeMode } from '../../modules/file/owners.ts'
import { expandUser } from '../../modules/file/paths.ts'
import { isFolder } from '../../modules/file/status.ts'
import { dirMode, makedirs, notAbsolute, owner, ownerOf, owners, pathName } from './arguments.ts'
import { joinedFaults, type NamedOwners, ownersOrUsual, unknownOwners } from './owners-of-links.ts'
import { untilThereAre } from './unknown-owners.ts'

interface HardlinkRequest {
  readonly path: string
  readonly target: string
  readonly force: boolean
  readonly makedirs: boolean
  readonly dirMode: string | null
  readonly owners: NamedOwners
}

export const hardlinkState = {
  hardlink: state({
    doc: 'Make sure that a name is another name of a file (a hard link).',
    args: {
      name: pathName,
      target: s.string('The file'),
      force: s.withDefault(s.boolean('Remove a file that is in the way'), false),
      makedirs,
      ...owners,
      owner,
      dir_mode: dirMode,
    },
    examples: ['/srv/www/logo.png:\n  file.hardlink:\n    - target: /srv/shared/logo.png'],
    plan(ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.hardlink')
      const named = ownersOrUsual(ctx, ownerOf(want), want.group)
      const faults = [
        ...(posix.isAbsolute(path) ? [] : [notAbsolute(path)]),
        ...(posix.isAbsolute(want.target) ? [] : [`Specified target ${want.target} is not an absolute path`]),
      ]
      const unknown = unknownOwners(named)
      if (faults.length > 0) return impossible(joinedFaults([...unknown, ...faults]))
      const plan = planHardlink(ctx, { ...want, path, dirMode: normalizeMode(want.dir_mode), owners: named })
      return unknown.length === 0 ? plan : untilThereAre(ctx, plan, joinedFaults(unknown), [named.user, named.group])
    },
  }),
}

function planHardlink(ctx: StateContext, request: HardlinkRequest): StatePlan {
  const { path, target, force } = request
  if (!fs.existsSync(target)) return impossible(`Target ${target} for hard link does not exist`)
  if (isFolder(target)) return impossible(`Unable to hard link from directory ${target}`)
  if (isFolder(path)) return impossible(`Unable to hard link to directory ${path}`)
  const there = entryAt(path)
  const wanted = fs.lstatSync(target)
  const plan = (comment: string, changes: Changes, forced = false): StatePlan =>
    pending({ comment, changes, apply: () => applyHardlink(ctx, request, there !== undefined, forced) })
  if (there === undefined) return plan(`Hard link ${path} to ${target} is set for creation`, { new: path })
  if (there.ino === wanted.ino && there.dev === wanted.dev) {
    return pending({
      comment: `The hard link ${path} is presently targetting ${target}`,
      changes: {},
      testResult: true,
      apply: () => done(`Target of hard link ${path} is already pointing to ${target}`),
    })
  }
  if (there.isFile() && there.nlink > 1) {
    return plan(`Link ${path} target is set to be changed to ${target}`, { change: path })
  }
  if (!force) return impossible(`File exists where the hard link ${path} should be`)
  const comment = `The file or directory ${path} is set for removal to make way for a new hard link targeting ${target}`
  return plan(comment, { new: path }, true)
}

async function applyHardlink(
  ctx: StateContext,
  request: HardlinkRequest,
  isReplaced: boolean,
  forced: boolean,
): Promise<StateOutcome> {
  const { path, target } = request
  const folder = posix.dirname(path)
  if (!isFolder(folder)) {
    if (!request.makedirs) return failed(`Directory ${folder} for hard link is not present`)
    await makeFolderOf(withTest(ctx, false), path, { ...request.owners, mode: request.dirMode })
  }
  const words =
    isReplaced && !forced ? ['Set target of', 'Unable to set target of'] : ['Created new', 'Unable to create new']
  try {
    if (isReplaced) fs.rmSync(path, { force: true })
    await ctx.salt('file.link', [target, path])
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failed(`${words[1]} hard link ${path} -> ${target}: ${reasonOf(error)}`)
  }
  const changes = { ...(forced ? { forced: 'File for hard link was forcibly replaced' } : {}), new: path }
  return done(`${words[0]} hard link ${path} -> ${target}`, changes)
}
