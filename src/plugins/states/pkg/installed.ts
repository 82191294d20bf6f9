/** pkg.installed. */
import { isRecord } from '../../../base/narrow.ts'
import { pythonString } from '../../../base/python-repr.ts'
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
import { type InstalledWishes, managerOptions } from './arguments.ts'
import { type HoldAnswer, setHolds } from './holds.ts'
import { asItems, failure, forgetPackages, installedPackages, isRefreshDue, noteRefresh, shown } from './packages.ts'
import { alteredFiles, findTargets, isVerified, rulesOf, type Targets } from './targets.ts'
import { unknownNames } from './unknown-names.ts'
import { verified } from './versions.ts'

export async function planInstalled(ctx: StateContext, want: InstalledWishes): Promise<StatePlan> {
  const { pkgs, sources } = want
  if (pkgs?.length === 0) return right('No packages to install provided')
  if (pkgs !== undefined && sources !== undefined) {
    return impossible('Only one of "pkgs" and "sources" is permitted.')
  }
  if (sources?.some((item) => !isRecord(item)) === true) {
    return impossible("Invalidly formatted 'sources' parameter: each must be a mapping of a name to a path or URL.")
  }
  if (isVerified(want) && !(await hasFunction(ctx, 'pkg.verify'))) return impossible('pkg.verify not implemented')
  const targets = await findTargets(ctx, want)
  const plan =
    targets.install.size === 0 && targets.reinstall.size === 0
      ? await planHolds(ctx, want, targets)
      : await planInstall(ctx, want, targets)
  return targets.warnings.length === 0 ? plan : { ...plan, warnings: [...targets.warnings] }
}

/** Everything is there; only holds may have to change. */
async function planHolds(ctx: StateContext, want: InstalledWishes, targets: Targets): Promise<StatePlan> {
  const { hold } = want
  const already = `All specified packages are already installed${targets.hasVersions ? ' and are at the desired version' : ''}`
  if (hold === undefined || !(await hasFunction(ctx, 'pkg.hold'))) return right(already)
  const names = [...targets.wanted.keys()]
  const asked = await setHolds(ctx, names, hold, true)
  const comment = (answers: readonly HoldAnswer[]) => [already, ...answers.map((one) => one.comment)].join('.\n')
  if (asked.every(({ result }) => result === true)) return right(comment(asked))
  if (asked.some(({ result }) => result === false)) return impossible(comment(asked))
  return pending({
    comment: comment(asked),
    changes: {},
    async apply() {
      const answers = await setHolds(ctx, names, hold)
      const outcome = answers.every(({ result }) => result === true) ? done : failed
      return outcome(comment(answers), holdChanges(answers))
    },
  })
}

function holdChanges(answers: readonly HoldAnswer[]): Record<string, unknown> {
  const changed = answers.filter(({ changes }) => Object.keys(changes).length > 0)
  return Object.fromEntries(changed.map(({ name, changes }) => [name, changes]))
}

async function planInstall(ctx: StateContext, want: InstalledWishes, targets: Targets): Promise<StatePlan> {
  const { wanted, install, reinstall, altered } = targets
  const unknown = want.sources === undefined ? await unknownNames(ctx, [...install.keys()]) : []
  const label = (name: string): string => (want.sources === undefined ? shown(name, wanted) : name)
  const again = [...reinstall.keys()]
  const comments = [
    ...(install.size === 0
      ? []
      : [`The following packages would be installed/updated: ${[...install.keys()].join(', ')}`]),
    ...(unknown.length === 0
      ? []
      : [`The package lists of this machine, as they are now, do not have: ${unknown.join(', ')}`]),
    ...(again.length === 0 || !want.reinstall
      ? []
      : [`The following packages would be reinstalled: ${again.map(label).join(', ')}`]),
    ...[...altered].flatMap(([name, files]) => [
      `Package '${label(name)}' would be reinstalled because the following files have been altered:`,
      pythonString(files),
    ]),
  ]
  const changes = Object.fromEntries([
    ...[...install.keys(), ...(want.reinstall ? again : [])].map((name) => [name, { new: 'installed', old: '' }]),
    ...[...altered.keys()].map((name) => [name, {}]),
  ])
  return pending({ comment: comments.join('\n'), changes, apply: () => installTargets(ctx, want, targets) })
}

