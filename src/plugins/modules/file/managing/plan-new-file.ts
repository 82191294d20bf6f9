/** Plans a file that is not there yet. */
import { posix } from 'node:path'
import type { FunctionContext } from '../../../../engine/plugin.ts'
import { done, failed, pending, type StateOutcome, type StatePlan } from '../../../../engine/state/plan.ts'
import { makeFolderOf } from '../folders.ts'
import { isFolder, modeText } from '../status.ts'
import { extraChanges } from './extra-permissions.ts'
import type { FileRequest } from './file-request.ts'
import { bytesOf, fingerprintOf } from './new-content.ts'
import { placeFile, restoreContext, type StartingMetadata, usualMetadata } from './placing.ts'
import { changeComment, faultText, finishing } from './plan-words.ts'
import { withTest } from './testing-context.ts'

export async function planNewFile(ctx: FunctionContext, request: FileRequest, real: string): Promise<StatePlan> {
  const { path, content } = request
  if (content?.kind === 'file' && content.isDoubtful) await content.fetch()
  return pending({
    comment: request.changeComment ?? changeComment(path),
    changes: { newfile: path },
    ...(content === undefined ? {} : { fingerprint: () => fingerprintOf(content) }),
    apply: () => finishing(request, () => applyNew(ctx, request, real)),
  })
}

async function applyNew(ctx: FunctionContext, request: FileRequest, real: string): Promise<StateOutcome> {
  const { path, content, metadata } = request
  const usual = usualMetadata()
  const wrong = await request.check?.(content, usual)
  if (wrong !== undefined) return failed(wrong, {}, { more: { skip_watch: true } })
  const folder = posix.dirname(real)
  if (!isFolder(folder)) {
    if (!request.makedirs) return failed('Parent directory not present')
    const fault = await makeFolders(ctx, request, real)
    if (fault !== null) return failed(fault)
  }
  try {
    const start = startOf(request, usual)
    const wanted = { ...metadata, mode: metadata.mode ?? usual.mode }
    const applied = await placeFile(real, content ?? bytesOf(''), start, wanted)
    await restoreContext(ctx, real)
    const extra = await extraChanges(ctx, request, real, false)
    const made = content === undefined ? { new: `file ${path} created` } : { diff: 'New file' }
    const changes = { ...made, ...applied.changes, ...extra.changes }
    const faults = [...applied.faults, ...extra.faults]
    if (faults.length > 0) return failed(faults.join('; '), changes)
    return done(content === undefined ? 'Empty file' : `File ${path} updated`, changes)
  } catch (error) {
    return failed(`Unable to manage file: ${faultText(error, real)}`)
  }
}

/** Files of Salt begin private, but for those that are given no mode: what is told as a change of the mode starts from there. */
function startOf({ isSourced, metadata }: FileRequest, usual: StartingMetadata): StartingMetadata {
  return isSourced || metadata.mode !== undefined ? { ...usual, mode: 0o600 } : usual
}

/** Makes the folders above. Gives a sentence where one of them is something else. */
async function makeFolders(ctx: FunctionContext, request: FileRequest, real: string): Promise<string | null> {
  const { user, group, mode } = request.metadata
  const dirMode = request.dirMode ?? (mode === undefined ? null : listable(mode))
  const owners = { user: user?.given ?? null, group: group?.given ?? null }
  try {
    return await makeFolderOf(withTest(ctx, false), real, { ...owners, mode: dirMode })
  } catch (error) {
    return `Unable to manage file: ${faultText(error, real)}`
  }
}

/** The mode of a file with the right to go through for everybody who has any right. */
function listable(mode: number): string {
  const digits = modeText(mode).slice(-3)
  return digits.replace(/[1-7]/g, (digit) => String(Number(digit) | 1))
}
