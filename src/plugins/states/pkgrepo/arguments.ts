/** What pkgrepo.managed takes. */
import { type Schema, type StaticProperties, s } from '../../../base/schema.ts'

const listOrText = s.union([s.array(s.string()), s.string()])

/** Of every package manager. */
const commonArguments = {
  name: s.string('The source as a line of sources.list with apt; the id of the repository otherwise'),
  enabled: s.optional(s.boolean('Whether it is used; it is, where disabled does not say otherwise')),
  disabled: s.optional(s.boolean('Whether it is left out')),
  comments: s.optional({ ...listOrText, description: 'Remarks for the file' }),
  refresh: s.withDefault(s.boolean('Fetch the lists of packages afterwards'), true),
  repo: s.optional(s.any('Taken for a mistake: name is meant')),
} satisfies Record<string, Schema>

export const aptArguments = {
  ppa: s.optional(s.string('owner/name of an archive of Launchpad, with Ubuntu')),
  file: s.optional(s.path('File for a new source; with .sources at its end for a paragraph')),
  dist: s.optional(s.string('Release, in place of that of the line')),
  comps: s.optional({ ...listOrText, description: 'Components, in place of those of the line' }),
  architectures: s.optional({ ...listOrText, description: 'Architectures to fetch lists for' }),
  signedby: s.optional(s.path('File with the key that signs the source')),
  trusted: s.optional(s.boolean('Whether to trust it without a signature')),
  key_url: s.optional(s.string('URL of the key that signs the source')),
  key_text: s.optional(s.text('The key that signs the source')),
  keyid: s.optional({ ...listOrText, description: 'Ids of the keys that sign the source, on a key server' }),
  keyserver: s.optional(s.string('The key server')),
  aptkey: s.withDefault(s.boolean('Accepted: keys are files, which apt reads by itself'), false),
  clean_file: s.withDefault(s.boolean('Empty the file first, where anything has to be done'), false),
} satisfies Record<string, Schema>

/** Further keys of .repo files, as dnf.conf(5) and zypper(8) describe them. */
const furtherKeys =
  'autorefresh bandwidth cost countme deltarpm enablegroups exclude excludepkgs failovermethod fastestmirror gpgcakey includepkgs keeppackages metadata_expire minrate module_hotfixes password path proxy proxy_password proxy_username repo_gpgcheck skip_if_unavailable sslcacert sslclientcert sslclientkey sslverify throttle type username'.split(
    ' ',
  )

/** Keys of a .repo file. */
export const rpmArguments = {
  ...Object.fromEntries(furtherKeys.map((key) => [key, s.optional(s.any(`The key ${key} of a .repo file`))])),
  humanname: s.optional(s.string('What the repository is called')),
  baseurl: s.optional({ ...listOrText, description: 'URL of the repository, or several' }),
  mirrorlist: s.optional(s.string('URL of a list of mirrors')),
  metalink: s.optional(s.string('URL of a metalink')),
  gpgcheck: s.optional(s.union([s.boolean(), s.integer()], 'Whether packages must be signed')),
  gpgkey: s.optional({ ...listOrText, description: 'URL of the key, or several' }),
  priority: s.optional(s.integer('The lower, the sooner it is used')),
} satisfies Record<string, Schema>

export const managedArguments = { ...commonArguments, ...aptArguments, ...rpmArguments }

export const absentArguments = {
  name: commonArguments.name,
  ppa: aptArguments.ppa,
  keyid: s.optional(s.string('Id of a key to remove too')),
}

export const ignoredArguments = {
  consolidate: 'sources stay in the files in which they stand',
  refresh_db: 'refresh says it',
  ppa_auth: 'private archives are written as lines, with user and password in /etc/apt/auth.conf.d',
  keyid_ppa: 'key_url names the key of an archive',
  gpgautoimport: 'dnf takes keys from gpgkey by itself, zypper with rpm --import',
}

export type ManagedWishes = StaticProperties<typeof managedArguments>
export type AbsentWishes = StaticProperties<typeof absentArguments>

/** Those that are given, by name. */
export function given(
  names: Readonly<Record<string, Schema>>,
  want: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = Object.keys(names).map((key) => [key, want[key]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
