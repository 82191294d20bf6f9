/** The arguments `name`, `pkgs`, `sources` and `version`, by which every package module is told what to work on. */
import { isAbsolute } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import type { FunctionContext } from '../../plugin.ts'

/** One package of a repository; the version may be a condition such as `>=1.2`. */
export interface WantedPackage {
  readonly name: string
  readonly version?: string
}

export type PackageRequest =
  | { readonly kind: 'none' }
  | { readonly kind: 'repository'; readonly packages: readonly WantedPackage[] }
  | { readonly kind: 'file'; readonly files: readonly PackageFile[] }

export interface PackageFile {
  readonly name: string
  readonly path: string
}

export interface RequestArguments {
  readonly name?: string | undefined
  readonly pkgs?: readonly unknown[] | string | undefined
  readonly sources?: readonly unknown[] | undefined
  readonly version?: unknown
}

const packageItem = s.union([s.string(), s.record(s.any())])

/** Descriptions of the arguments, for the functions that take them. */
export const packageArguments = {
  name: s.optional(s.string('Name of the package; several are separated by commas')),
  pkgs: s.optional(
    s.union(
      [s.array(packageItem), s.string()],
      'Names of packages, or mappings of a name to a version; name is then ignored',
    ),
  ),
  sources: s.optional(s.array(packageItem, 'Mappings of a name to the path or URL of a package file')),
  version: s.optional(s.string('Version to install, where one package is named')),
}

export const changesSchema = s.record(s.any(), 'Name → `old` and `new` version')

/**
 * What a call is about. Throws `bad-arguments` for items that name nothing.
 *
 * @param normalize makes of a name what the package manager knows it by (`vim.x86_64` → `vim`).
 */
export async function packageRequest(
  ctx: FunctionContext,
  given: RequestArguments,
  normalize: (name: string) => string = (name) => name,
): Promise<PackageRequest> {
  const pkgs = given.pkgs === undefined ? [] : listed(given.pkgs)
  const sources = given.sources ?? []
  if (pkgs.length > 0 && sources.length > 0) {
    ctx.log.error('Only one of "pkgs" and "sources" can be used.')
    return { kind: 'none' }
  }
  if (pkgs.length > 0 || sources.length > 0) {
    if (given.version !== undefined && given.version !== '') {
      ctx.log.warning("'version' argument will be ignored for multiple package targets")
    }
  }
  if (pkgs.length > 0) return { kind: 'repository', packages: pkgs.flatMap((item) => wanted(item, normalize)) }
  if (sources.length > 0) return { kind: 'file', files: await packageFiles(ctx, sources) }
  const names = listed(given.name ?? '')
  if (names.length === 0) return { kind: 'none' }
  const version = given.version === undefined ? '' : pythonString(given.version)
  // A version says nothing about several packages.
  const item = names.length === 1 && version !== '' ? { version } : {}
  return { kind: 'repository', packages: names.map((name) => ({ name: normalize(String(name)), ...item })) }
}

/** Names of the packages of a call that may not name files. */
export async function packageNames(
  ctx: FunctionContext,
  given: Pick<RequestArguments, 'name' | 'pkgs'>,
  normalize?: (name: string) => string,
): Promise<readonly string[]> {
  const request = await packageRequest(ctx, given, normalize)
  return request.kind === 'repository' ? request.packages.map(({ name }) => name) : []
}

function listed(items: readonly unknown[] | string): readonly unknown[] {
  if (typeof items !== 'string') return items
  return items
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function wanted(item: unknown, normalize: (name: string) => string): WantedPackage[] {
  if (!isRecord(item)) return [{ name: normalize(pythonString(item)) }]
  return Object.entries(item).map(([name, version]) => ({
    name: normalize(name),
    ...(version === null || version === '' ? {} : { version: pythonString(version) }),
  }))
}

async function packageFiles(ctx: FunctionContext, sources: readonly unknown[]): Promise<PackageFile[]> {
  const files: PackageFile[] = []
  for (const item of sources) {
    if (!isRecord(item)) {
      throw new SaltError('bad-arguments', 'Each of "sources" must be a mapping of a name to a path or URL.')
    }
    for (const [name, source] of Object.entries(item)) {
      files.push({ name, path: await localFile(ctx, name, pythonString(source)) })
    }
  }
  return files
}

async function localFile(ctx: FunctionContext, name: string, source: string): Promise<string> {
  if (isAbsolute(source)) return source
  if (!/^(?:salt|https?|ftp|s3|swift|file):\/\//.test(source)) {
    throw new SaltError(
      'bad-arguments',
      `Path ${source} for package ${name} is either not absolute or an invalid protocol`,
    )
  }
  const path = await ctx.salt('cp.cache_file', [source])
  if (typeof path !== 'string' || path === '') {
    throw new SaltError('execution-failed', `The package file ${source} for ${name} could not be fetched.`)
  }
  return path
}
