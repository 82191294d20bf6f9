/** Which files, folders and links `file.recurse` manages below a folder. */
import { posix } from 'node:path'
import { pythonString } from '../../../base/python-repr.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { parseSaltUrl, saltUrl } from '../../modules/file/source.ts'
import { pathTest } from './patterns.ts'

export interface RecurseChoice {
  /** `salt://web/files` */
  readonly source: string
  readonly include_pat?: unknown
  readonly exclude_pat?: unknown
  readonly maxdepth?: number | undefined
  readonly include_empty?: boolean
  readonly keep_symlinks?: boolean
}

export interface RecursedFiles {
  /** Path here → `salt://` URL. */
  readonly files: ReadonlyMap<string, string>
  readonly folders: ReadonlySet<string>
  /** Path here → what the link says. */
  readonly links: ReadonlyMap<string, string>
}

/** Everything below a source, as paths of this machine. */
export async function recursedFiles(
  ctx: StateContext,
  folder: string,
  choice: RecurseChoice,
  saltenv: string,
): Promise<RecursedFiles> {
  const served = parseSaltUrl(choice.source, saltenv)
  const top = served.path.replace(/^\/+|\/+$/g, '')
  const prefix = `${top}/`
  const names = await fileSourceOf(ctx).names(served.saltenv, top)
  const isMeant = pathTest(choice.include_pat, choice.exclude_pat)
  const relative = (path: string): string | undefined => {
    const rest = prefix === '/' ? path : path.startsWith(prefix) ? path.slice(prefix.length) : ''
    const isDeep = choice.maxdepth !== undefined && rest.split('/').length - 1 > choice.maxdepth
    return rest === '' || isDeep || rest.split('/').includes('..') || !isMeant(rest) ? undefined : rest
  }
  const at = (rest: string): string => posix.join(folder, rest)
  const links = new Map<string, string>()
  const linked: string[] = []
  for (const [path, target] of choice.keep_symlinks === true ? Object.entries(names.links) : []) {
    const rest = relative(path)
    if (rest === undefined) continue
    links.set(at(rest), target)
    linked.push(path)
  }
  const isBehindLink = (path: string): boolean => linked.some((link) => path === link || path.startsWith(`${link}/`))
  const files = new Map<string, string>()
  const folders = new Set<string>()
  const other = served.saltenv === saltenv ? undefined : served.saltenv
  for (const path of names.files) {
    const rest = relative(path)
    if (rest === undefined || isBehindLink(path)) continue
    files.set(at(rest), saltUrl(path, other))
    folders.add(posix.dirname(at(rest)))
  }
  for (const path of choice.include_empty === true ? names.folders : []) {
    const rest = relative(path)
    if (rest !== undefined && !isBehindLink(path)) folders.add(at(rest))
  }
  return { files, folders, links }
}

/** All paths that a state `file.recurse` with such arguments manages: another one that cleans leaves them. */
export async function recursedPaths(
  ctx: StateContext,
  folder: string,
  args: Readonly<Record<string, unknown>>,
  saltenv: string,
): Promise<string[]> {
  const [source] = [args.source ?? []].flat()
  if (source === undefined) return []
  const { maxdepth } = args
  const { files, folders, links } = await recursedFiles(
    ctx,
    folder,
    {
      source: pythonString(source),
      include_pat: args.include_pat,
      exclude_pat: args.exclude_pat,
      ...(typeof maxdepth === 'number' ? { maxdepth } : {}),
      include_empty: args.include_empty === true,
      keep_symlinks: args.keep_symlinks === true,
    },
    saltenv,
  )
  return [...files.keys(), ...folders, ...links.keys()]
}
