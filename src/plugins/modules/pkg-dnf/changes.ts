/** Functions of `pkg` that install, remove and upgrade. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { otherArguments } from '../../../engine/functions/packages/answers.ts'
import { changePackages, removePackages } from '../../../engine/functions/packages/common-functions.ts'
import { planInstall } from '../../../engine/functions/packages/install-plan.ts'
import {
  changesSchema,
  packageArguments,
  packageNames,
  packageRequest,
} from '../../../engine/functions/packages/package-request.ts'
import { faultText, versionText } from '../../../engine/functions/packages/package-table.ts'
import { normalizeRpmName, rpmTable } from '../../../engine/functions/packages/rpm.ts'
import { compareRpmVersions } from '../../../engine/functions/packages/rpm-version.ts'
import { withoutEpoch } from '../../../engine/functions/packages/version-order.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { heldNames, lock, unlock } from './locks.ts'
import { programOf, repositoryOptions, runDnf } from './program.ts'
import { offeredVersions, refreshRepositories } from './versions.ts'

const { name, pkgs, sources, version } = packageArguments
const skipVerify = s.withDefault(s.boolean('Take packages that are not signed'), false)
const repositories = s.any('fromrepo, enablerepo, disablerepo, disableexcludes, branch, setopt; advisory_ids')

function commonOptions(
  ctx: FunctionContext,
  args: { readonly skip_verify: boolean; readonly downloadonly?: boolean },
  given: Readonly<Record<string, unknown>>,
) {
  return [
    ...repositoryOptions(ctx.grains, given),
    ...(args.skip_verify ? ['--nogpgcheck'] : []),
    ...(args.downloadonly === true ? ['--downloadonly'] : []),
  ]
}

/** `name-version`, with the architecture at the end where the name has one. */
function packageWord(full: string, wanted: string): string {
  const [, base = full, arch = ''] =
    /^(.+)(\.(?:noarch|x86_64|i[3-6]86|aarch64|ppc64le|s390x|armv7hl|riscv64))$/.exec(full) ?? []
  return `${base}-${wanted.replace(/^0:/, '')}${arch}`
}

const removeFunction = fn({
  doc: 'Remove packages. Names may be shell-style patterns.',
  args: { name, pkgs },
  extra: otherArguments,
  returns: changesSchema,
  examples: ["salt '*' pkg.remove vim-enhanced", "salt '*' pkg.remove pkgs='[vim-enhanced, curl]'"],
  async run(ctx, args) {
    return removePackages(ctx, {
      names: await packageNames(ctx, args, (full) => normalizeRpmName(ctx, full)),
      command: (targets) => ['--assumeyes', 'remove', ...targets],
      message: 'Error occurred removing package(s)',
      run: runDnf,
      installed: rpmTable,
    })
  },
})

const upgradeFunction = fn({
  doc: 'Upgrade all packages, or those that are named.',
  args: {
    name,
    pkgs,
    refresh: s.withDefault(s.boolean('Ask the repositories anew first'), true),
    skip_verify: skipVerify,
    normalize: s.withDefault(s.boolean('Leave out of names the architecture of the system'), true),
    minimal: s.withDefault(s.boolean('Only to the first version that mends a fault'), false),
    obsoletes: s.withDefault(s.boolean('Whether packages that replace others count'), true),
  },
  extra: s.any('fromrepo, enablerepo, disablerepo, disableexcludes, branch, setopt, downloadonly'),
  returns: changesSchema,
  examples: ["salt '*' pkg.upgrade", "salt '*' pkg.upgrade name=openssl refresh=false"],
  async run(ctx, args, { extra }) {
    if (args.refresh) await refreshRepositories(ctx, extra)
    const names = await packageNames(ctx, args, normalizing(ctx, args.normalize))
    const verb = args.obsoletes || programOf(ctx.grains) === 'dnf' ? 'upgrade' : 'update'
    const options = commonOptions(ctx, { ...args, downloadonly: extra.downloadonly === true }, extra)
    return changePackages(ctx, {
      commands: [['--quiet', '--assumeyes', args.minimal ? 'upgrade-minimal' : verb, ...options, ...names]],
      message: 'Problem encountered upgrading packages',
      run: runDnf,
      installed: rpmTable,
    })
  },
})

function normalizing(ctx: FunctionContext, normalize: boolean): (full: string) => string {
  return normalize ? (full) => normalizeRpmName(ctx, full) : (full) => full
}

