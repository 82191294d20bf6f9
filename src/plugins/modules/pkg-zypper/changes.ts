/** Functions of `pkg` that install, remove and upgrade. */
import { s } from '../../../base/schema.ts'
import { otherArguments } from '../../../engine/functions/packages/answers.ts'
import { changePackages, removePackages } from '../../../engine/functions/packages/common-functions.ts'
import {
  changesSchema,
  packageArguments,
  packageNames,
  packageRequest,
  type WantedPackage,
} from '../../../engine/functions/packages/package-request.ts'
import { normalizeRpmName, rpmTable } from '../../../engine/functions/packages/rpm.ts'
import { fn } from '../../../engine/plugin.ts'
import { refreshRepositories, runZypperChange } from './program.ts'

const { name, pkgs, sources, version } = packageArguments
const skipVerify = s.withDefault(s.boolean('Take packages that are not signed'), false)
const fromrepo = s.optional(s.string('Repository to take packages from'))
const noRecommends = s.withDefault(s.boolean('Leave out what is only recommended'), false)

/** zypper knows conditions itself: `name>=1.2`. */
function packageWord({ name: one, version: wanted }: WantedPackage): string {
  if (wanted === undefined) return one
  return /^[<>=!]/.test(wanted) ? `${one}${wanted.replace(/^==/, '=').replaceAll(' ', '')}` : `${one}=${wanted}`
}

const removeFunction = fn({
  doc: 'Remove packages. Names may be shell-style patterns.',
  args: { name, pkgs },
  extra: otherArguments,
  returns: changesSchema,
  examples: ["salt '*' pkg.remove vim", "salt '*' pkg.remove pkgs='[vim, curl]'"],
  async run(ctx, args) {
    return removePackages(ctx, {
      names: await packageNames(ctx, args, (full) => normalizeRpmName(ctx, full)),
      command: (targets) => ['remove', ...targets],
      message: 'Problem encountered removing package(s)',
      run: runZypperChange,
      installed: rpmTable,
    })
  },
})

export const changeFunctions = {
  install: fn({
    doc: 'Install packages, by name from the repositories or from package files. Gives what has changed.',
    args: {
      name,
      refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false),
      fromrepo,
      pkgs,
      sources,
      downloadonly: s.withDefault(s.boolean('Only fetch the packages'), false),
      skip_verify: skipVerify,
      version,
      ignore_repo_failure: s.withDefault(s.boolean('Go on where a repository cannot be reached'), false),
      no_recommends: noRecommends,
      resolve_capabilities: s.withDefault(s.boolean('Names may be capabilities that packages provide'), false),
    },
    extra: otherArguments,
    returns: changesSchema,
    examples: [
      "salt '*' pkg.install vim",
      "salt '*' pkg.install pkgs='[vim, {curl: \">=8\"}]' refresh=true",
      "salt '*' pkg.install sources='[{hello: salt://hello-1-1.noarch.rpm}]'",
    ],
    async run(ctx, args) {
      const request = await packageRequest(ctx, args, (full) => normalizeRpmName(ctx, full))
      if (request.kind === 'none') return {}
      if (args.refresh) await refreshRepositories(ctx, false)
      const isFile = request.kind === 'file'
      const targets = isFile ? request.files.map(({ path }) => path) : request.packages.map(packageWord)
      const hasVersions = !isFile && request.packages.some((one) => one.version !== undefined)
      const command = [
        '--no-refresh',
        ...(args.skip_verify ? ['--no-gpg-checks'] : []),
        'install',
        '--auto-agree-with-licenses',
        ...(isFile ? ['--allow-unsigned-rpm'] : [args.resolve_capabilities ? '--capability' : '--name']),
        ...(hasVersions ? ['--oldpackage'] : []),
        ...(args.downloadonly ? ['--download-only'] : []),
        ...(args.no_recommends ? ['--no-recommends'] : []),
        ...(args.fromrepo === undefined ? [] : ['--from', args.fromrepo]),
        ...targets,
      ]
      return changePackages(ctx, {
        commands: [command],
        message: 'Problem encountered installing package(s)',
        // 106: a repository was left out because it could not be reached.
        run: async (context, words) => {
          const result = await runZypperChange(context, words)
          return args.ignore_repo_failure && result.retcode === 106 ? { ...result, retcode: 0 } : result
        },
        installed: rpmTable,
      })
    },
  }),
  remove: removeFunction,
  purge: { ...removeFunction, doc: 'Remove packages, as remove does.', examples: ["salt '*' pkg.purge vim"] },
  upgrade: fn({
    doc: 'Upgrade all packages, or those that are named.',
    args: {
      name,
      pkgs,
      refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true),
      dryrun: s.withDefault(s.boolean('Only find out what would be done'), false),
      dist_upgrade: s.withDefault(s.boolean('As zypper dist-upgrade'), false),
      fromrepo,
      novendorchange: s.withDefault(s.boolean('Keep to the vendor of each package'), false),
      skip_verify: skipVerify,
      no_recommends: noRecommends,
    },
    extra: otherArguments,
    returns: changesSchema,
    examples: ["salt '*' pkg.upgrade", "salt '*' pkg.upgrade dist_upgrade=true fromrepo=updates"],
    async run(ctx, args) {
      if (args.refresh) await refreshRepositories(ctx, false)
      const names = await packageNames(ctx, args, (full) => normalizeRpmName(ctx, full))
      const command = [
        '--no-refresh',
        ...(args.skip_verify ? ['--no-gpg-checks'] : []),
        args.dist_upgrade ? 'dist-upgrade' : 'update',
        '--auto-agree-with-licenses',
        ...(args.dryrun ? ['--dry-run'] : []),
        ...(args.fromrepo === undefined ? [] : [args.dist_upgrade ? '--from' : '--repo', args.fromrepo]),
        ...(args.dist_upgrade && args.novendorchange ? ['--no-allow-vendor-change'] : []),
        ...(args.no_recommends ? ['--no-recommends'] : []),
        ...names,
      ]
      return changePackages(ctx, {
        commands: [command],
        message: 'Problem encountered upgrading packages',
        run: runZypperChange,
        installed: rpmTable,
      })
    },
  }),
}
