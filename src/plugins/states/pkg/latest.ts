/** pkg.latest and pkg.uptodate. */
import { isRecord } from '../../../base/narrow.ts'
import { compareText } from '../../../base/text.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { hasFunction } from '../../../engine/state/functions-here.ts'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type StateOutcome,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { type LatestWishes, managerOptions, type UptodateWishes } from './arguments.ts'
import { failure, forgetPackages, installedPackages, isRefreshDue, noteRefresh, wantedPackages } from './packages.ts'

interface Newer {
  /** Name → the version to install. */
  readonly targets: ReadonlyMap<string, string>
  readonly upToDate: readonly string[]
}

export async function planLatest(ctx: StateContext, want: LatestWishes): Promise<StatePlan> {
  if (want.sources !== undefined) return impossible('The "sources" parameter is not supported.')
  if (want.pkgs?.length === 0) return right('No packages to install provided')
  const names = [...(await wantedPackages(ctx, { name: want.name, pkgs: want.pkgs, normalize: false })).keys()]
  const available = await newerVersions(ctx, want, names)
  const installed = await installedPackages(ctx)
  const current = (name: string): string => (installed[name] ?? []).join(',')
  const unknown = names.filter((name) => available.get(name) === '' && current(name) === '')
  if (unknown.length > 0) return impossible(unknown.map((name) => `No information found for '${name}'.`).join(' '))
  const targets = new Map([...available].filter(([, version]) => version !== ''))
  const upToDate = names.filter((name) => !targets.has(name)).sort(compareText)
  if (targets.size === 0) return right(upToDateComment(names))
  const sorted = [...targets.keys()].sort(compareText)
  const comments = [`The following packages would be installed/upgraded: ${sorted.join(', ')}`]
  if (upToDate.length > 10) comments.push(`${upToDate.length} packages are already up-to-date`)
  else if (upToDate.length > 0) {
    const listed = upToDate.map((name) => `${name} (${current(name)})`).join(', ')
    comments.push(`The following packages are already up-to-date: ${listed}`)
  }
  const changes = Object.fromEntries(
    [...targets].map(([name, version]) => [name, { new: version, old: current(name) }]),
  )
  return pending({ comment: comments.join('\n'), changes, apply: () => upgrade(ctx, want, { targets, upToDate }) })
}

function upToDateComment(names: readonly string[]): string {
  if (names.length > 10) return `All ${names.length} packages are up-to-date.`
  if (names.length > 1) return `All packages are up-to-date (${names.toSorted(compareText).join(', ')}).`
  return `Package ${names[0]} is already up-to-date`
}

/** Name → the newer version, or empty text. A dry run takes the lists of packages as they are. */
async function newerVersions(
  ctx: StateContext,
  want: LatestWishes,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const refresh = !ctx.run.isTest && isRefreshDue(ctx, want.refresh)
  const answer = await ctx.salt('pkg.latest_version', names, { refresh, ...managerOptions(want) })
  if (refresh) noteRefresh(ctx)
  const versions = isRecord(answer) ? answer : { [names[0] ?? '']: answer }
  return new Map(names.map((name) => [name, String(versions[name] ?? '')]))
}

async function upgrade(ctx: StateContext, want: LatestWishes, { targets, upToDate }: Newer): Promise<StateOutcome> {
  let changes: Record<string, unknown>
  try {
    const answer = await ctx.salt('pkg.install', [], {
      refresh: false,
      skip_verify: want.skip_verify,
      pkgs: [...targets.keys()],
      saltenv: ctx.saltenv,
      ...managerOptions(want),
    })
    changes = isRecord(answer) ? answer : {}
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failure(error, 'installing package(s)')
  } finally {
    forgetPackages(ctx)
  }
  const names = [...targets.keys()].sort(compareText)
  const rest =
    upToDate.length === 0
      ? []
      : upToDate.length > 10
        ? [`${upToDate.length} packages were already up-to-date`]
        : [`The following packages were already up-to-date: ${upToDate.join(', ')}`]
  if (Object.keys(changes).length === 0) return failed([nothingDone(names), ...rest].join(' '))
  const lost = names.filter((name) => !isUpgraded(changes[name], targets.get(name) ?? ''))
  const well = names.filter((name) => !lost.includes(name))
  const comments = [
    ...(lost.length === 0 ? [] : [`The following packages failed to update: ${lost.join(', ')}`]),
    ...(well.length === 0 ? [] : [`The following packages were successfully installed/upgraded: ${well.join(', ')}`]),
    ...rest,
  ]
  return (lost.length === 0 ? done : failed)(comments.join(' '), changes)
}

function isUpgraded(change: unknown, version: string): boolean {
  return isRecord(change) && String(change.new).split(',').includes(version)
}

function nothingDone(names: readonly string[]): string {
  if (names.length > 10) return `${names.length} targeted packages failed to update. See debug log for details.`
  if (names.length === 1) return `Package ${names[0]} failed to update.`
  return `The following targeted packages failed to update. See debug log for details: (${names.join(', ')}).`
}

export async function planUptodate(ctx: StateContext, want: UptodateWishes): Promise<StatePlan> {
  if (!(await hasFunction(ctx, 'pkg.list_upgrades'))) return impossible('State pkg.uptodate is not available')
  const { pkgs } = want
  const more = {
    ...managerOptions(want),
    ...(want.dist_upgrade === undefined ? {} : { dist_upgrade: want.dist_upgrade }),
  }
  const refresh = want.refresh && !ctx.run.isTest
  const answer = await ctx.salt('pkg.list_upgrades', [], { refresh, ...accepted(ctx, more) })
  if (refresh) noteRefresh(ctx)
  const upgrades = Object.entries(isRecord(answer) ? answer : {}).filter(([name]) => pkgs?.includes(name) ?? true)
  if (upgrades.length === 0) return right('System is already up-to-date')
  const installed = await installedPackages(ctx)
  const changes = Object.fromEntries(
    upgrades.map(([name, version]) => [name, { new: version, old: (installed[name] ?? []).join(',') }]),
  )
  return pending({
    comment: 'System update will be performed',
    changes,
    apply: () =>
      upgradeAll(ctx, Object.keys(changes), { refresh: false, ...(pkgs === undefined ? {} : { pkgs }), ...more }),
  })
}

/** Options that only say how an upgrade is done mean nothing to the question what there is. */
function accepted(ctx: StateContext, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { cache_valid_time, fromrepo, dist_upgrade } = more
  const isApt = ctx.grains.os_family === 'Debian'
  const known = isApt ? { cache_valid_time, fromrepo, dist_upgrade } : { fromrepo }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

async function upgradeAll(
  ctx: StateContext,
  names: readonly string[],
  keywords: Readonly<Record<string, unknown>>,
): Promise<StateOutcome> {
  try {
    const answer = await ctx.salt('pkg.upgrade', [], keywords)
    const changes = isRecord(answer) ? answer : {}
    // apk tells how it went beside the changes.
    if (typeof changes.result === 'boolean' && isRecord(changes.changes) && !changes.result) {
      return failed(String(changes.comment), changes.changes)
    }
    const shown = isRecord(changes.changes) && typeof changes.result === 'boolean' ? changes.changes : changes
    const missing = keywords.pkgs === undefined ? [] : names.filter((name) => !(name in shown))
    if (missing.length === 0) return done('Upgrade ran successfully', shown)
    return failed(`The following package(s) failed to update: ${missing.join(', ')}`, shown)
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failure(error, 'updating packages')
  } finally {
    forgetPackages(ctx)
  }
}
