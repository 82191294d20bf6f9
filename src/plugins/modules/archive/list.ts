/** `archive.list`. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { fetchArchive, fetchArguments } from './cached.ts'
import { listRar } from './rar.ts'
import { type Contents, listTar } from './tar.ts'
import { isFolder, isLink, ZipFile } from './zip-reader.ts'

const tarEndings = /\.(?:tar|tar\.(?:gz|bz2|xz|lzma|zst)|tgz|tbz2?|txz|tlz|tzst)$/

/** The format that a name tells. Throws `execution-failed` where it tells none. */
function formatOf(name: string): string {
  const path = name.replace(/^[a-z0-9+.-]+:\/\//i, '').replace(/[?#].*/, '')
  const lower = path.toLowerCase()
  if (tarEndings.test(lower)) return 'tar'
  const ending = /\.(zip|rar)$/.exec(lower)?.[1]
  if (ending !== undefined) return ending
  throw new SaltError('execution-failed', "Unable to guess archive format, please pass an 'archive_format' argument.")
}

function listZip(path: string): Contents {
  using zip = new ZipFile(path)
  const folders = new Set<string>()
  const contents: Contents = { dirs: [], files: [], links: [] }
  for (const entry of zip.entries) {
    if (isLink(entry)) contents.links.push(entry.name)
    else if (isFolder(entry)) folders.add(entry.name)
    else {
      contents.files.push(entry.name)
      // An archive from Windows has no members for its folders.
      const slash = entry.name.lastIndexOf('/')
      if (slash >= 0) folders.add(entry.name.slice(0, slash + 1))
    }
  }
  contents.dirs.push(...folders)
  return contents
}

function listContents(ctx: FunctionContext, format: string, path: string, options: string | undefined) {
  if (format === 'tar') return listTar(ctx, path, options === '' ? undefined : options)
  if (format === 'zip') return listZip(path)
  if (format === 'rar') return listRar(ctx, path)
  throw new SaltError('execution-failed', `Unsupported archive format '${format}'`)
}

/** Names without that many folders in front; what is not so deep falls away. */
function stripped(names: readonly string[], count: number): string[] {
  return names.map((name) => name.split('/').slice(count).join('/')).filter((name) => name !== '')
}

function stripCount(given: unknown): number {
  const count = given === undefined || given === null || given === '' ? 0 : Number(given)
  if (Number.isInteger(count) && (count > 0 || given === 0 || given === undefined || given === null)) return count
  throw new SaltError('execution-failed', "'strip_components' must be a positive integer")
}

const namesOf = s.array(s.string())

export const listFunctions = {
  list: fn({
    doc: 'List the members of an archive: tar, ZIP or RAR.',
    args: {
      name: s.string('The archive: a path or an address'),
      archive_format: s.optional(s.string('tar, zip or rar; by default what the name tells')),
      options: s.optional(s.string('For tar: a command that writes the decompressed archive to its standard output')),
      strip_components: s.optional(s.any('Leave away that many folders in front of each name')),
      clean: fetchArguments.clean,
      verbose: s.withDefault(s.boolean('Tell folders, files and links apart'), false),
      saltenv: fetchArguments.saltenv,
      source_hash: fetchArguments.source_hash,
    },
    returns: s.union([
      namesOf,
      s.object({
        dirs: namesOf,
        files: namesOf,
        links: namesOf,
        top_level_dirs: namesOf,
        top_level_files: namesOf,
        top_level_links: namesOf,
      }),
    ]),
    examples: [
      "salt '*' archive.list /srv/backup/docs.tar.gz",
      "salt '*' archive.list salt://releases/app.zip strip_components=1 verbose=true",
    ],
    async run(ctx, args) {
      const count = stripCount(args.strip_components)
      const format = args.archive_format || formatOf(args.name)
      using fetched = await fetchArchive(ctx, args)
      const contents = await listContents(ctx, format, fetched.path, args.options)
      const sorted = (names: readonly string[]): string[] => stripped(names, count).sort(compareText)
      const [dirs, files, links] = [sorted(contents.dirs), sorted(contents.files), sorted(contents.links)]
      if (!args.verbose) return [...dirs, ...files, ...links].sort(compareText)
      return {
        dirs,
        files,
        links,
        top_level_dirs: dirs.filter((name) => name.split('/').length === 2),
        top_level_files: files.filter((name) => !name.includes('/')),
        top_level_links: links.filter((name) => !name.includes('/')),
      }
    },
  }),
}
