/** Which packages there are, as the states of one run share it, and which are wanted. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { PackageFault } from '../../../engine/functions/packages/package-table.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import { failed, type StateOutcome } from '../../../engine/state/plan.ts'

/** Name → versions. */
export type Versions = Readonly<Record<string, readonly string[]>>

/** Name → version or conditions; undefined for any. */
export type Wanted = ReadonlyMap<string, string | undefined>

const listed = 'pkg.list_pkgs'
const refreshed = 'pkg.refreshed'

/** Listed once for all states of a run, until one of them changes packages. */
export async function installedPackages(ctx: StateContext): Promise<Versions> {
  const known = ctx.run.memory.get(listed)
  if (known !== undefined) return known as Versions
  const found = await ctx.salt('pkg.list_pkgs', [], { versions_as_list: true })
  if (!isRecord(found)) throw new SaltError('execution-failed', 'pkg.list_pkgs gave no list')
  ctx.run.memory.set(listed, found)
  return found as Versions
}

export function forgetPackages(ctx: StateContext): void {
  ctx.run.memory.delete(listed)
}

/** Packages that left their configuration; only dpkg knows such. */
export async function leftPackages(ctx: StateContext): Promise<Versions> {
  if (ctx.grains.os_family !== 'Debian') return {}
  const found = await ctx.salt('pkg.list_pkgs', [], { versions_as_list: true, removed: true })
  return isRecord(found) ? (found as Versions) : {}
}

/** Whether to fetch the lists of packages: as the state says, or once in a run. */
export function isRefreshDue(ctx: StateContext, asked: boolean | undefined): boolean {
  return asked ?? !ctx.run.memory.has(refreshed)
}

export function noteRefresh(ctx: StateContext): void {
  ctx.run.memory.set(refreshed, true)
}

interface Request {
  readonly name: string
  readonly version?: unknown
  readonly pkgs?: readonly unknown[] | undefined
  readonly sources?: readonly unknown[] | undefined
  readonly normalize?: boolean
}

/** What a state names, each name as the package manager knows it. Sources stand in place of versions. */
export async function wantedPackages(ctx: StateContext, request: Request): Promise<Wanted> {
  const { name, version, pkgs, sources, normalize = true } = request
  const items = pkgs ?? sources ?? [version === undefined || version === '' ? name : { [name]: version }]
  const known = normalize && (await hasFunction(ctx, 'pkg.normalize_name'))
  const wanted = new Map<string, string | undefined>()
  for (const [one, what] of items.flatMap(pairs)) {
    const plain = known ? await ctx.salt('pkg.normalize_name', [one]) : one
    wanted.set(pythonString(plain), what === null || what === '' ? undefined : pythonString(what))
  }
  return wanted
}

function pairs(item: unknown): [string, unknown][] {
  return isRecord(item) ? Object.entries(item) : [[pythonString(item), null]]
}

/** As the functions of `pkg` take them. */
export function asItems(wanted: Wanted): unknown[] {
  return [...wanted].map(([name, version]) => (version === undefined ? name : { [name]: version }))
}

/** `name = version`, `name >= 1.2`: how Salt names what is wanted. */
export function shown(name: string, wanted: Wanted): string {
  const version = wanted.get(name)
  if (version === undefined) return name
  return /^[<>=!]/.test(version) ? `${name}${version}` : `${name}=${version}`
}

/** What is known of the changes of a call that failed half-way; anything else is told behind `doing`. */
export function failure(error: unknown, doing: string): StateOutcome {
  if (error instanceof PackageFault) return failed(error.summary, error.changes)
  const reason = error instanceof Error ? error.message : String(error)
  return failed(`An error was encountered while ${doing}: ${reason}`)
}
