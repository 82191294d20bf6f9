/** pkg.install. */
import { s } from '../../../base/schema.ts'
import { compareDebianVersions } from '../../../engine/functions/packages/debian-version.ts'
import { type InstallPlan, planInstall } from '../../../engine/functions/packages/install-plan.ts'
import {
  changesSchema,
  type PackageRequest,
  packageArguments,
  packageRequest,
  type WantedPackage,
} from '../../../engine/functions/packages/package-request.ts'
import {
  changesBetween,
  type PackageTable,
  packageFault,
  versionText,
} from '../../../engine/functions/packages/package-table.ts'
import { withoutEpoch } from '../../../engine/functions/packages/version-order.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { aptFault, aptGet, installedTable, normalizeName, runApt } from './dpkg.ts'
import { changeHolds, heldPackages } from './holds.ts'
import { refreshIndexes } from './refresh.ts'
import { latestVersions, offeredVersions } from './versions.ts'

export const confArguments = {
  force_conf_new: s.withDefault(s.boolean('Take new configuration files in place of changed ones'), false),
}

/** What dpkg does about configuration files that were changed here. */
export function confOptions(forceNew: boolean): string[] {
  const choices = forceNew ? ['--force-confnew'] : ['--force-confold', '--force-confdef']
  return choices.flatMap((choice) => ['-o', `DPkg::Options::=${choice}`])
}

const installArguments = {
  name: packageArguments.name,
  refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false),
  fromrepo: s.optional(s.string('Release to take packages from, such as bookworm-backports')),
  skip_verify: s.withDefault(s.boolean('Take packages that are not signed'), false),
  debconf: s.optional(s.path('File with answers for debconf, to load first')),
  pkgs: packageArguments.pkgs,
  sources: packageArguments.sources,
  reinstall: s.withDefault(s.boolean('Install again what is installed in that version'), false),
  downloadonly: s.withDefault(s.boolean('Only fetch the packages'), false),
  ignore_epoch: s.withDefault(s.boolean('Compare versions without what stands before the colon'), false),
  version: packageArguments.version,
  only_upgrade: s.withDefault(s.boolean('Only where an older version is installed'), false),
  force_yes: s.withDefault(s.boolean('Go on even where that may do harm'), false),
  ...confArguments,
  install_recommends: s.optional(s.boolean('Whether recommended packages are installed too')),
  cache_valid_time: s.withDefault(s.seconds('Do not refresh where the lists are younger than this'), 0),
  hold: s.withDefault(s.boolean('Release what is held for this, and hold it again'), false),
}

function comparison(ignoreEpoch: boolean): typeof compareDebianVersions {
  return ignoreEpoch ? (a, b) => compareDebianVersions(withoutEpoch(a), withoutEpoch(b)) : compareDebianVersions
}

/** A refresh is of no use where the wanted versions are what apt would install anyway. */
async function needsRefresh(ctx: FunctionContext, request: PackageRequest): Promise<boolean> {
  if (request.kind !== 'repository') return request.kind === 'file'
  if (request.packages.some(({ version }) => version === undefined)) return true
  const names = request.packages.map(({ name }) => name)
  const latest = await latestVersions(ctx, names, { showInstalled: true })
  return request.packages.some(({ name, version }) => latest.get(name) !== version)
}

export const installFunctions = {
  install: fn({
    doc: 'Install packages, by name from the repositories or from package files. Gives what has changed.',
    args: installArguments,
    extra: s.any('Further arguments, without effect here'),
    returns: changesSchema,
    examples: [
      "salt '*' pkg.install vim",
      "salt '*' pkg.install pkgs='[vim, {curl: \">=7.88\"}]' refresh=true",
      "salt '*' pkg.install sources='[{hello: salt://hello_1.0_all.deb}]'",
    ],
    async run(ctx, args, { extra }) {
      const request = await packageRequest(ctx, args, (name) => normalizeName(ctx, name))
      if (request.kind === 'none') return {}
      const refresh = args.refresh && (await needsRefresh(ctx, request))
      if (args.debconf !== undefined) await ctx.salt('debconf.set_file', [args.debconf])
      if (refresh) await refreshIndexes(ctx, { cacheSeconds: args.cache_valid_time })
      const before = await installedTable(ctx)
      const plan = request.kind === 'repository' ? await aptPlan(ctx, request.packages, before, args) : undefined
      const fromrepo = args.fromrepo ?? (typeof extra.repo === 'string' ? extra.repo : undefined)
      const commands =
        plan !== undefined
          ? aptCommands(plan, { ...args, fromrepo })
          : request.kind === 'file'
            ? [
                dpkgCommand(
                  request.files.map(({ path }) => path),
                  args,
                ),
              ]
            : []
      return execute(ctx, {
        commands,
        before,
        again: [...(plan?.reinstall.keys() ?? [])],
        errors: plan?.errors ?? [],
        ...args,
      })
    },
  }),
}

