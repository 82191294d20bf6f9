/** Functions of `file` that remove files and folders. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { fn } from '../../../engine/plugin.ts'
import { systemText } from './failure.ts'
import { absolutePath, expandUser, joinPath } from './paths.ts'
import { isFolder, isLink } from './status.ts'

/** Folders below a folder, the deepest first. Links are not followed. */
function foldersBelow(path: string): string[] {
  const entries = fs.readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return entries
    .map((entry) => joinPath(path, entry.name))
    .sort(compareText)
    .flatMap((folder) => [...foldersBelow(folder), folder])
}

export const removingFunctions = {
  remove: fn({
    doc: 'Remove a file, or a folder with all that is in it. False where there is nothing.',
    args: { path: s.path('The file or folder') },
    extra: s.any('Accepted, and without effect'),
    returns: s.boolean(),
    examples: [`salt '*' file.remove /srv/docs/a.txt`],
    async run(_ctx, args) {
      const full = absolutePath(args.path, `File path must be absolute: ${expandUser(args.path)}`)
      if (!fs.existsSync(full) && !isLink(full)) return false
      try {
        // What goes meanwhile is gone, too.
        await fs.promises.rm(full, { recursive: true, force: true })
        return true
      } catch (cause) {
        throw new SaltError('execution-failed', `Could not remove '${full}': ${systemText(cause, full)}`, { cause })
      }
    },
  }),
  rmdir: fn({
    doc: 'Remove an empty folder.',
    args: {
      path: s.path('The folder'),
      recurse: s.withDefault(s.boolean('Remove the empty folders in it first'), false),
      verbose: s.withDefault(s.boolean('Tell what was removed and what was not'), false),
      older_than: s.optional(s.number('Only folders that did not change for so many days')),
    },
    returns: s.union([s.boolean(), s.record(s.any())]),
    examples: [`salt '*' file.rmdir /srv/empty`],
    run(ctx, args) {
      const full = absolutePath(args.path)
      if (!isFolder(full)) throw new SaltError('bad-arguments', 'A valid directory was not specified.')
      const since = args.older_than ? Date.now() - Math.trunc(args.older_than) * 86_400_000 : undefined
      const deleted: string[] = []
      const errors: string[][] = []
      for (const folder of [...(args.recurse ? foldersBelow(full) : []), full]) {
        try {
          if (since !== undefined && fs.statSync(folder).mtimeMs >= since) continue
          fs.rmdirSync(folder)
          deleted.push(folder)
        } catch (error) {
          ctx.log.error('A folder could not be removed', { folder, error })
          errors.push([folder, systemText(error, folder)])
        }
      }
      // Without recursion a folder that is too young is no success; with it only faults count.
      const result = errors.length === 0 && (args.recurse || deleted.length > 0)
      return args.verbose ? { deleted, errors, result } : result
    },
  }),
}
