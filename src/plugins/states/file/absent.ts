/** `file.absent`, `file.exists`, `file.missing` and `file.pruned`. */
import * as fs from 'node:fs'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right } from '../../../engine/state/plan.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { expandUser } from '../../modules/file/paths.ts'
import { isFolder, isLink } from '../../modules/file/status.ts'
import { isPlan, pathName, targetPath } from './arguments.ts'

export const presenceStates = {
  absent: state({
    doc: 'Make sure that there is no such file or folder. A folder goes with all that is in it, a link without what it leads to.',
    args: { name: pathName },
    examples: ['/etc/nginx/sites-enabled/default:\n  file.absent'],
    plan(ctx, { name }) {
      const path = targetPath(name, 'absent')
      if (isPlan(path)) return path
      if (path === '/') return impossible('Refusing to make "/" absent')
      const isThere = fs.existsSync(path) || isLink(path)
      if (!isThere) return right(`File ${path} is not present`)
      const kind = isFolder(path) && !isLink(path) ? 'directory' : 'file'
      return pending({
        comment: `${kind === 'file' ? 'File' : 'Directory'} ${path} is set for removal`,
        changes: { removed: path },
        async apply() {
          try {
            await ctx.salt('file.remove', [path])
          } catch (error) {
            ctx.signal.throwIfAborted()
            return failed(reasonOf(error))
          }
          return done(`Removed ${kind} ${path}`, { removed: path })
        },
      })
    },
  }),
  exists: state({
    doc: 'Check that there is a file or folder. Nothing is made.',
    args: { name: pathName },
    examples: ['/etc/krb5.keytab:\n  file.exists'],
    plan(_ctx, { name }) {
      const path = expandUser(name)
      if (path === '') return impossible('Must provide name to file.exists')
      return fs.existsSync(path) ? right(`Path ${path} exists`) : impossible(`Specified path ${path} does not exist`)
    },
  }),
  missing: state({
    doc: 'Check that there is no such file or folder. Nothing is removed.',
    args: { name: pathName },
    examples: ['/etc/nologin:\n  file.missing'],
    plan(_ctx, { name }) {
      const path = expandUser(name)
      if (path === '') return impossible('Must provide name to file.missing')
      return fs.existsSync(path) ? impossible(`Specified path ${path} exists`) : right(`Path ${path} is missing`)
    },
  }),
  pruned: state({
    doc: 'Make sure that an empty folder is gone, and with `recurse` the empty folders below it.',
    args: {
      name: s.path('The folder'),
      recurse: s.withDefault(s.boolean('Remove the empty folders in it first'), false),
      ignore_errors: s.withDefault(
        s.boolean('Leave folders that are not empty; goes into those below by itself'),
        false,
      ),
      older_than: s.optional(s.number('Only folders that did not change for so many days')),
    },
    examples: ['/srv/uploads:\n  file.pruned:\n    - recurse: True\n    - ignore_errors: True'],
    plan(ctx, { name, ignore_errors: ignoresErrors, older_than, ...want }) {
      const path = expandUser(name)
      const recurse = want.recurse || ignoresErrors
      if (!isFolder(path)) return right(`Directory ${path} is not present`)
      return pending({
        comment: `Directory ${path} is set for removal`,
        changes: { deleted: path },
        async apply() {
          const options = { recurse, verbose: true, older_than: older_than ?? null }
          const found = await ctx.salt('file.rmdir', [path], options)
          const { result, ...report } = isRecord(found) ? found : { result: false }
          const deleted = 'deleted' in report && Array.isArray(report.deleted) ? report.deleted.map(String).sort() : []
          const isPart = result !== true && ignoresErrors && deleted.length > 0
          if (result !== true && !isPart) return failed(`Failed to remove directory ${path}`, report)
          if (!recurse) return done(`Removed directory ${path}`, { deleted: path })
          if (deleted.length === 0) return done('')
          return done(`Recursively removed empty directories under ${path}`, { deleted })
        },
      })
    },
  }),
}