function aptPlan(
  ctx: FunctionContext,
  packages: readonly WantedPackage[],
  installed: PackageTable,
  { reinstall, ignore_epoch }: { readonly reinstall: boolean; readonly ignore_epoch: boolean },
): Promise<InstallPlan> {
  return planInstall(ctx, packages, {
    installed,
    reinstall,
    compare: comparison(ignore_epoch),
    offered: offeredVersions,
    word: (name, version) => `${name}=${version}`,
  })
}

interface AptOptions {
  readonly skip_verify: boolean
  readonly force_conf_new: boolean
  readonly force_yes: boolean
  readonly only_upgrade: boolean
  readonly downloadonly: boolean
  readonly install_recommends?: boolean | undefined
  readonly fromrepo: string | undefined
}

interface InstallCommand {
  readonly argv: readonly string[]
  /** Names that it is about. */
  readonly names: readonly string[]
}

function aptCommands(plan: InstallPlan, options: AptOptions): InstallCommand[] {
  const base = [
    ...aptGet,
    ...(options.force_yes ? ['--allow-downgrades', '--allow-remove-essential', '--allow-change-held-packages'] : []),
    ...confOptions(options.force_conf_new),
    ...(options.install_recommends === undefined
      ? []
      : [options.install_recommends ? '--install-recommends' : '--no-install-recommends']),
    ...(options.only_upgrade ? ['--only-upgrade'] : []),
    ...(options.skip_verify ? ['--allow-unauthenticated'] : []),
    ...(options.fromrepo === undefined ? [] : ['-t', options.fromrepo]),
    ...(options.downloadonly ? ['--download-only'] : []),
  ]
  const command = (flags: readonly string[], targets: readonly string[]): InstallCommand[] =>
    targets.length === 0
      ? []
      : [
          {
            argv: [...base, ...flags, 'install', ...targets],
            names: targets.map((target) => target.replace(/=.*$/, '')),
          },
        ]
  return [
    ...command([], plan.install),
    ...command(options.force_yes ? [] : ['--allow-downgrades'], plan.downgrade),
    ...command(['--reinstall'], [...plan.reinstall.values()]),
  ]
}

function dpkgCommand(
  files: readonly string[],
  options: Pick<AptOptions, 'force_conf_new' | 'skip_verify'>,
): InstallCommand {
  const flags = [
    options.force_conf_new ? '--force-confnew' : '--force-confold',
    ...(options.skip_verify ? ['--force-bad-verify'] : []),
  ]
  return { argv: ['dpkg', '-i', ...flags, ...files], names: [] }
}

interface Execution {
  readonly commands: readonly InstallCommand[]
  readonly before: PackageTable
  /** Packages that are shown even where their version stays. */
  readonly again: readonly string[]
  readonly errors: readonly string[]
  readonly hold: boolean
}

async function execute(ctx: FunctionContext, { commands, before, again, errors, hold }: Execution) {
  const faults = [...errors]
  const names = commands.flatMap((command) => command.names)
  const held = hold ? (await heldPackages(ctx)).filter((name) => names.includes(name)) : []
  if (held.length > 0) await changeHolds(ctx, held, 'install')
  for (const { argv } of commands) {
    const result = await runApt(ctx, argv)
    if (result.retcode !== 0) faults.push(aptFault(result))
  }
  if (held.length > 0) await changeHolds(ctx, held, 'hold')
  const after = commands.length === 0 ? before : await installedTable(ctx)
  const changes = changesBetween(before, after)
  for (const name of again) changes[name] ??= { old: versionText(before, name), new: versionText(after, name) }
  if (faults.length > 0) throw packageFault('Problem encountered installing package(s)', faults, changes)
  return changes
}
