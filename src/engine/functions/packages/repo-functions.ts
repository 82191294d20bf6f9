/** list_repos, get_repo, mod_repo and del_repo of `pkg` where repositories stand in .repo files. */
import { readdirSync, rmSync } from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { type FunctionContext, fn } from '../../plugin.ts'
import { readSystemFile, writeSystemFile } from '../system-files.ts'
import { editedLines, parseRepoFile, type RepoFile, type RepoSection, repoFileText, valuesOf } from './repo-file.ts'

/** Folders of the files; new ones go to the first. */
interface RepoPlace {
  readonly folders: readonly string[]
  /** Fetches the lists of packages after a change. */
  refresh(ctx: FunctionContext): Promise<unknown>
}

interface Found {
  readonly file: RepoFile
  readonly section: RepoSection
}

const basedir = s.optional(s.union([s.string(), s.array(s.string())], 'Folders of the files'))
const repo = s.string('Id of the repository: what stands between the brackets')

/** What Salt calls things, and no value of a section. */
const notValues = new Set(['refresh', 'gpgautoimport', 'humanname', 'comments'])

export function repositoryFunctions(place: RepoPlace) {
  const foldersOf = (given: string | readonly string[] | undefined): readonly string[] =>
    given === undefined || given.length === 0 ? place.folders : [given].flat()
  return {
    list_repos: fn({
      doc: 'List the repositories with all that their files say of them.',
      args: { basedir },
      extra: s.any('Further arguments, without effect here'),
      returns: s.record(s.record(s.any()), 'Id → key → value'),
      examples: ["salt '*' pkg.list_repos"],
      run: (ctx, args) =>
        Object.fromEntries(
          allSections(ctx, foldersOf(args.basedir)).map(({ file, section }) => [
            section.id,
            { ...valuesOf(section), file: file.path },
          ]),
        ),
    }),
    get_repo: fn({
      doc: 'Show one repository; an empty mapping where there is none of that id.',
      args: { repo, basedir },
      extra: s.any('Further arguments, without effect here'),
      returns: s.record(s.any()),
      examples: ["salt '*' pkg.get_repo epel"],
      run(ctx, args) {
        const found = find(ctx, foldersOf(args.basedir), args.repo)
        return found === undefined ? {} : valuesOf(found.section)
      },
    }),
    del_repo: fn({
      doc: 'Remove a repository; its file too, where nothing else stands in it.',
      args: { repo, basedir },
      extra: s.any('Further arguments, without effect here'),
      returns: s.string('What was removed'),
      examples: ["salt '*' pkg.del_repo epel"],
      run: (ctx, args) => remove(ctx, foldersOf(args.basedir), args.repo),
    }),
    mod_repo: fn({
      doc: 'Change a repository, or add it where there is none of that id.',
      args: { repo, basedir },
      extra: s.any('Keys of the section with their values (name, baseurl, mirrorlist, gpgkey …); null takes a key out'),
      returns: s.record(s.any(), 'File → id → key → value'),
      examples: [
        "salt '*' pkg.mod_repo extras baseurl=https://mirror.example.org/extras name='Extra packages' gpgcheck=1",
      ],
      async run(ctx, args, { extra }) {
        const answer = modify(ctx, foldersOf(args.basedir), args.repo, extra)
        if (extra.refresh === true) await place.refresh(ctx)
        return answer
      },
    }),
  }
}

function repoFiles(ctx: FunctionContext, folders: readonly string[]): RepoFile[] {
  return folders.flatMap((folder) =>
    namesIn(ctx, folder).flatMap((name) => {
      const text = readSystemFile(ctx, `${folder}/${name}`)
      return text === undefined ? [] : [parseRepoFile(`${folder}/${name}`, text)]
    }),
  )
}

function namesIn(ctx: FunctionContext, folder: string): string[] {
  try {
    const names = readdirSync(ctx.at(folder))
    return names.filter((name) => name.endsWith('.repo')).sort(compareText)
  } catch {
    return []
  }
}

