/** Plans a folder: that it is there, whom it and what is in it belong to, and what is cleaned away. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { pythonString } from '../../../base/python-repr.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import {
  type Changes,
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { makeFolder } from '../../modules/file/folders.ts'
import { foreseenMetadata, metadataDifference, type WantedMetadata } from '../../modules/file/managing/metadata.ts'
import { faultText, reasonOf } from '../../modules/file/managing/plan-words.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { isFolder } from '../../modules/file/status.ts'
import { keptPaths, pathsToClean, removeAll, topmost } from './cleaning.ts'
import { type DirectoryRequest, recurseSet } from './directory-request.ts'
import { applyTree, planTree, type TreeChange } from './directory-tree.ts'
import { clearObstacle, type Obstacle, obstacleOf } from './obstacle.ts'
import { planForOwners } from './unknown-owners.ts'

export async function planDirectory(ctx: StateContext, request: DirectoryRequest): Promise<StatePlan> {
  const { path } = request
  const words = recurseSet(request.recurse)
  if (typeof words === 'string') return impossible(words)
  const obstacle = obstacleOf(request)
  if (typeof obstacle === 'string') return impossible(obstacle)
  return await planForOwners(ctx, { ...request, mode: request.dirMode }, async (folder) => {
    if (obstacle !== undefined || !isFolder(path)) return planNewFolder(ctx, request, obstacle, folder)
    const { metadata: file } = foreseenMetadata({ ...request, mode: request.fileMode })
    return await planFoundFolder(ctx, request, words, { folder, file })
  })
}

function dryWords(changes: Readonly<Record<string, Changes>>): { comment: string; changes: Changes } {
  const lines = Object.entries(changes).flatMap(([path, change]) =>
    Object.entries(change).map(([key, value]) => `${path}: ${key} - ${pythonString(value)}\n`),
  )
  return { comment: `The following files will be changed:\n${lines.join('')}`, changes }
}

function planNewFolder(
  ctx: StateContext,
  request: DirectoryRequest,
  obstacle: Obstacle | undefined,
  wanted: WantedMetadata,
): StatePlan {
  const { path, makedirs } = request
  const { comment, changes } = dryWords({ [path]: { directory: 'new' } })
  return pending({
    comment,
    changes: { ...(obstacle?.testChange === undefined ? {} : { forced: obstacle.testChange }), ...changes },
    async apply() {
      try {
        if (obstacle !== undefined) await clearObstacle(ctx, request)
        if (!isFolder(posix.dirname(path)) && !makedirs) return failed(`No directory to create ${path} in`)
        const owners = { user: wanted.user?.given ?? null, group: wanted.group?.given ?? null }
        await makeFolder(withTest(ctx, false), path, { ...owners, mode: request.dirMode })
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failed(faultText(error, path))
      }
      if (!isFolder(path)) return failed(`Failed to create directory ${path}`)
      return done('', { ...(obstacle?.change === undefined ? {} : { forced: obstacle.change }), ...changes })
    },
  })
}

interface WantedTree {
  readonly folder: WantedMetadata
  readonly file: WantedMetadata
}

async function planFoundFolder(
  ctx: StateContext,
  request: DirectoryRequest,
  words: ReadonlySet<string>,
  wanted: WantedTree,
): Promise<StatePlan> {
  const { path, followLinks, childrenOnly } = request
  const status = followLinks ? fs.statSync(path) : fs.lstatSync(path)
  const own = childrenOnly ? {} : metadataDifference(status, wanted.folder, status.isSymbolicLink())
  const tree: TreeChange[] = [
    ...(Object.keys(own).length === 0 ? [] : [{ path, status, wanted: wanted.folder, changes: own }]),
    ...(words.size === 0 ? [] : planTree(request, words, wanted)),
  ]
  const cleaned = request.clean ? pathsToClean(path, await keptPaths(ctx, path), request.exclude) : []
  const all = {
    ...Object.fromEntries(tree.map((change) => [change.path, change.changes])),
    ...Object.fromEntries(cleaned.map((one) => [one, { removed: 'Removed due to clean' }])),
  }
  if (Object.keys(all).length === 0) return right(`The directory ${path} is in the correct state`)
  const plan = dryWords(all)
  return pending({
    ...plan,
    apply: () => applyFolder(ctx, request, words, { tree, cleaned, all }),
  })
}

interface FolderChanges {
  readonly tree: readonly TreeChange[]
  readonly cleaned: readonly string[]
  readonly all: Changes
}

async function applyFolder(
  ctx: StateContext,
  request: DirectoryRequest,
  words: ReadonlySet<string>,
  { tree, cleaned, all }: FolderChanges,
): Promise<StateOutcome> {
  const { path, childrenOnly } = request
  const applied = applyTree(tree, request.followLinks)
  const gone = topmost(cleaned)
  const changes: Record<string, unknown> = words.has('silent')
    ? { recursion: 'Changes silenced' }
    : { ...all, ...applied.changes }
  if (gone.length > 0) {
    try {
      await removeAll(ctx, gone)
    } catch (error) {
      ctx.signal.throwIfAborted()
      return failed(reasonOf(error), changes)
    }
    changes.removed = gone.toSorted()
  }
  const missing = unguided(request, words)
  if (missing !== undefined) return failed(missing, changes)
  const comment =
    gone.length > 0 ? `Files cleaned from directory ${path}` : `Directory ${path}${childrenOnly ? '/*' : ''} updated`
  if (applied.faults.length === 0) return done(comment, changes)
  return failed(
    `${comment}\n\nThe following errors were encountered:\n${applied.faults.map((fault) => `\n- ${fault}`).join('')}`,
    changes,
  )
}

/** Salt's sentence where owners of all that is below are wanted, and none is given. */
function unguided({ user, group }: DirectoryRequest, words: ReadonlySet<string>): string | undefined {
  const isMissing = (owner: unknown): boolean => owner === null || owner === undefined || owner === ''
  const sentence = (what: string): string =>
    `${what} not specified, but configured as a target for recursive ownership management`
  if (words.has('group') && isMissing(group)) return sentence('group')
  return words.has('user') && isMissing(user) ? sentence('user') : undefined
}
