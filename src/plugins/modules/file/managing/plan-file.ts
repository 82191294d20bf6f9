/** Plans one file: what it holds, whom it belongs to, and how it is brought there. Below `file.managed` and all that manages files. */
import type * as fs from 'node:fs'
import type { FunctionContext } from '../../../../engine/plugin.ts'
import {
  type Changes,
  done,
  failed,
  impossible,
  pending,
  type StateOutcome,
  type StatePlan,
} from '../../../../engine/state/plan.ts'
import { backupBefore } from '../backups.ts'
import { entryAt, targetAtEntry } from '../entry.ts'
import { realPath } from '../paths.ts'
import { differenceOf } from './difference.ts'
import { extraChanges } from './extra-permissions.ts'
import type { FileRequest } from './file-request.ts'
import { applyMetadata, metadataDifference, targetAt } from './metadata.ts'
import { fingerprintOf, holds, type NewContent } from './new-content.ts'
import { placeFile, restoreContext, usualMetadata } from './placing.ts'
import { planNewFile } from './plan-new-file.ts'
import { changeComment, faultText, finishing, planRightFile } from './plan-words.ts'

const linkReplaced = 'Replace symbolic link with regular file'

/** Throws what reading throws. */
export async function planFile(ctx: FunctionContext, request: FileRequest): Promise<StatePlan> {
  const { path, followLinks, content } = request
  const itself = entryAt(path)
  const isLink = itself?.isSymbolicLink() === true
  if (isLink && !followLinks) {
    if (content !== undefined) return planReplacedLink(ctx, request, content, itself)
    return await planExisting(ctx, request, path, itself, true)
  }
  const real = isLink ? realPath(path) : path
  const status = isLink ? targetAtEntry(real) : itself
  if (status === undefined) return planNewFile(ctx, request, real)
  if (status.isDirectory()) return impossible(`Specified target ${path} is a directory`)
  if (!status.isFile() && content !== undefined) return impossible(`Specified target ${path} is not a regular file`)
  return await planExisting(ctx, request, real, status, false)
}

async function planExisting(
  ctx: FunctionContext,
  request: FileRequest,
  real: string,
  status: fs.Stats,
  isLinkItself: boolean,
): Promise<StatePlan> {
  const { path, content, metadata } = request
  const isSame = content === undefined || (await holds(real, status, content))
  const diff = isSame ? undefined : await differenceOf(ctx, real, content, request)
  const changes: Changes = {
    ...(diff === undefined ? {} : { diff }),
    ...metadataDifference(status, metadata, isLinkItself),
    ...(await extraChanges(ctx, request, real, true)).changes,
  }
  if (Object.keys(changes).length === 0) {
    request.cleanUp?.()
    return planRightFile(path)
  }
  const next = isSame ? undefined : content
  return pending({
    comment: request.changeComment ?? changeComment(path),
    changes,
    ...(next === undefined ? {} : { fingerprint: () => fingerprintOf(next) }),
    apply: () => finishing(request, () => applyExisting(ctx, request, { real, status, isLinkItself, next, diff })),
  })
}

interface Found {
  readonly real: string
  readonly status: fs.Stats
  readonly isLinkItself: boolean
  /** Undefined where the content is right. */
  readonly next: NewContent | undefined
  readonly diff: string | undefined
}

async function applyExisting(ctx: FunctionContext, request: FileRequest, found: Found): Promise<StateOutcome> {
  const { path, metadata } = request
  const { real, status, next, diff } = found
  const wrong = await request.check?.(next, status)
  if (wrong !== undefined) return failed(wrong, {}, { more: { skip_watch: true } })
  let applied: ReturnType<typeof applyMetadata>
  try {
    if (next === undefined) applied = applyMetadata(targetAt(real, found.isLinkItself), status, metadata)
    else {
      backupBefore(ctx, real, request.backup)
      applied = await placeFile(real, next, { uid: status.uid, gid: status.gid, mode: status.mode & 0o7777 }, metadata)
      await restoreContext(ctx, real)
    }
  } catch (error) {
    return failed(`Failed to commit change: ${faultText(error, real)}`)
  }
  const extra = await extraChanges(ctx, request, real, false)
  const changes = { ...(diff === undefined ? {} : { diff }), ...applied.changes, ...extra.changes }
  const faults = [...applied.faults, ...extra.faults]
  if (faults.length > 0) return failed(faults.join('; '), changes)
  return done(`File ${path} updated`, changes)
}

/** A link that is not to be followed makes way for a file; what it leads to stays as it is. */
function planReplacedLink(ctx: FunctionContext, request: FileRequest, content: NewContent, link: fs.Stats): StatePlan {
  const { path, metadata } = request
  const start = { ...usualMetadata(), uid: link.uid, gid: link.gid }
  const changes = { diff: linkReplaced, ...metadataDifference(start, metadata) }
  return pending({
    comment: request.changeComment ?? changeComment(path),
    changes,
    fingerprint: () => fingerprintOf(content),
    apply: () =>
      finishing(request, async () => {
        const wrong = await request.check?.(content, start)
        if (wrong !== undefined) return failed(wrong, {}, { more: { skip_watch: true } })
        try {
          const applied = await placeFile(path, content, start, metadata)
          await restoreContext(ctx, path)
          const extra = await extraChanges(ctx, request, path, false)
          const faults = [...applied.faults, ...extra.faults]
          const all = { diff: linkReplaced, ...applied.changes, ...extra.changes }
          return faults.length > 0 ? failed(faults.join('; '), all) : done(`File ${path} updated`, all)
        } catch (error) {
          return failed(`Failed to commit change: ${faultText(error, path)}`)
        }
      }),
  })
}
