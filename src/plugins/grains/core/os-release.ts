/** The grains that say which operating system this is, from its release files. */

/** Reads a file as `GrainsHost.readFile` does. */
export type ReadFile = (path: string) => string | undefined

/** `ID` of os-release → the grain `os` that Salt's users match on. */
const namesById: Readonly<Record<string, string>> = {
  almalinux: 'AlmaLinux',
  alibaba: 'Alinux',
  alinux: 'Alinux',
  alpine: 'Alpine',
  altlinux: 'ALT',
  amzn: 'Amazon',
  arch: 'Arch',
  archarm: 'Arch ARM',
  centos: 'CentOS',
  'centos-stream': 'CentOS Stream',
  cloudlinux: 'CloudLinux',
  debian: 'Debian',
  devuan: 'Devuan',
  elementary: 'elementary',
  endeavouros: 'EndeavourOS',
  fedora: 'Fedora',
  gentoo: 'Gentoo',
  kali: 'Kali',
  linuxmint: 'Mint',
  manjaro: 'Manjaro',
  'manjaro-arm': 'Manjaro ARM',
  mendel: 'Mendel',
  neon: 'KDE neon',
  nixos: 'NixOS',
  ol: 'OEL',
  openeuler: 'openEuler',
  opensuse: 'SUSE',
  'opensuse-leap': 'SUSE',
  'opensuse-leap-micro': 'SUSE',
  'opensuse-microos': 'SUSE',
  'opensuse-slowroll': 'SUSE',
  'opensuse-tumbleweed': 'SUSE',
  osmc: 'OSMC',
  parrot: 'Parrot OS',
  photon: 'VMware Photon OS',
  pop: 'Pop',
  raspbian: 'Raspbian',
  rhel: 'RedHat',
  rocky: 'Rocky',
  scientific: 'ScientificLinux',
  slackware: 'Slackware',
  'sl-micro': 'SUSE',
  'sle-micro': 'SUSE',
  sled: 'SUSE',
  sles: 'SUSE',
  sles_sap: 'SUSE',
  ubuntu: 'Ubuntu',
  void: 'Void',
  virtuozzo: 'Virtuozzo',
}

/** `os` → `os_family`; a name that is not here is its own family. */
const families: Readonly<Record<string, string>> = {
  ALT: 'RedHat',
  Alinux: 'RedHat',
  AlmaLinux: 'RedHat',
  Amazon: 'RedHat',
  'Arch ARM': 'Arch',
  AstraLinuxCE: 'Debian',
  AstraLinuxSE: 'Debian',
  CentOS: 'RedHat',
  'CentOS Stream': 'RedHat',
  CloudLinux: 'RedHat',
  Devuan: 'Debian',
  EndeavourOS: 'Arch',
  Fedora: 'RedHat',
  'KDE neon': 'Debian',
  Kali: 'Debian',
  Manjaro: 'Arch',
  'Manjaro ARM': 'Arch',
  Mendel: 'Debian',
  Mint: 'Debian',
  OEL: 'RedHat',
  OSMC: 'Debian',
  'Parrot OS': 'Debian',
  Pop: 'Debian',
  Raspbian: 'Debian',
  Rocky: 'RedHat',
  SUSE: 'Suse',
  ScientificLinux: 'RedHat',
  Ubuntu: 'Debian',
  'VMware Photon OS': 'RedHat',
  Virtuozzo: 'RedHat',
  elementary: 'Debian',
  openEuler: 'RedHat',
}

/** Machine names of Debian's packages and of others. */
const debianArchitectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'armhf',
  armv6l: 'armhf',
  i686: 'i386',
  ppc64le: 'ppc64el',
  s390x: 's390x',
  riscv64: 'riscv64',
}

/** `KEY=value` lines with optional quotes, as os-release and lsb-release have them. */
function parseReleaseFile(text: string): Readonly<Record<string, string>> {
  const entries: [string, string][] = []
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line)
    if (match?.[1] !== undefined) entries.push([match[1], unquoted(match[2] ?? '')])
  }
  return Object.fromEntries(entries)
}

