/** Functions of `pkg` that tell versions: what is installed, and what could be. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { otherArguments, texts } from '../../../engine/functions/packages/answers.ts'
import { latestFunctions, type PackageTool } from '../../../engine/functions/packages/common-functions.ts'
import { faultText } from '../../../engine/functions/packages/package-table.ts'
import { rpmTable } from '../../../engine/functions/packages/rpm.ts'
import { compareRpmVersions } from '../../../engine/functions/packages/rpm-version.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { type ListedPackage, parseList, programOf, repositoryOptions, runDnf } from './program.ts'

type Given = Readonly<Record<string, unknown>>

/** dnf and yum name their lists differently. */
async function listOf(
  ctx: FunctionContext,
  which: 'available' | 'upgrades' | 'all',
  given: Given,
  words: readonly string[],
) {
  const dnf = programOf(ctx.grains) === 'dnf'
  const names = { available: 'available', upgrades: dnf ? 'upgrades' : 'updates', all: '' }
  const list = which === 'all' ? ['list', '--showduplicates'] : ['list', `${dnf ? '--' : ''}${names[which]}`]
  const result = await runDnf(ctx, [
    '--quiet',
    '--assumeyes',
    ...repositoryOptions(ctx.grains, given),
    ...list,
    ...words,
  ])
  // An empty list counts as a failure.
  if (
    result.retcode !== 0 &&
    !/no (?:matching )?packages/i.test(result.stderr) &&
    result.stdout.trim() === '' &&
    result.stderr.trim() !== ''
  ) {
    throw new SaltError('execution-failed', faultText(result))
  }
  return parseList(ctx, result.stdout)
}

/** Throws away what is known about the repositories and asks them anew. Gives whether that went well. */
export async function refreshRepositories(ctx: FunctionContext, given: Given): Promise<boolean> {
  const common = ['--quiet', '--assumeyes']
  await runDnf(ctx, [...common, 'clean', 'expire-cache', ...repositoryOptions(ctx.grains, given)])
  const { retcode } = await runDnf(ctx, [...common, 'check-update', ...repositoryOptions(ctx.grains, given)])
  // 100: there are updates.
  return retcode === 0 || retcode === 100
}

const dnf: PackageTool = {
  installed: rpmTable,
  refresh: refreshRepositories,
  async latest(ctx, names, given) {
    const available = await listOf(ctx, 'available', given, names)
    const installed = await rpmTable(ctx)
    const found = new Map<string, string>()
    for (const { name, version } of available) {
      const known = [...(installed.get(name) ?? []), ...(found.has(name) ? [found.get(name) ?? ''] : [])]
      if (known.every((other) => compareRpmVersions(version, other) > 0)) found.set(name, version)
    }
    return found
  },
}

/** Versions that are installed or offered, the newest first. */
export async function offeredVersions(ctx: FunctionContext, names: readonly string[], given: Given = {}) {
  return versionsOf(await listOf(ctx, 'all', given, names))
}

function versionsOf(packages: readonly ListedPackage[]): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const { name, version } of packages) found[name] = [...new Set([...(found[name] ?? []), version])]
  for (const versions of Object.values(found)) versions.sort((a, b) => compareRpmVersions(b, a))
  return found
}

const listUpgrades = fn({
  doc: 'List what an upgrade would install.',
  args: { refresh: s.withDefault(s.boolean('Ask the repositories anew first'), true) },
  extra: s.any('fromrepo, enablerepo, disablerepo, disableexcludes, branch, setopt'),
  returns: s.record(s.string(), 'Name → new version'),
  examples: ["salt '*' pkg.list_upgrades refresh=false"],
  async run(ctx, { refresh }, { extra }) {
    if (refresh) await refreshRepositories(ctx, extra)
    const upgrades = await listOf(ctx, 'upgrades', extra, [])
    return Object.fromEntries(upgrades.map(({ name, version }) => [name, version]))
  },
})

export const versionFunctions = {
  ...latestFunctions(dnf),
  list_upgrades: listUpgrades,
  list_updates: { ...listUpgrades, examples: ["salt '*' pkg.list_updates refresh=false"] },
  list_repo_pkgs: fn({
    doc: 'List the versions that the repositories offer and those that are installed, the newest first.',
    rest: s.string('Names of packages; none for all'),
    extra: s.any('byrepo: repository by repository; fromrepo, enablerepo, disablerepo'),
    returns: s.record(s.any(), 'Name → versions'),
    examples: ["salt '*' pkg.list_repo_pkgs bash", "salt '*' pkg.list_repo_pkgs bash byrepo=true"],
    async run(ctx, _args, { rest, extra }) {
      const packages = await listOf(ctx, 'all', extra, texts(rest))
      if (extra.byrepo !== true) return versionsOf(packages)
      const repositories = [...new Set(packages.map(({ repository }) => repository.replace(/^@/, '')))]
      return Object.fromEntries(
        repositories.map((name) => [
          name,
          versionsOf(packages.filter(({ repository }) => repository.replace(/^@/, '') === name)),
        ]),
      )
    },
  }),
  refresh_db: fn({
    doc: 'Ask the repositories anew what they offer. Gives whether that went well.',
    extra: s.any('fromrepo, enablerepo, disablerepo, disableexcludes, branch, setopt'),
    returns: s.boolean(),
    examples: ["salt '*' pkg.refresh_db"],
    run: (ctx, _args, { extra }) => refreshRepositories(ctx, extra),
  }),
  clean_metadata: fn({
    doc: 'Throw away what is known about the repositories, as refresh_db does.',
    extra: otherArguments,
    returns: s.boolean(),
    examples: ["salt '*' pkg.clean_metadata"],
    run: (ctx, _args, { extra }) => refreshRepositories(ctx, extra),
  }),
}
