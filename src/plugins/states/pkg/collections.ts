/** States of `pkg` that only some package managers can: pkg.downloaded, patches, groups. */
import { isRecord } from '../../../base/narrow.ts'
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
import { type DownloadedWishes, type GroupWishes, managerOptions, type PatchWishes } from './arguments.ts'
import { asItems, failure, forgetPackages, installedPackages, shown, type Wanted, wantedPackages } from './packages.ts'
import { fulfills } from './versions.ts'

export async function planDownloaded(ctx: StateContext, want: DownloadedWishes): Promise<StatePlan> {
  if (!(await hasFunction(ctx, 'pkg.list_downloaded'))) {
    return impossible('The pkg.downloaded state is not available on this platform')
  }
  if (want.pkgs?.length === 0) return right('No packages to download provided')
  const wanted = await wantedPackages(ctx, want)
  const targets = await notDownloaded(ctx, wanted, want)
  if (targets.size === 0) {
    const hasVersions = [...wanted.values()].some((version) => version !== undefined)
    return right(`All specified packages${hasVersions ? ' (matching specified versions)' : ''} are already downloaded`)
  }
  return pending({
    comment: `The following packages would be downloaded: ${[...targets.keys()].join(', ')}`,
    changes: {},
    apply: () => download(ctx, want, targets),
  })
}

async function notDownloaded(ctx: StateContext, wanted: Wanted, { ignore_epoch: ignoreEpoch }: DownloadedWishes) {
  const found = await ctx.salt('pkg.list_downloaded')
  const files: Record<string, unknown> = isRecord(found) ? found : {}
  const targets = new Map<string, string | undefined>()
  for (const [name, version] of wanted) {
    const known = files[name]
    const versions = isRecord(known) ? Object.keys(known) : []
    const isThere =
      version === undefined
        ? versions.length > 0
        : await fulfills(ctx, versions, version, { ignoreEpoch, allowUpdates: false })
    if (!isThere) targets.set(name, version)
  }
  return targets
}

async function download(ctx: StateContext, want: DownloadedWishes, targets: Wanted): Promise<StateOutcome> {
  let changes: Record<string, unknown>
  try {
    const answer = await ctx.salt('pkg.install', [], {
      pkgs: asItems(targets),
      downloadonly: true,
      ...(want.ignore_epoch === undefined ? {} : { ignore_epoch: want.ignore_epoch }),
      ...managerOptions(want),
    })
    changes = isRecord(answer) ? answer : {}
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failure(error, 'downloading package(s)')
  }
  const lost = [...(await notDownloaded(ctx, targets, want)).keys()]
  if (lost.length > 0) {
    return failed(
      `The following packages failed to download: ${lost.map((name) => shown(name, targets)).join(', ')}`,
      changes,
    )
  }
  return done(`Packages downloaded: ${[...targets.keys()].join(', ')}`, changes)
}

/** pkg.patch_installed and pkg.patch_downloaded. */
export async function planPatches(ctx: StateContext, want: PatchWishes, isDownload: boolean): Promise<StatePlan> {
  const { name, advisory_ids: ids } = want
  if (!(await hasFunction(ctx, 'pkg.list_patches'))) {
    return impossible(
      `The pkg.patch_${isDownload ? 'downloaded' : 'installed'} state is not available on this platform`,
    )
  }
  if (ids?.length === 0) return right('No advisory ids provided')
  const found = await ctx.salt('pkg.list_installed_patches')
  const installed = isRecord(found) ? found : {}
  const targets = (ids ?? [name]).filter((id) => installed[id] === undefined)
  if (targets.length === 0) {
    return right(
      ids === undefined
        ? `Advisory patch ${name} is already installed`
        : 'All specified advisory patches are already installed',
    )
  }
  return pending({
    comment: `The following advisory patches would be downloaded: ${targets.join(', ')}`,
    changes: {},
    async apply() {
      try {
        const keywords = { advisory_ids: targets, downloadonly: isDownload, ...managerOptions(want) }
        const answer = await ctx.salt('pkg.install', [], keywords)
        const changes = isRecord(answer) ? answer : {}
        if (Object.keys(changes).length > 0) return done('', changes)
        const what = isDownload ? 'downloaded' : 'installed'
        return done(`Advisory patch is not needed or related packages are already ${what}`)
      } catch (error) {
        ctx.signal.throwIfAborted()
        return failure(error, 'downloading package(s)')
      } finally {
        forgetPackages(ctx)
      }
    },
  })
}

type GroupPart = Readonly<Record<'installed' | 'not installed', readonly string[]>>

export async function planGroup(ctx: StateContext, want: GroupWishes): Promise<StatePlan> {
  const { name, skip = [], include = [] } = want
  if (!(await hasFunction(ctx, 'pkg.group_diff')))
    return impossible('pkg.group_install not available for this platform')
  const diff = (await ctx.salt('pkg.group_diff', [name], managerOptions(want))) as Readonly<Record<string, GroupPart>>
  const part = (kind: string, state: keyof GroupPart): readonly string[] => diff[kind]?.[state] ?? []
  const needed = [...part('mandatory', 'installed'), ...part('mandatory', 'not installed')]
  const refused = needed.filter((one) => skip.includes(one))
  if (refused.length > 0) return impossible(`The following mandatory packages cannot be skipped: ${refused.join(', ')}`)
  const others = part('default', 'not installed').filter((one) => !skip.includes(one))
  const targets = [...new Set([...part('mandatory', 'not installed'), ...others, ...include])]
  const installed = await installedPackages(ctx)
  const missing = targets.filter((one) => !(one in installed))
  if (missing.length === 0) return right(`Group '${name}' is already installed`)
  const isPart = ['mandatory', 'default', 'optional'].some((kind) => part(kind, 'installed').length > 0)
  return pending({
    comment: isPart
      ? `Group '${name}' is partially installed and will be updated`
      : `Group '${name}' will be installed`,
    changes: {},
    apply: () => installGroup(ctx, want, missing, isPart ? 'updated' : 'installed'),
  })
}

async function installGroup(
  ctx: StateContext,
  want: GroupWishes,
  targets: readonly string[],
  what: string,
): Promise<StateOutcome> {
  const { name } = want
  let changes: Record<string, unknown>
  try {
    const answer = await ctx.salt('pkg.install', [], { pkgs: [...targets], ...managerOptions(want) })
    changes = isRecord(answer) ? answer : {}
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failure(error, `installing/updating group '${name}'`)
  } finally {
    forgetPackages(ctx)
  }
  const installed = await installedPackages(ctx)
  const lost = targets.filter((one) => !(one in installed))
  if (lost.length > 0) return failed(`Failed to install the following packages: ${lost.join(', ')}`, changes)
  return done(`Group '${name}' was ${what}`, changes)
}
