/** What `archive.extracted` is told: checked, and put into one form. */
import { posix } from 'node:path'
import { type StaticProperties, s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { groupId, ownerSchema, userId } from '../../modules/file/owners.ts'
import { isRegularFile } from '../../modules/file/status.ts'

export const extractedArguments = {
  name: s.path('The folder to extract into'),
  source: s.any('The archive: `salt://`, `http(s)://`, `file://` or a path; of a list, the first that exists'),
  source_hash: s.optional(s.any('Checksum that it must have, or path or URL of a file with checksums')),
  source_hash_name: s.optional(s.string('Its name in the file with checksums')),
  source_hash_update: s.withDefault(s.boolean('Extract it again when its checksum has changed'), false),
  skip_files_list_verify: s.withDefault(s.boolean('Only its checksum tells whether to extract it'), false),
  skip_verify: s.withDefault(s.boolean('Take a source from the web without a checksum'), false),
  use_etag: s.withDefault(
    s.boolean('Ask a web server by ETag whether the archive has changed, where there is no checksum'),
    false,
  ),
  password: s.optional(s.any('Password of a ZIP file')),
  options: s.optional(s.any('Options of tar or unzip')),
  list_options: s.optional(s.string('For tar: a command that writes the decompressed archive to its standard output')),
  force: s.withDefault(s.boolean('Remove what is of another kind and in the way'), false),
  overwrite: s.withDefault(s.boolean('Extract it whatever is there'), false),
  clean: s.withDefault(s.boolean('Remove what is at the top of the archive first'), false),
  clean_parent: s.withDefault(s.boolean('Remove the whole folder first'), false),
  user: s.withDefault(ownerSchema('User that what is extracted shall belong to'), null),
  group: s.withDefault(ownerSchema('Group that what is extracted shall belong to'), null),
  if_missing: s.optional(s.path('Do nothing where this exists')),
  trim_output: s.withDefault(s.union([s.boolean(), s.integer()], 'Tell 100 names at most, or that many'), false),
  use_cmd_unzip: s.optional(s.boolean('Extract a ZIP file with the program unzip')),
  extract_perms: s.withDefault(s.boolean('Give files of a ZIP file the permissions that it tells'), true),
  enforce_toplevel: s.withDefault(s.boolean('Refuse an archive that has more than one folder at its top'), true),
  enforce_ownership_on: s.optional(s.path('Where user and group are to be set, in place of all at the top')),
  archive_format: s.optional(s.string('tar, zip or rar; by default what the name tells')),
  keep_source: s.optional(s.boolean('Keep the copy of the archive in the cache; so it is when left out')),
  keep: s.optional(s.boolean('Another name of `keep_source`')),
}

export type ExtractedArguments = StaticProperties<typeof extractedArguments>

/** Salt's sentence on what cannot be, before anything is looked at. */
export function faultIn(ctx: StateContext, want: ExtractedArguments): string | undefined {
  const { name, if_missing: missing, enforce_ownership_on: owned } = want
  if (want.skip_files_list_verify && want.skip_verify) {
    return 'Only one of "skip_files_list_verify" and "skip_verify" can be set to True'
  }
  if (name === '') return 'Name of the directory path needs to be specified'
  if (!posix.isAbsolute(name)) return `${name} is not an absolute path`
  const folder = name.replace(/\/+$/, '')
  if (isRegularFile(folder)) return `${folder} exists and is not a directory`
  if (missing !== undefined && !posix.isAbsolute(missing)) return "Value for 'if_missing' is not an absolute path"
  if (owned !== undefined && !posix.isAbsolute(owned)) return "Value for 'enforce_ownership_on' is not an absolute path"
  if (owned !== undefined && posix.relative(folder, owned).startsWith('../')) {
    return `Value for 'enforce_ownership_on' must be within ${folder}/`
  }
  if (want.clean && want.clean_parent) return "Only one of 'clean' and 'clean_parent' can be set to True"
  ctx.signal.throwIfAborted()
  return undefined
}

/** Salt's sentence about the first owner that is not known here. */
export function unknownOwner({ user, group }: Pick<ExtractedArguments, 'user' | 'group'>): string | undefined {
  if (isGiven(user) && userId(user) === undefined) return `User ${user} does not exist`
  return isGiven(group) && groupId(group) === undefined ? `Group ${group} does not exist` : undefined
}

export function isGiven(owner: string | number | null): owner is string | number {
  return owner !== null && owner !== ''
}

const formats = ['tar', 'rar', 'zip'] as const
export type ArchiveFormat = (typeof formats)[number]

const endings: readonly (readonly [RegExp, ArchiveFormat])[] = [
  [/\.(?:tar|tgz|tbz2?|txz|tlz|tzst|tar\.(?:gz|bz2|xz|lzma|zst|Z))$/i, 'tar'],
  [/\.zip$/i, 'zip'],
  [/\.rar$/i, 'rar'],
]

/** The format that is given or that a name tells, or Salt's sentence. */
export function formatOf(source: string, given: string | undefined): { readonly format: ArchiveFormat } | string {
  if (given === undefined || given === '') {
    const path = source.replace(/[?#].*/, '')
    const format = endings.find(([ending]) => ending.test(path))?.[1]
    if (format !== undefined) return { format }
    return `Could not guess archive_format from the value of the 'source' argument. Please set this archive_format to one of the following: ${formats.join(', ')}`
  }
  const format = formats.find((known) => known === given.toLowerCase())
  if (format !== undefined) return { format }
  return `Invalid archive_format '${given.toLowerCase()}'. Either set it to a supported value (${formats.join(', ')}) or remove this argument and the archive format will be guessed based on file extension.`
}

/** How a ZIP file is extracted, or Salt's sentence on what does not go together. */
export function wayToExtract(
  format: ArchiveFormat,
  { options, password, use_cmd_unzip: program }: ExtractedArguments,
): { readonly withProgram: boolean; readonly warnings: readonly string[] } | string {
  const hasOptions = options !== undefined && options !== null && options !== ''
  const hasPassword = password !== undefined && password !== null && password !== ''
  if (format !== 'zip' && hasPassword) return "The 'password' argument is only supported for zip archives"
  if (format === 'rar' && hasOptions) {
    return "The 'options' argument is only compatible with the following archive formats: tar, zip"
  }
  if (format !== 'zip') return { withProgram: false, warnings: [] }
  if (hasOptions && program === false) {
    return "'use_cmd_unzip' cannot be set to False if CLI options are being specified (via the 'options' argument). Either remove 'use_cmd_unzip', or set it to True."
  }
  const withProgram = program ?? hasOptions
  const isInsecure = withProgram && hasPassword
  return {
    withProgram,
    warnings: isInsecure
      ? [
          "Using a password in combination with setting 'use_cmd_unzip' to True is considered insecure. It is recommended to remove the 'use_cmd_unzip' argument (or set it to False): then no other program gets to know the password.",
        ]
      : [],
  }
}
