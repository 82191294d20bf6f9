/** What the states of `pkg` take. */
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'

const item = s.union([s.string(), s.record(s.any())])
const names = s.union([s.string(), s.array(s.string())])
const optionalNames = (description: string) => s.optional({ ...names, description })

const name = s.string('Name of the package; the id of the state by default')
const pkgs = s.optional(s.array(item, 'Names of packages, or mappings of a name to a version; name is then ignored'))
const version = s.optional(
  s.any('Version to have, or conditions such as ">=1.2,<2" or "1.2*", or latest; any by default'),
)
const ignoreEpoch = s.optional(
  s.boolean('Compare versions without what stands before the colon; by default where the wanted one has none'),
)
const normalize = s.withDefault(s.boolean('Leave the architecture of the system out of names'), true)

/** What is handed on to the package manager, which may know it or not. */
const managerArguments = {
  fromrepo: optionalNames('Repositories or release to take packages from'),
  enablerepo: optionalNames('Repositories to use besides, with dnf'),
  disablerepo: optionalNames('Repositories not to use, with dnf'),
  disableexcludes: optionalNames('Repositories whose excludes do not count, with dnf'),
  branch: s.optional(s.string('Branch of the repositories, with yum')),
  setopt: optionalNames('Settings of dnf'),
  cache_valid_time: s.optional(s.seconds('Do not refresh where the lists are younger than this, with apt')),
  install_recommends: s.optional(s.boolean('Whether recommended packages are installed too, with apt')),
  no_recommends: s.optional(s.boolean('Do not install recommended packages, with zypper')),
  only_upgrade: s.optional(s.boolean('Only where an older version is installed, with apt')),
  force_yes: s.optional(s.boolean('Go on even where that may do harm, with apt')),
  force_conf_new: s.optional(s.boolean('Take new configuration files in place of changed ones, with apt')),
  debconf: s.optional(s.string('File with answers for debconf, with apt')),
  resolve_capabilities: s.optional(s.boolean('Names may be capabilities that packages provide, with zypper')),
  ignore_repo_failure: s.optional(s.boolean('Go on where a repository cannot be reached, with zypper')),
  sysupgrade: s.optional(s.boolean('Upgrade all others too, with pacman')),
  taps: optionalNames('Taps to use, with brew'),
  options: optionalNames('Options of the formula, with brew'),
} satisfies Record<string, Schema>

export const installedArguments = {
  name,
  version,
  refresh: s.optional(s.boolean('Fetch the lists of packages first; once in a run by default')),
  skip_verify: s.withDefault(s.boolean('Take packages that are not signed'), false),
  skip_suggestions: s.withDefault(s.boolean('Accepted: nothing suggests other names here'), false),
  pkgs,
  sources: s.optional(s.array(item, 'Mappings of a name to the path or URL of a package file')),
  allow_updates: s.withDefault(s.boolean('A newer version than the wanted one will do'), false),
  pkg_verify: s.withDefault(s.any('Install again what differs from its package: true, or a list of options'), false),
  normalize,
  ignore_epoch: ignoreEpoch,
  reinstall: s.withDefault(s.boolean('Install again what is installed already'), false),
  update_holds: s.withDefault(s.boolean('Install packages also where they are held'), false),
  hold: s.optional(s.boolean('Keep the packages at their version afterwards, or let them go')),
  ...managerArguments,
} satisfies Record<string, Schema>

export const latestArguments = {
  name,
  refresh: installedArguments.refresh,
  skip_verify: installedArguments.skip_verify,
  pkgs,
  sources: s.optional(s.any('Refused: a file has no newer version')),
  ...managerArguments,
} satisfies Record<string, Schema>

export const removedArguments = { name, version, pkgs, normalize, ignore_epoch: ignoreEpoch } satisfies Record<
  string,
  Schema
>

export const uptodateArguments = {
  name: s.string('Any text'),
  refresh: s.withDefault(s.boolean('Fetch the lists of packages first'), false),
  pkgs: s.optional(s.array(s.string(), 'Only these packages')),
  dist_upgrade: s.optional(s.boolean('As dist-upgrade, which may install and remove others, with apt and zypper')),
  ...managerArguments,
} satisfies Record<string, Schema>

export const downloadedArguments = { name, version, pkgs, ignore_epoch: ignoreEpoch, ...managerArguments }

export const heldArguments = {
  name,
  version: s.optional(s.any('Version to hold, with zypper')),
  pkgs,
}

export const patchArguments = {
  name: s.string('Id of the advisory'),
  advisory_ids: s.optional(s.array(s.string(), 'Ids of several advisories')),
  ...managerArguments,
}

export const groupArguments = {
  name: s.string('Name of the group'),
  skip: s.optional(s.array(s.string(), 'Packages of the group that are not to be installed')),
  include: s.optional(s.array(s.string(), 'Further packages to install')),
  ...managerArguments,
}

export const ignoredArguments = {
  report_reboot_exit_codes: 'only Windows has it',
  ignore_types: 'it belongs into the list of pkg_verify',
}

export type InstalledWishes = StaticProperties<typeof installedArguments>
export type LatestWishes = StaticProperties<typeof latestArguments>
export type RemovedWishes = StaticProperties<typeof removedArguments>
export type UptodateWishes = StaticProperties<typeof uptodateArguments>
export type DownloadedWishes = StaticProperties<typeof downloadedArguments>
export type HeldWishes = StaticProperties<typeof heldArguments>
export type PatchWishes = StaticProperties<typeof patchArguments>
export type GroupWishes = StaticProperties<typeof groupArguments>

/** Those of the arguments that are given and that only package managers understand. */
export function managerOptions(want: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.keys(managerArguments).map((key) => [key, want[key]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
