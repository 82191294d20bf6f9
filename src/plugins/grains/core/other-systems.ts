/** The grains that say which version of macOS or Windows this is. */
import { type ReadFile, releaseNumbers } from './os-release.ts'

/** A value of a property list, as macOS keeps it. */
function property(list: string, name: string): string | undefined {
  return new RegExp(`<key>${name}</key>\\s*<string>([^<]+)</string>`).exec(list)?.[1]
}

/** Darwin's release → macOS's; each year adds one, from 11 on, and from 26 on they go by the year. */
function macosVersion(release: string): string {
  const major = Number.parseInt(release, 10)
  return major >= 25 ? String(major + 1) : String(major - 9)
}

/** `release` and `machine` as uname tells them. */
export function macosRelease(readFile: ReadFile, release: string, machine: string): Record<string, unknown> {
  const list = readFile('/System/Library/CoreServices/SystemVersion.plist') ?? ''
  const version = property(list, 'ProductVersion') ?? macosVersion(release)
  const build = property(list, 'ProductBuildVersion')
  const fullName = `${property(list, 'ProductName') ?? 'macOS'} ${version}`
  return {
    os: 'MacOS',
    os_family: 'MacOS',
    osfullname: fullName,
    osrelease: version,
    oscodename: fullName,
    ...releaseNumbers(version),
    ...(build === undefined ? {} : { osbuild: build }),
    osfinger: `${fullName}-${version.split('.')[0] ?? ''}`,
    osarch: machine,
    virtual: 'physical',
    init: 'launchd',
  }
}

/** Windows' names of processors, and those of uname. */
const windowsMachines: Readonly<Record<string, string>> = {
  x86_64: 'AMD64',
  arm64: 'ARM64',
  aarch64: 'ARM64',
  i686: 'x86',
}

/** The name of a processor as Windows has it. */
export function windowsMachine(machine: string): string {
  return windowsMachines[machine] ?? machine
}

/** `Windows Server 2012 R2 Standard` → `2012ServerR2`, `Windows 10 Pro` → `10`. */
function windowsEdition(name: string): string {
  const year = /\b(20\d\d)\b/.exec(name)?.[1]
  if (/server/i.test(name) && year !== undefined) return `${year}Server${/\bR2\b/.test(name) ? 'R2' : ''}`
  return /\b(?:Windows(?: Embedded)?|POSReady) (\d+(?:\.\d+)?|Vista|XP)\b/.exec(name)?.[1] ?? year ?? name
}

/** `name` is the name of the product, `version` that of the kernel (`10.0.17763`). */
export function windowsRelease(name: string, version: string, machine: string): Record<string, unknown> {
  const release = windowsEdition(name)
  const parts = release
    .split(/Server|\./)
    .map((part) => part.replace(/^R/, ''))
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const [major] = parts
  return {
    os: 'Windows',
    os_family: 'Windows',
    osfullname: `Microsoft ${name}`,
    osmanufacturer: 'Microsoft Corporation',
    osrelease: release,
    osversion: version,
    oscodename: '',
    osrelease_info: parts,
    ...(typeof major === 'number' ? { osmajorrelease: major } : {}),
    osfinger: `Windows-${release}`,
    osarch: windowsMachine(machine),
    virtual: 'physical',
    init: 'Windows',
  }
}
