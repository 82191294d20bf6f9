/** Functions of `pkg` that tell versions: what is installed, and what could be. */
import { s } from '../../../base/schema.ts'
import { otherArguments, texts } from '../../../engine/functions/packages/answers.ts'
import {
  compareFunction,
  latestFunctions,
  type PackageTool,
  versionFunction,
} from '../../../engine/functions/packages/common-functions.ts'
import { compareDebianVersions } from '../../../engine/functions/packages/debian-version.ts'
import { packageFault, shownTable } from '../../../engine/functions/packages/package-table.ts'
import { withoutEpoch } from '../../../engine/functions/packages/version-order.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import {
  type DpkgPackage,
  dpkgPackages,
  installedTable,
  installTime,
  parseParagraphs,
  runApt,
  tableOf,
} from './dpkg.ts'
import { refreshIndexes } from './refresh.ts'

/** Name → the version that apt would install; names that it does not know are not there. */
async function candidatesOf(
  ctx: FunctionContext,
  names: readonly string[],
  fromrepo?: string,
): Promise<ReadonlyMap<string, string>> {
  const release = fromrepo === undefined ? [] : ['-o', `APT::Default-Release=${fromrepo}`]
  const { stdout } = await runApt(ctx, ['apt-cache', '-q', ...release, 'policy', ...names])
  const found = new Map<string, string>()
  let name = ''
  for (const line of stdout.split('\n')) {
    const heading = /^(\S+):$/.exec(line)?.[1]
    const candidate = /^\s+Candidate: (\S+)/.exec(line)?.[1]
    if (heading !== undefined) name = heading
    else if (candidate !== undefined && candidate !== '(none)') found.set(name, candidate)
  }
  return found
}

/** Versions that would be newer than what is installed; `showInstalled` tells the candidate in any case. */
export async function latestVersions(
  ctx: FunctionContext,
  names: readonly string[],
  options: { readonly showInstalled?: boolean; readonly fromrepo?: string | undefined } = {},
): Promise<ReadonlyMap<string, string>> {
  const candidates = await candidatesOf(ctx, names, options.fromrepo)
  if (options.showInstalled === true) return candidates
  const installed = await installedTable(ctx)
  return new Map(
    [...candidates].filter(
      ([name, candidate]) =>
        !(installed.get(name) ?? []).some((version) => compareDebianVersions(version, candidate) >= 0),
    ),
  )
}

/** apt, as the functions that all package managers share use it. */
const apt: PackageTool = {
  installed: installedTable,
  latest(ctx, names, { show_installed, fromrepo, repo }) {
    const release = fromrepo ?? repo
    return latestVersions(ctx, names, {
      showInstalled: show_installed === true,
      fromrepo: typeof release === 'string' ? release : undefined,
    })
  },
  refresh: (ctx, { cache_valid_time }) => refreshIndexes(ctx, { cacheSeconds: Number(cache_valid_time ?? 0) }),
}

/** Attributes of installed versions, as `attr` names them. */
function shownAttributes(ctx: FunctionContext, packages: readonly DpkgPackage[], attr: readonly string[]) {
  const all = attr.includes('all')
  const table: Record<string, Record<string, string | number>[]> = {}
  for (const { name, version, arch } of packages) {
    const time = installTime(ctx, name, arch)
    const [, epoch = ''] = /^(\d+):/.exec(version) ?? []
    const attributes = {
      version: withoutEpoch(version),
      arch,
      ...(epoch !== '' && (all || attr.includes('epoch')) ? { epoch } : {}),
      ...(time !== undefined && (all || attr.includes('install_date')) ? { install_date: isoTime(time) } : {}),
      ...(time !== undefined && (all || attr.includes('install_date_time_t')) ? { install_date_time_t: time } : {}),
    }
    table[name] = [...(table[name] ?? []), attributes]
  }
  return table
}

/** `2026-11-21T08:26:00Z`. */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

