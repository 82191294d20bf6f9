/** The grains that say which operating system this is, from its release files. */

/** Reads a file as `GrainsHost.readFile` does. */
export type ReadFile = (path: string) => string | undefined

/** `ID` of os-release → the grain `os` that Salt's users match on. */
const namesById: Readonly<Record<string, string>> = {
  almalinux: 'AlmaLinux',
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
  neon: 'KDE neon',
  nixos: 'NixOS',
  ol: 'OEL',
  opensuse: 'SUSE',
  'opensuse-leap': 'SUSE',
  'opensuse-tumbleweed': 'SUSE',
  photon: 'VMware Photon OS',
  pop: 'Pop',
  raspbian: 'Raspbian',
  rhel: 'RedHat',
  rocky: 'Rocky',
  scientific: 'ScientificLinux',
  slackware: 'Slackware',
  sled: 'SUSE',
  sles: 'SUSE',
  ubuntu: 'Ubuntu',
  void: 'Void',
  virtuozzo: 'Virtuozzo',
}

/** `os` → `os_family`; a name that is not here is its own family. */
const families: Readonly<Record<string, string>> = {
  ALT: 'RedHat',
  AlmaLinux: 'RedHat',
  Amazon: 'RedHat',
  'Arch ARM': 'Arch',
  CentOS: 'RedHat',
  'CentOS Stream': 'RedHat',
  CloudLinux: 'RedHat',
  Devuan: 'Debian',
  EndeavourOS: 'Arch',
  Fedora: 'RedHat',
  'KDE neon': 'Debian',
  Kali: 'Debian',
  Manjaro: 'Arch',
  Mint: 'Debian',
  OEL: 'RedHat',
  Pop: 'Debian',
  Raspbian: 'Debian',
  Rocky: 'RedHat',
  SUSE: 'Suse',
  ScientificLinux: 'RedHat',
  Ubuntu: 'Debian',
  'VMware Photon OS': 'RedHat',
  Virtuozzo: 'RedHat',
  elementary: 'Debian',
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
export function parseReleaseFile(text: string): Readonly<Record<string, string>> {
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

/** os, os_family, osfullname, osrelease, oscodename and what is made of them; `machine` as uname tells it. */
export function linuxRelease(readFile: ReadFile, machine: string): Record<string, unknown> {
  const release = parseReleaseFile(readFile('/etc/os-release') ?? readFile('/usr/lib/os-release') ?? '')
  const lsb = parseReleaseFile(readFile('/etc/lsb-release') ?? '')
  const id = (release.ID ?? lsb.DISTRIB_ID ?? 'linux').toLowerCase()
  const os = nameOf(id, release)
  const family = families[os] ?? familyByLikeness(release, os)
  const fullName = fullNameOf(os, release, lsb)
  const version = versionOf(release, lsb)
  return {
    os,
    os_family: family,
    osfullname: fullName,
    osrelease: version,
    oscodename: codenameOf(os, release, lsb),
    ...releaseNumbers(version),
    osfinger: fingerOf(os, fullName, version),
    osarch: family === 'Debian' ? (debianArchitectures[machine] ?? machine) : machine,
    ...lsbGrains(lsb, fullName, version, codenameOf(os, release, lsb)),
  }
}

function nameOf(id: string, release: Readonly<Record<string, string>>): string {
  if (id === 'centos' && /stream/i.test(release.NAME ?? '')) return 'CentOS Stream'
  return namesById[id] ?? release.NAME?.replace(/\s+(?:GNU\/)?Linux$/i, '') ?? 'Linux'
}

/** A distribution that is not known is of the family of what it says it is like. */
function familyByLikeness(release: Readonly<Record<string, string>>, os: string): string {
  for (const like of (release.ID_LIKE ?? '').split(/\s+/)) {
    const parent = namesById[like]
    if (parent !== undefined) return families[parent] ?? parent
  }
  return os
}

/** A rolling distribution has a build instead of a version. */
function versionOf(release: Readonly<Record<string, string>>, lsb: Readonly<Record<string, string>>): string {
  return release.VERSION_ID || lsb.DISTRIB_RELEASE || release.BUILD_ID || ''
}

/** SUSE's editions go by their own names. */
function fullNameOf(
  os: string,
  release: Readonly<Record<string, string>>,
  lsb: Readonly<Record<string, string>>,
): string {
  const name = release.NAME ?? lsb.DISTRIB_ID ?? os
  if (os !== 'SUSE') return name
  if (/leap/i.test(name)) return 'Leap'
  if (/tumbleweed/i.test(`${name} ${release.VERSION ?? ''}`)) return 'Tumbleweed'
  return name
}

function codenameOf(
  os: string,
  release: Readonly<Record<string, string>>,
  lsb: Readonly<Record<string, string>>,
): string {
  if (os === 'SUSE') return release.PRETTY_NAME ?? ''
  const named = release.VERSION_CODENAME ?? lsb.DISTRIB_CODENAME
  if (named !== undefined && named !== '') return named
  const inBrackets = /\(([^)]+)\)/.exec(release.VERSION ?? '')?.[1]
  return inBrackets ?? release.PRETTY_NAME ?? ''
}

/** `12.11` → `[12, 11]` and `12`. */
export function releaseNumbers(version: string): Record<string, unknown> {
  if (version === '') return {}
  const parts = version.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const [major] = parts
  return { osrelease_info: parts, ...(typeof major === 'number' ? { osmajorrelease: major } : {}) }
}

/** Ubuntu's versions are told apart in full, those of others by their first part. */
function fingerOf(os: string, fullName: string, version: string): string {
  const name = os === 'Debian' || os === 'Raspbian' ? os : fullName
  const number = fullName === 'Ubuntu' ? version : (version.split('.')[0] ?? '')
  return number === '' ? name : `${name}-${number}`
}

function lsbGrains(
  lsb: Readonly<Record<string, string>>,
  fullName: string,
  version: string,
  codename: string,
): Record<string, string> {
  return {
    lsb_distrib_id: lsb.DISTRIB_ID ?? fullName,
    lsb_distrib_release: lsb.DISTRIB_RELEASE ?? version,
    lsb_distrib_codename: lsb.DISTRIB_CODENAME ?? codename,
    ...(lsb.DISTRIB_DESCRIPTION === undefined ? {} : { lsb_distrib_description: lsb.DISTRIB_DESCRIPTION }),
  }
}
