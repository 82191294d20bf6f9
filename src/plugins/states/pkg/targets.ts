/** What pkg.installed has to install. */
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import type { InstalledWishes } from './arguments.ts'
import { installedPackages, isRefreshDue, noteRefresh, type Versions, type Wanted, wantedPackages } from './packages.ts'
import { fulfills, type VersionRules } from './versions.ts'

export interface Targets {
  /** All that is wanted, with `latest` as the version that it is. */
  readonly wanted: Wanted
  readonly install: Wanted
  readonly reinstall: Wanted
  /** Whether a version was named. */
  readonly hasVersions: boolean
  /** Name → files that differ from what the package brought. */
  readonly altered: ReadonlyMap<string, unknown>
  readonly warnings: readonly string[]
}

export function rulesOf(want: InstalledWishes): VersionRules {
  return { ignoreEpoch: want.ignore_epoch, allowUpdates: want.allow_updates && want.sources === undefined }
}

export async function findTargets(ctx: StateContext, want: InstalledWishes): Promise<Targets> {
  const installed = await installedPackages(ctx)
  const given = await wantedPackages(ctx, want)
  const wanted = want.sources === undefined ? await withLatest(ctx, given, installed, want) : given
  const install = new Map<string, string | undefined>()
  const reinstall = new Map<string, string | undefined>()
  const altered = new Map<string, unknown>()
  const warnings: string[] = []
  for (const [name, version] of wanted) {
    const versions = installed[name] ?? []
    if (versions.length === 0) install.set(name, version)
    else if (want.reinstall) reinstall.set(name, version)
    else if (!(await isRight(ctx, { name, version, versions, want, warnings }))) install.set(name, version)
    else if (isVerified(want)) {
      const files = await alteredFiles(ctx, name, want)
      if (files === undefined) continue
      reinstall.set(name, version)
      altered.set(name, files)
    }
  }
  const hasVersions = want.sources === undefined && [...wanted.values()].some((version) => version !== undefined)
  return { wanted, install, reinstall, altered, hasVersions, warnings }
}

/** `latest` becomes the version that it means, or any where nothing newer is known. */
async function withLatest(
  ctx: StateContext,
  given: Wanted,
  installed: Versions,
  want: InstalledWishes,
): Promise<Wanted> {
  const names = [...given].filter(([, version]) => version === 'latest').map(([name]) => name)
  if (names.length === 0) return given
  const refresh = !ctx.run.isTest && isRefreshDue(ctx, want.refresh)
  const answer = await ctx.salt('pkg.latest_version', names, { refresh })
  if (refresh) noteRefresh(ctx)
  const versions = isRecord(answer) ? answer : { [names[0] ?? '']: answer }
  const resolved = names.map((name) => [name, String(versions[name] ?? '') || installed[name]?.at(-1)] as const)
  return new Map([...given, ...resolved])
}

interface Question {
  readonly name: string
  readonly version: string | undefined
  readonly versions: readonly string[]
  readonly want: InstalledWishes
  readonly warnings: string[]
}

async function isRight(ctx: StateContext, { name, version, versions, want, warnings }: Question): Promise<boolean> {
  if (version === undefined) return true
  if (want.sources === undefined) return fulfills(ctx, versions, version, rulesOf(want))
  const inFile = await versionInFile(ctx, version)
  if (inFile !== undefined)
    return fulfills(ctx, versions, inFile, { ignoreEpoch: want.ignore_epoch, allowUpdates: false })
  warnings.push(`Failed to parse metadata for ${version}, which brings ${name}`)
  return true
}

/** The version of a package file; undefined where it cannot be told. */
async function versionInFile(ctx: StateContext, source: string): Promise<string | undefined> {
  if (!(await hasFunction(ctx, 'lowpkg.bin_pkg_info'))) return undefined
  const info = await ctx.salt('lowpkg.bin_pkg_info', [source], { saltenv: ctx.saltenv })
  return isRecord(info) && typeof info.version === 'string' ? info.version : undefined
}

export function isVerified({ pkg_verify: verify }: InstalledWishes): boolean {
  return verify === true || Array.isArray(verify)
}

/** Undefined where all files are as the package brought them. */
export async function alteredFiles(ctx: StateContext, name: string, { pkg_verify: verify }: InstalledWishes) {
  const options = Object.assign({}, ...(Array.isArray(verify) ? verify.filter(isRecord) : []))
  const { ignore_types, verify_options } = options
  const files = await ctx.salt('pkg.verify', [name], {
    ...(ignore_types === undefined ? {} : { ignore_types }),
    ...(verify_options === undefined ? {} : { verify_options }),
  })
  return isRecord(files) && Object.keys(files).length > 0 ? files : undefined
}
