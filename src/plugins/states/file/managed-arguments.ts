import { type StaticProperties, s } from '../../../base/schema.ts'
import {
  dirMode,
  makedirs,
  owner,
  owners,
  pathName,
  showChanges,
  sourceHashes,
  templateArguments,
} from './arguments.ts'

const text = (description: string) => s.optional(s.any(description))

export const managedArguments = {
  name: pathName,
  source: s.optional(
    s.any(
      'Where its content comes from: `salt://`, `http(s)://`, `file://` or a path; of a list, the first that exists',
    ),
  ),
  ...sourceHashes,
  keep_source: s.withDefault(s.boolean('Keep the copy of the source in the cache'), true),
  ...owners,
  owner,
  mode: s.withDefault(
    s.union(
      [s.integer(), s.string(), s.null()],
      'Mode in octal digits, in quotes where it begins with 0; `keep`: that of the source',
    ),
    null,
  ),
  attrs: s.optional(s.string('Letters of the attributes (`chattr`) that it shall have')),
  ...templateArguments,
  makedirs,
  dir_mode: dirMode,
  replace: s.withDefault(s.boolean('Change the content of a file that is there'), true),
  backup: s.withDefault(s.union([s.string(), s.boolean(), s.null()], '`minion`: keep a copy of the old file'), ''),
  show_changes: showChanges,
  create: s.withDefault(s.boolean('Make it where it is missing'), true),
  contents: text('What it holds: a text, or a list of lines'),
  tmp_dir: s.withDefault(s.string('Folder of the temporary file that `check_cmd` gets'), ''),
  tmp_ext: s.withDefault(s.string('Ending of the name of that file'), ''),
  contents_pillar: text('What it holds: a path into the pillar, or a list of them'),
  contents_grains: text('What it holds: a path into the grains, or a list of them'),
  contents_newline: s.withDefault(s.boolean('End the contents with a line break'), true),
  contents_delimiter: s.withDefault(s.string('What stands between the names of such a path'), ':'),
  encoding: s.optional(s.string('Encoding of the contents, as Python calls it; UTF-8 by default')),
  encoding_errors: s.withDefault(
    s.string(
      'What becomes of characters that it does not have: strict, ignore, replace, xmlcharrefreplace or backslashreplace',
    ),
    'strict',
  ),
  allow_empty: s.withDefault(s.boolean('Whether contents may be empty'), true),
  follow_symlinks: s.withDefault(s.boolean('Where the file is a link, manage what it leads to'), true),
  check_cmd: s.optional(
    s.any('Command that must succeed with the path of the new file added to it, before that takes its place'),
  ),
  selinux: s.optional(s.any('Parts of the SELinux context: a mapping with any of seuser, serole, setype and serange')),
  verify_ssl: s.withDefault(s.boolean('Make sure who answers for https://'), true),
  use_etag: s.withDefault(s.boolean('Ask a web server by ETag whether its file has changed'), false),
}

export type ManagedArguments = StaticProperties<typeof managedArguments>
/** Those that are needed; the others have their defaults. */
export type SomeManagedArguments = Pick<ManagedArguments, 'name'> & Partial<ManagedArguments>

const defaults = Object.fromEntries(Object.entries(managedArguments).map(([name, schema]) => [name, schema.default]))

export function withManagedDefaults(some: SomeManagedArguments): ManagedArguments {
  return { ...defaults, ...some } as ManagedArguments
}
