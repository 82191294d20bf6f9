/** Functions of `pkg` that remove and upgrade. */
import { s } from '../../../base/schema.ts'
import { matchingNames, otherArguments } from '../../../engine/functions/packages/answers.ts'
import { changePackages } from '../../../engine/functions/packages/common-functions.ts'
import { changesSchema, packageArguments, packageNames } from '../../../engine/functions/packages/package-request.ts'
import { changesBetween, packageFault } from '../../../engine/functions/packages/package-table.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { aptFault, aptGet, dpkgPackages, installedTable, normalizeName, presentTable, runApt, tableOf } from './dpkg.ts'
import { confArguments, confOptions } from './install.ts'
import { refreshIndexes } from './refresh.ts'

const { name, pkgs } = packageArguments

/** What remove or purge has done, to the installed packages and to those that left their configuration. */
async function uninstall(
  ctx: FunctionContext,
  action: 'remove' | 'purge',
  given: { readonly name?: string | undefined; readonly pkgs?: readonly unknown[] | string | undefined },
) {
  const wanted = await packageNames(ctx, given, (full) => normalizeName(ctx, full))
  const before = await dpkgPackages(ctx)
  const installed = presentTable(before)
  const removed = tableOf(before, 'removed')
  const targets = new Set(matchingNames(installed, wanted))
  if (action === 'purge') for (const one of matchingNames(removed, wanted)) targets.add(one)
  if (targets.size === 0) return undefined
  const result = await runApt(ctx, [...aptGet, action, ...targets])
  const after = await dpkgPackages(ctx)
  const report = {
    installed: changesBetween(installed, presentTable(after)),
    removed: changesBetween(removed, tableOf(after, 'removed')),
  }
  if (result.retcode === 0) return report
  throw packageFault('Problem encountered removing package(s)', [aptFault(result)], report.installed)
}

export const removalFunctions = {
  remove: fn({
    doc: 'Remove packages and leave their configuration. Names may be shell-style patterns.',
    args: { name, pkgs },
    extra: otherArguments,
    returns: changesSchema,
    examples: ["salt '*' pkg.remove vim", "salt '*' pkg.remove pkgs='[vim, curl]'"],
    run: async (ctx, args) => (await uninstall(ctx, 'remove', args))?.installed ?? {},
  }),
  purge: fn({
    doc: 'Remove packages with their configuration. Names may be shell-style patterns.',
    args: { name, pkgs },
    extra: otherArguments,
    returns: s.record(s.any(), '`installed` and `removed`, each with what has changed'),
    examples: ["salt '*' pkg.purge vim"],
    run: async (ctx, args) => (await uninstall(ctx, 'purge', args)) ?? {},
  }),
  autoremove: fn({
    doc: 'Remove packages that were installed for others and that nothing needs any more.',
    args: {
      list_only: s.withDefault(s.boolean('Only list them'), false),
      purge: s.withDefault(s.boolean('With their configuration'), false),
    },
    returns: s.union([s.array(s.string()), changesSchema], 'What has changed, or the names'),
    examples: ["salt '*' pkg.autoremove list_only=true"],
    async run(ctx, args) {
      const purge = args.purge ? ['--purge'] : []
      if (args.list_only) {
        const { stdout } = await runApt(ctx, ['apt-get', '--assume-no', '--just-print', ...purge, 'autoremove'])
        return [...stdout.matchAll(/^(?:Remv|Purg) (\S+)/gm)].map(([, found = '']) => found).sort()
      }
      return changePackages(ctx, {
        commands: [[...aptGet, ...purge, 'autoremove']],
        message: 'Problem encountered removing package(s)',
        run: runApt,
        installed: installedTable,
      })
    },
  }),
  upgrade: fn({
    doc: 'Upgrade all packages.',
    args: {
      refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true),
      dist_upgrade: s.withDefault(s.boolean('As dist-upgrade, which may install and remove others'), false),
      cache_valid_time: s.withDefault(s.seconds('Do not refresh where the lists are younger than this'), 0),
      download_only: s.withDefault(s.boolean('Only fetch the packages'), false),
      ...confArguments,
      allow_downgrades: s.withDefault(s.boolean('Also install older versions where the repositories say so'), false),
      skip_verify: s.withDefault(s.boolean('Take packages that are not signed'), false),
    },
    extra: s.any('downloadonly and others'),
    returns: changesSchema,
    examples: ["salt '*' pkg.upgrade", "salt '*' pkg.upgrade dist_upgrade=true"],
    async run(ctx, args, { extra }) {
      if (args.refresh) await refreshIndexes(ctx, { cacheSeconds: args.cache_valid_time })
      const command = [
        ...aptGet,
        ...confOptions(args.force_conf_new),
        ...(args.skip_verify ? ['--allow-unauthenticated'] : []),
        ...(args.download_only || extra.downloadonly === true ? ['--download-only'] : []),
        ...(args.allow_downgrades ? ['--allow-downgrades'] : []),
        args.dist_upgrade ? 'dist-upgrade' : 'upgrade',
      ]
      return changePackages(ctx, {
        commands: [command],
        message: 'Problem encountered upgrading packages',
        run: runApt,
        installed: installedTable,
      })
    },
  }),
}
