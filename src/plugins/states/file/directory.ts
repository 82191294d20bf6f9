/** `file.directory` */
import { s } from '../../../base/schema.ts'
import { state } from '../../../engine/plugin.ts'
import { impossible } from '../../../engine/state/plan.ts'
import { modeSchema, normalizeMode } from '../../modules/file/owners.ts'
import { isPlan, makedirs, owner, ownerOf, owners, pathName, targetPath, withoutEffect } from './arguments.ts'
import { planDirectory } from './directory-plan.ts'

const mode = (description: string) => s.withDefault(modeSchema(description), null)

const directoryArguments = {
  name: pathName,
  ...owners,
  owner,
  recurse: s.optional(
    s.any(
      'What of owner and mode holds for all that is below: a list of user, group, mode; ignore_files, ignore_dirs and silent',
    ),
  ),
  max_depth: s.optional(s.integer('How deep that goes; 0: only files in the folder', { minimum: 0 })),
  dir_mode: mode('Mode of folders in octal digits'),
  file_mode: mode('Mode of files below, with `recurse`; that of folders when left out'),
  mode: mode('Another name of `dir_mode`'),
  makedirs,
  clean: s.withDefault(s.boolean('Remove what is in it and belongs to no state of a file that it requires'), false),
  exclude_pat: s.optional(s.any('What `clean` leaves: a glob, or E@ and an expression, or a list of them')),
  follow_symlinks: s.withDefault(s.boolean('Look at what links lead to'), false),
  force: s.withDefault(s.boolean('Remove a file or a link that is in the way'), false),
  backupname: s.optional(s.path('Path that what is in the way gets')),
  allow_symlink: s.withDefault(s.boolean('A link to a folder is as good'), true),
  children_only: s.withDefault(s.boolean('Leave owner and mode of the folder itself'), false),
}

export const directoryState = {
  directory: state({
    doc: 'Make sure that there is a folder with this owner and mode, and with `recurse` or `clean` what is in it.',
    args: directoryArguments,
    ignored: withoutEffect,
    examples: [
      "/srv/www:\n  file.directory:\n    - user: www-data\n    - group: www-data\n    - dir_mode: '0755'\n    - file_mode: '0644'\n    - recurse: [user, group, mode]\n    - makedirs: True",
    ],
    async plan(ctx, want) {
      const target = targetPath(want.name, 'directory')
      if (isPlan(target)) return target
      const path = target.length > 1 ? target.replace(/\/$/, '') : target
      if (want.max_depth !== undefined && want.clean) return impossible('Cannot specify both max_depth and clean')
      const dirMode = want.dir_mode || want.mode || null
      return await planDirectory(ctx, {
        path,
        user: ownerOf(want) ?? null,
        group: want.group,
        recurse: want.recurse,
        maxDepth: want.max_depth,
        dirMode: normalizeMode(dirMode),
        fileMode: normalizeMode(want.file_mode || dirMode),
        makedirs: want.makedirs,
        clean: want.clean,
        exclude: want.exclude_pat,
        followLinks: want.follow_symlinks,
        force: want.force,
        backupname: want.backupname,
        allowLink: want.allow_symlink,
        childrenOnly: want.children_only,
      })
    },
  }),
}