export const changeFunctions = {
  install: fn({
    doc: 'Install packages, by name from the repositories or from package files. Gives what has changed.',
    args: {
      name,
      refresh: s.withDefault(s.boolean('Ask the repositories anew first'), false),
      skip_verify: skipVerify,
      pkgs,
      sources,
      downloadonly: s.withDefault(s.boolean('Only fetch the packages'), false),
      reinstall: s.withDefault(s.boolean('Install again what is installed in that version'), false),
      normalize: s.withDefault(s.boolean('Leave out of names the architecture of the system'), true),
      update_holds: s.withDefault(s.boolean('Release what is held for this, and hold it again'), false),
      saltenv: s.withDefault(s.string('Environment of sources'), 'base'),
      ignore_epoch: s.withDefault(s.boolean('Compare versions without what stands before the colon'), false),
      version,
    },
    extra: repositories,
    returns: changesSchema,
    examples: [
      "salt '*' pkg.install vim-enhanced",
      "salt '*' pkg.install pkgs='[vim-enhanced, {openssl: \">=3.0\"}]' refresh=true",
      "salt '*' pkg.install nginx fromrepo=epel",
    ],
    async run(ctx, args, { extra }) {
      if (Array.isArray(extra.advisory_ids)) return installAdvisories(ctx, args, extra)
      const request = await packageRequest(ctx, args, normalizing(ctx, args.normalize))
      if (request.kind === 'none') return {}
      if (args.refresh) await refreshRepositories(ctx, extra)
      const before = await rpmTable(ctx)
      const plan =
        request.kind === 'file'
          ? {
              install: request.files.map(({ path }) => path),
              downgrade: [],
              reinstall: new Map<string, string>(),
              errors: [],
            }
          : await planInstall(ctx, request.packages, {
              installed: before,
              reinstall: args.reinstall,
              compare: args.ignore_epoch
                ? (a, b) => compareRpmVersions(withoutEpoch(a), withoutEpoch(b))
                : compareRpmVersions,
              offered: (_ctx, names) => offeredVersions(ctx, names, extra),
              word: packageWord,
            })
      // dnf 5 takes most options only behind the command that they are for.
      const options = [
        ...(programOf(ctx.grains) === 'dnf' ? ['--best', '--allowerasing'] : []),
        ...commonOptions(ctx, args, extra),
      ]
      const command = (verb: string, targets: readonly string[]) =>
        targets.length === 0 ? [] : [['--assumeyes', verb, ...options, ...targets]]
      const release =
        args.update_holds && request.kind === 'repository'
          ? await heldAmong(
              ctx,
              request.packages.map((one) => one.name),
            )
          : []
      for (const held of release) await orThrow(unlock(ctx, held))
      try {
        const changes = await changePackages(ctx, {
          commands: [
            ...command('install', plan.install),
            ...command('downgrade', plan.downgrade),
            ...command('reinstall', [...plan.reinstall.values()]),
          ],
          message: 'Error occurred installing package(s)',
          run: runDnf,
          installed: rpmTable,
          before,
          errors: plan.errors,
        })
        for (const again of plan.reinstall.keys()) {
          changes[again] ??= { old: versionText(before, again), new: versionText(before, again) }
        }
        return changes
      } finally {
        for (const held of release) await orThrow(lock(ctx, held))
      }
    },
  }),
  remove: removeFunction,
  purge: { ...removeFunction, doc: 'Remove packages, as remove does.', examples: ["salt '*' pkg.purge vim-enhanced"] },
  upgrade: upgradeFunction,
  update: { ...upgradeFunction, examples: ["salt '*' pkg.update"] },
}

/** What the advisories ask for, and nothing else. */
function installAdvisories(
  ctx: FunctionContext,
  args: { readonly skip_verify: boolean; readonly downloadonly: boolean },
  extra: Readonly<Record<string, unknown>>,
) {
  const ids = [extra.advisory_ids].flat().map((id) => `--advisory=${id}`)
  return changePackages(ctx, {
    commands: [['--assumeyes', 'upgrade', ...commonOptions(ctx, args, extra), ...ids]],
    message: 'Error occurred installing package(s)',
    run: runDnf,
    installed: rpmTable,
  })
}

async function heldAmong(ctx: FunctionContext, names: readonly string[]): Promise<readonly string[]> {
  const held = await heldNames(ctx)
  return names.filter((one) => held.includes(one))
}

async function orThrow(run: Promise<{ retcode: number; stdout: string; stderr: string }>): Promise<void> {
  const result = await run
  if (result.retcode !== 0) throw new SaltError('execution-failed', faultText(result))
}