function allSections(ctx: FunctionContext, folders: readonly string[]): Found[] {
  return repoFiles(ctx, folders).flatMap((file) => file.sections.map((section) => ({ file, section })))
}

function find(ctx: FunctionContext, folders: readonly string[], id: string): Found | undefined {
  return allSections(ctx, folders).find(({ section }) => section.id === id)
}

function remove(ctx: FunctionContext, folders: readonly string[], id: string): string {
  const found = find(ctx, folders, id)
  if (found === undefined) return `Error: the ${id} repo does not exist in ${folders.join(', ')}`
  const { file, section } = found
  if (file.sections.length === 1) {
    rmSync(ctx.at(file.path))
    return `File ${file.path} containing repo ${id} has been removed`
  }
  const left = { ...file, sections: file.sections.filter((one) => one !== section) }
  writeSystemFile(ctx, file.path, repoFileText(left))
  return `Repo ${id} has been removed from ${file.path}`
}

/** As a file has it: `1` for true, lines for a list. Null takes the key out. */
function repoValue(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'boolean') return value ? '1' : '0'
  return Array.isArray(value) ? value.map(pythonString).join('\n') : pythonString(value)
}

function modify(
  ctx: FunctionContext,
  folders: readonly string[],
  id: string,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (/[\][\n\0]/.test(id))
    throw new SaltError('bad-arguments', `${JSON.stringify(id)} cannot be the id of a repository`)
  const values = Object.entries(given).filter(([key]) => !notValues.has(key) && !key.startsWith('__'))
  const changes = Object.fromEntries(values.map(([key, value]) => [key.toLowerCase(), repoValue(value)]))
  const found = find(ctx, folders, id)
  const sources = ['baseurl', 'mirrorlist', 'metalink'] as const
  if (found === undefined && !sources.some((key) => typeof changes[key] === 'string')) {
    throw new SaltError(
      'bad-arguments',
      'The repo does not exist and needs to be created, but none of baseurl, mirrorlist and metalink was given',
    )
  }
  // Only one of them can count, and the new one is meant.
  const chosen = sources.find((key) => typeof changes[key] === 'string')
  for (const key of sources) if (chosen !== undefined && key !== chosen) changes[key] = null
  const path = found?.file.path ?? `${folders[0]}/${id}.repo`
  const file = found?.file ?? parseRepoFile(path, readSystemFile(ctx, path) ?? '')
  const section: RepoSection = {
    id,
    lines: withComments(
      editedLines(found?.section.lines ?? [], { ...(found === undefined ? { name: id } : {}), ...changes }),
      given.comments,
    ),
  }
  const sections =
    found === undefined
      ? [...file.sections, section]
      : file.sections.map((one) => (one === found.section ? section : one))
  writeSystemFile(ctx, path, repoFileText({ ...file, sections }))
  return { [path]: { [id]: valuesOf(section) } }
}

function withComments(lines: readonly string[], comments: unknown): string[] {
  if (comments === undefined || comments === null) return [...lines]
  const texts = [comments].flat().flatMap((text) => pythonString(text).split('\n'))
  return [...texts.map((text) => `# ${text}`), ...lines.filter((line) => !/^[#;]/.test(line))]
}

/** Whether a section says all of this already. */
export function saysAll(values: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    const text = repoValue(value)
    const now = values[key.toLowerCase()]
    if (key === 'enabled' && now === undefined) return text === '1'
    return text === null ? now === undefined : isSameValue(String(now ?? ''), text)
  })
}

function isSameValue(now: string, wanted: string): boolean {
  const plain = (text: string): string =>
    /^(?:true|yes|on)$/i.test(text) ? '1' : /^(?:false|no|off)$/i.test(text) ? '0' : text
  return plain(now) === plain(wanted)
}
