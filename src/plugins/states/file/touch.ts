/** `file.touch` */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import { done, failed, pending, type StatePlan } from '../../../engine/state/plan.ts'
import { entryAt } from '../../modules/file/entry.ts'
import { makeFolderOf } from '../../modules/file/folders.ts'
import { withTest } from '../../modules/file/managing/testing-context.ts'
import { isFolder } from '../../modules/file/status.ts'
import { isPlan, makedirs, pathName, targetPath } from './arguments.ts'

const time = (what: string) =>
  s.optional(s.union([s.number(), s.string()], `Time of the last ${what}, in seconds since 1970; now when left out`))

export const touchState = {
  touch: state({
    doc: 'Make an empty file, or give an existing one other times. It changes something each time, unless it is told which times.',
    args: { name: pathName, atime: time('reading'), mtime: time('change'), makedirs },
    examples: ['/var/lib/app/ready:\n  file.touch:\n    - makedirs: True'],
    plan(ctx, { name, ...times }) {
      const path = targetPath(name, 'touch')
      return isPlan(path) ? path : planTouch(ctx, path, times)
    },
  }),
}

interface TouchRequest {
  readonly atime?: number | string | undefined
  readonly mtime?: number | string | undefined
  readonly makedirs: boolean
}

function planTouch(ctx: StateContext, path: string, { atime, mtime, makedirs: makes }: TouchRequest): StatePlan {
  const status = entryAt(path)
  const isThere = fs.existsSync(path)
  const apply = async () => {
    if (makes) await makeFolderOf(withTest(ctx, false), path, { user: null, group: null, mode: null })
    if (!isFolder(posix.dirname(path))) return failed(`Directory not present to touch file ${path}`)
    await ctx.salt('file.touch', [path], { atime: atime ?? null, mtime: mtime ?? null })
    if (!isThere) return done(`Created empty file ${path}`, { new: path })
    return done(`Updated times on ${isFolder(path) ? 'directory' : 'file'} ${path}`, { touched: path })
  }
  if (!isThere || status === undefined) {
    return pending({ comment: `File ${path} is set to be created`, changes: { new: path }, apply })
  }
  const isAt = (wanted: number | string | undefined, actualMs: number): boolean =>
    wanted === undefined || Math.abs(Number(wanted) - actualMs / 1000) < 1e-3
  const isTimed = atime !== undefined || mtime !== undefined
  if (isTimed && isAt(atime, status.atimeMs) && isAt(mtime, status.mtimeMs)) {
    return { kind: 'settled', result: true, comment: `File ${path} exists and has the correct times`, changes: {} }
  }
  return pending({ comment: `Times set to be updated on file ${path}`, changes: { touched: path }, apply })
}