function unquoted(text: string): string {
  const match = /^(["'])(.*)\1$/s.exec(text)
  return (match?.[2] ?? text).replace(/\\(["'$`\\])/g, '$1')
}

type Release = Readonly<Record<string, string>>

/** What the files say; `machine` is what uname tells. */
interface Facts {
  readonly id: string
  readonly release: Release
  readonly lsb: Release
  readonly readFile: ReadFile
}

/** os, os_family, osfullname, osrelease, oscodename and what is made of them; `machine` as uname tells it. */
export function linuxRelease(readFile: ReadFile, machine: string): Record<string, unknown> {
  const release = parseReleaseFile(readFile('/etc/os-release') ?? readFile('/usr/lib/os-release') ?? '')
  const lsb = parseReleaseFile(readFile('/etc/lsb-release') ?? '')
  const facts: Facts = { id: (release.ID ?? lsb.DISTRIB_ID ?? 'linux').toLowerCase(), release, lsb, readFile }
  const os = nameOf(facts)
  const family = families[os] ?? familyByLikeness(release, os)
  const fullName = fullNameOf(os, facts)
  const version = versionOf(facts)
  const codename = codenameOf(os, facts)
  return {
    os,
    os_family: family,
    osfullname: fullName,
    osrelease: version,
    oscodename: codename,
    ...releaseNumbers(version),
    osfinger: fingerOf(os, fullName, version),
    osarch: family === 'Debian' ? (debianArchitectures[machine] ?? machine) : machine,
    lsb_distrib_id: lsb.DISTRIB_ID ?? release.NAME ?? os,
    lsb_distrib_release: lsb.DISTRIB_RELEASE ?? version,
    lsb_distrib_codename: lsb.DISTRIB_CODENAME ?? codename,
    ...(lsb.DISTRIB_DESCRIPTION === undefined ? {} : { lsb_distrib_description: lsb.DISTRIB_DESCRIPTION }),
  }
}

function nameOf({ id, release }: Facts): string {
  const { NAME = '' } = release
  if (id === 'centos' && /stream/i.test(NAME)) return 'CentOS Stream'
  if (id === 'astra') return /orel/i.test(NAME) ? 'AstraLinuxCE' : 'AstraLinuxSE'
  // Service packs and products of SUSE have an ID each.
  if (/^cpe:(?:\/o|2\.3:o):(?:open)?suse:/i.test(release.CPE_NAME ?? '')) return 'SUSE'
  return namesById[id] ?? (NAME.replace(/\W+(?:GNU\/)?Linux$/i, '') || 'Linux')
}

/** A distribution that is not known is of the family of what it says it is like. */
function familyByLikeness(release: Release, os: string): string {
  for (const like of (release.ID_LIKE ?? '').split(/\s+/)) {
    const parent = namesById[like]
    if (parent !== undefined) return families[parent] ?? parent
  }
  return os
}

/** A rolling distribution has a build instead of a version. */
function versionOf({ id, release, lsb, readFile }: Facts): string {
  // CentOS tells there no more than the first part, and the rest in a file of its own.
  const exact = id === 'centos' ? /\d+(?:\.\d+)+/.exec(readFile('/etc/centos-release') ?? '')?.[0] : undefined
  const shown = id === 'mendel' ? /\d+(?:\.\d+)*/.exec(release.PRETTY_NAME ?? '')?.[0] : undefined
  return exact ?? (release.VERSION_ID || lsb.DISTRIB_RELEASE || shown || release.BUILD_ID || '')
}

/** SUSE's editions go by their own names. */
function fullNameOf(os: string, { release, lsb }: Facts): string {
  const name = release.NAME ?? lsb.DISTRIB_ID ?? os
  if (os !== 'SUSE') return name
  if (name === 'openSUSE Leap') return 'Leap'
  if (/tumbleweed/i.test(`${name} ${release.VERSION ?? ''}`)) return 'Tumbleweed'
  return name
}

/** Distributions that tell a code name in brackets only, behind the version. */
const bracketed: readonly string[] = ['almalinux', 'debian', 'rhel', 'rocky', 'ubuntu']

/** An empty code name is one: the distribution says that it has none. Without any, the whole name takes its place. */
function codenameOf(os: string, { id, release, lsb }: Facts): string {
  const inBrackets = /\(([^)]+)\)/.exec(release.VERSION ?? '')?.[1]
  if (os === 'SUSE') return release.PRETTY_NAME ?? ''
  if (os === 'AstraLinuxSE') return release.VERSION_CODENAME ?? release.VARIANT_ID ?? ''
  if (bracketed.includes(id)) return release.VERSION_CODENAME || lsb.DISTRIB_CODENAME || inBrackets || ''
  return lsb.DISTRIB_CODENAME ?? release.VERSION_CODENAME ?? release.PRETTY_NAME ?? inBrackets ?? ''
}

/** `12.11` → `[12, 11]` and `12`. */
export function releaseNumbers(version: string): Record<string, unknown> {
  if (version === '') return {}
  const parts = version.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const [major] = parts
  return { osrelease_info: parts, ...(typeof major === 'number' ? { osmajorrelease: major } : {}) }
}

/** Systems whose short name stands in front, rather than the full one. */
const shortFingers: readonly string[] = ['AlmaLinux', 'Debian', 'Raspbian']
/** Systems whose versions are told apart in full, those of others by their first part. */
const fullFingers: readonly string[] = ['NixOS', 'Pop', 'Ubuntu']

function fingerOf(os: string, fullName: string, version: string): string {
  const name = shortFingers.includes(os) ? os : fullName
  const number = fullFingers.includes(os) ? version : (version.split('.')[0] ?? '')
  return number === '' ? name : `${name}-${number}`
}