async function installTargets(ctx: StateContext, want: InstalledWishes, targets: Targets): Promise<StateOutcome> {
  const { wanted, install, reinstall } = targets
  const refresh = isRefreshDue(ctx, want.refresh)
  let report: Readonly<Record<string, unknown>>
  try {
    const answer = await ctx.salt('pkg.install', [], installKeywords(ctx, want, targets, refresh))
    report = isRecord(answer) ? answer : {}
  } catch (error) {
    ctx.signal.throwIfAborted()
    return failure(error, 'installing package(s)')
  } finally {
    forgetPackages(ctx)
    if (refresh) noteRefresh(ctx)
  }
  const answers = await holdAfter(ctx, want, [...wanted.keys()])
  const { found, missing } =
    want.sources === undefined
      ? await verified(ctx, wanted, await installedPackages(ctx), rulesOf(want))
      : {
          found: [...wanted.keys()].filter((name) => !install.has(name) || name in report),
          missing: [...install.keys()].filter((name) => !(name in report)),
        }
  const again = await reinstalled(ctx, want, [...reinstall.keys()], report)
  const label = (name: string): string => (want.sources === undefined ? shown(name, wanted) : name)
  const lost = missing.filter((name) => install.has(name))
  const comments = [
    ...(lost.length === 0 ? [] : [`The following packages failed to install/update: ${lost.map(label).join(', ')}`]),
    ...modifiedComment(found.filter((name) => install.has(name)).map(label)),
    ...answers.filter(({ changes }) => Object.keys(changes).length > 0).map(({ comment }) => comment),
    ...already(found.filter((name) => !install.has(name) && !reinstall.has(name)).map(label)),
    ...answers.filter(({ changes }) => Object.keys(changes).length === 0).map(({ comment }) => comment),
    ...again.map(({ name, worked }) =>
      worked ? `Package ${label(name)} was reinstalled.` : `Reinstall was not successful for package ${label(name)}.`,
    ),
  ]
  const isWell =
    lost.length === 0 && again.every(({ worked }) => worked) && answers.every(({ result }) => result !== false)
  return (isWell ? done : failed)(comments.join('\n'), withHolds(report, answers))
}

function installKeywords(ctx: StateContext, want: InstalledWishes, targets: Targets, refresh: boolean) {
  const { install, reinstall } = targets
  const names = new Set([...install.keys(), ...reinstall.keys()])
  const sources = want.sources?.filter((item) => isRecord(item) && Object.keys(item).some((name) => names.has(name)))
  return {
    refresh,
    skip_verify: want.skip_verify,
    ...(sources === undefined ? { pkgs: asItems(new Map([...install, ...reinstall])) } : { sources }),
    reinstall: reinstall.size > 0,
    normalize: want.normalize,
    update_holds: want.update_holds,
    saltenv: ctx.saltenv,
    ...(want.ignore_epoch === undefined ? {} : { ignore_epoch: want.ignore_epoch }),
    // apt refuses to touch what is held, where Salt always lets it go for the time of an install.
    ...(ctx.grains.os_family === 'Debian' && sources === undefined ? { hold: true } : {}),
    ...managerOptions(want),
  }
}

async function holdAfter(ctx: StateContext, { hold }: InstalledWishes, names: readonly string[]) {
  if (hold === undefined || !(await hasFunction(ctx, 'pkg.hold'))) return []
  return setHolds(ctx, names, hold)
}

async function reinstalled(
  ctx: StateContext,
  want: InstalledWishes,
  names: readonly string[],
  report: Readonly<Record<string, unknown>>,
) {
  const answers: { readonly name: string; readonly worked: boolean }[] = []
  for (const name of names) {
    const worked = want.reinstall ? name in report : (await alteredFiles(ctx, name, want)) === undefined
    answers.push({ name, worked })
  }
  return answers
}

function modifiedComment(labels: readonly string[]): string[] {
  if (labels.length === 0) return []
  const summary = labels.join(', ')
  if (summary.length < 20) return [`The following packages were installed/updated: ${summary}`]
  return [
    labels.length > 1
      ? `${labels.length} targeted packages were installed/updated.`
      : '1 targeted package was installed/updated.',
  ]
}

function already(labels: readonly string[]): string[] {
  if (labels.length === 0) return []
  if (labels.length <= 20) return [`The following packages were already installed: ${labels.join(', ')}`]
  return [`${labels.length} targeted packages were already installed`]
}

/** Salt tells holds below the versions, in the same texts. */
function withHolds(report: Readonly<Record<string, unknown>>, answers: readonly HoldAnswer[]): Record<string, unknown> {
  const changes: Record<string, unknown> = { ...report }
  for (const [name, change] of Object.entries(holdChanges(answers))) {
    const known = changes[name]
    if (!isRecord(change)) continue
    changes[name] = isRecord(known)
      ? { old: stacked(known.old, change.old), new: stacked(known.new, change.new) }
      : { new: pythonString(change.new) }
  }
  return changes
}

function stacked(version: unknown, state: unknown): string {
  const first = version === undefined ? '' : String(version)
  return first === '' ? String(state) : `${first}\n${String(state)}`
}
