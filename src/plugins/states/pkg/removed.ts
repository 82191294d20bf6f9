/** pkg.removed and pkg.purged. */
import { isRecord } from '../../../base/narrow.ts'
import { compareText } from '../../../base/text.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { done, failed, pending, right, type StateOutcome, type StatePlan } from '../../../engine/state/plan.ts'
import type { RemovedWishes } from './arguments.ts'
import {
  failure,
  forgetPackages,
  installedPackages,
  leftPackages,
  shown,
  type Wanted,
  wantedPackages,
} from './packages.ts'
import { fulfills } from './versions.ts'

type Action = 'remove' | 'purge'

export async function planRemoval(ctx: StateContext, want: RemovedWishes, action: Action): Promise<StatePlan> {
  const wanted = await wantedPackages(ctx, want)
  const installed = await installedPackages(ctx)
  const targets = new Set<string>()
  for (const [name, version] of wanted) {
    const versions = installed[name] ?? []
    if (versions.length === 0) continue
    const rules = { ignoreEpoch: want.ignore_epoch, allowUpdates: false }
    if (version === undefined || (await fulfills(ctx, versions, version, rules))) targets.add(name)
  }
  if (action === 'purge') {
    const left = await leftPackages(ctx)
    for (const name of wanted.keys()) if (name in left) targets.add(name)
  }
  if (targets.size === 0) return right(nothingToDo(wanted, action))
  const names = [...targets].sort(compareText)
  return pending({
    comment: `The following packages will be ${action}d: ${names.join(', ')}.`,
    changes: Object.fromEntries(names.map((name) => [name, { new: `${action}d`, old: '' }])),
    apply: () => remove(ctx, wanted, names, action),
  })
}

function nothingToDo(wanted: Wanted, action: Action): string {
  if (action === 'purge') return 'None of the targeted packages are installed or partially installed'
  const hasVersions = [...wanted.values()].some((version) => version !== undefined)
  return `All specified packages${hasVersions ? ' (matching specified versions)' : ''} are already absent`
}

async function remove(
  ctx: StateContext,
  wanted: Wanted,
  targets: readonly string[],
  action: Action,
): Promise<StateOutcome> {
  let changes: Record<string, unknown>
  try {
    const answer = await ctx.salt(`pkg.${action}`, [], { pkgs: [...targets] })
    changes = isRecord(answer) ? answer : {}
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failure(error, action === 'purge' ? 'purging package(s)' : 'removing package(s)')
  } finally {
    forgetPackages(ctx)
  }
  const installed = await installedPackages(ctx)
  const left = action === 'purge' ? await leftPackages(ctx) : {}
  const lost = targets.filter((name) => name in installed || name in left)
  if (lost.length > 0) {
    return failed(
      `The following packages failed to ${action}: ${lost.map((name) => shown(name, wanted)).join(', ')}.`,
      changes,
    )
  }
  const absent = [...wanted.keys()].filter((name) => !targets.includes(name)).sort(compareText)
  if (absent.length === 0) return done(`All targeted packages were ${action}d.`, changes)
  const comment = `The following packages were not installed: ${absent.join(', ')} The following packages were ${action}d: ${targets.join(', ')}.`
  return done(comment, changes)
}