export const versionFunctions = {
  list_pkgs: fn({
    doc: 'List the installed packages with their versions.',
    args: {
      versions_as_list: s.withDefault(s.boolean('Give lists of versions instead of text'), false),
      removed: s.withDefault(s.boolean('Only packages that are removed but not purged'), false),
      purge_desired: s.withDefault(s.boolean('Also packages that are installed but wait to be purged'), false),
      attr: s.optional(
        s.union([s.array(s.string()), s.string()], 'epoch, version, arch, install_date, install_date_time_t, or all'),
      ),
    },
    extra: otherArguments,
    returns: s.record(s.any(), 'Name → version'),
    examples: [
      "salt '*' pkg.list_pkgs",
      "salt '*' pkg.list_pkgs versions_as_list=true",
      "salt '*' pkg.list_pkgs attr=all",
    ],
    async run(ctx, args) {
      const packages = await dpkgPackages(ctx)
      const table = args.removed
        ? tableOf(packages, 'removed')
        : new Map([...tableOf(packages, 'installed'), ...(args.purge_desired ? tableOf(packages, 'purgeDesired') : [])])
      if (args.attr === undefined) return shownTable(table, args.versions_as_list)
      const attr = typeof args.attr === 'string' ? args.attr.split(',') : args.attr
      return shownAttributes(
        ctx,
        packages.filter(({ name, version }) => table.get(name)?.includes(version)),
        attr,
      )
    },
  }),
  ...versionFunction(apt),
  ...latestFunctions(apt),
  ...compareFunction(compareDebianVersions, 'dpkg'),
  list_upgrades: fn({
    doc: 'List what an upgrade would install.',
    args: {
      refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), true),
      dist_upgrade: s.withDefault(s.boolean('As dist-upgrade, which may install and remove others'), true),
    },
    extra: s.any('cache_valid_time, fromrepo'),
    returns: s.record(s.string(), 'Name → new version'),
    examples: [
      "salt '*' pkg.list_upgrades refresh=false",
      "salt '*' pkg.list_upgrades refresh=false dist_upgrade=false",
    ],
    async run(ctx, { refresh, dist_upgrade }, { extra }) {
      if (refresh) await refreshIndexes(ctx, { cacheSeconds: Number(extra.cache_valid_time ?? 0) })
      const release = typeof extra.fromrepo === 'string' ? ['-o', `APT::Default-Release=${extra.fromrepo}`] : []
      const argv = ['apt-get', '--just-print', ...release, dist_upgrade ? 'dist-upgrade' : 'upgrade']
      const result = await runApt(ctx, argv)
      if (result.retcode !== 0) throw packageFault('Problem encountered listing upgrades', [result.stderr])
      const lines = result.stdout.matchAll(/^Conf (\S+) \((\S+)/gm)
      return Object.fromEntries([...lines].map(([, name = '', version = '']) => [name, version]))
    },
  }),
  list_repo_pkgs: fn({
    doc: 'List the versions that the repositories offer, the newest first.',
    rest: s.string('Names of packages; none for all'),
    extra: otherArguments,
    returns: s.record(s.array(s.string()), 'Name → versions'),
    examples: ["salt '*' pkg.list_repo_pkgs bash"],
    run: (ctx, _args, { rest }) => offeredVersions(ctx, texts(rest)),
  }),
}

/** Versions in the lists of packages, the newest first. */
export async function offeredVersions(
  ctx: FunctionContext,
  names: readonly string[],
): Promise<Record<string, string[]>> {
  const argv = names.length === 0 ? ['apt-cache', 'dumpavail'] : ['apt-cache', 'show', ...names]
  const { stdout } = await runApt(ctx, argv)
  const found: Record<string, string[]> = {}
  for (const fields of parseParagraphs(stdout)) {
    const name = fields.get('Package')
    const version = fields.get('Version')
    if (name === undefined || version === undefined) continue
    const versions = found[name] ?? []
    if (!versions.includes(version)) versions.push(version)
    found[name] = versions
  }
  for (const versions of Object.values(found)) versions.sort((a, b) => compareDebianVersions(b, a))
  return found
}
