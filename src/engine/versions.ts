/** What this program is made of and runs on, for bug reports: Salt's `versions_information`. */
import { readFileSync } from 'node:fs'
import * as os from 'node:os'
import { bundled, commit, libraryVersions, version } from '../base/build-info.ts'
import { compareText } from '../base/text.ts'

export type VersionSections = Readonly<Record<string, Readonly<Record<string, string>>>>

export async function versionsInformation(): Promise<VersionSections> {
  return {
    'Salt Version': { Salt: version, Commit: commit ?? 'working copy', Kind: bundled ? 'single binary' : 'sources' },
    'Node Version': { Node: `${process.versions.node} (${process.platform} ${process.arch})` },
    'Dependency Versions': await dependencies(),
    'System Versions': system(),
  }
}

/** As lines in Salt's layout: names aligned to the right under a title, a line with one space after each section. */
export async function versionsReport(): Promise<string> {
  const sections = await versionsInformation()
  const names = Object.values(sections).flatMap((entries) => Object.keys(entries))
  const width = Math.max(...names.map((name) => name.length)) + 2
  return Object.entries(sections)
    .map(([title, entries]) => {
      const lines = Object.entries(entries).map(([name, value]) => `${name.padStart(width)}: ${value}\n`)
      return `${title}:\n${lines.join('')} \n`
    })
    .join('')
}

async function dependencies(): Promise<Record<string, string>> {
  const found: Record<string, string> = {
    ...libraryVersions(),
    libsodium: await versionOf(async () => {
      const { default: sodium } = await import('libsodium-wrappers')
      await sodium.ready
      return sodium.sodium_version_string()
    }),
    libuv: process.versions.uv,
    OpenSSL: process.versions.openssl,
    SQLite: process.versions.sqlite ?? 'not available',
    V8: process.versions.v8,
    ZMQ: await versionOf(async () => (await import('zeromq')).version),
  }
  const names = Object.keys(found).sort((a, b) => compareText(a.toLowerCase(), b.toLowerCase()))
  return Object.fromEntries(names.map((name) => [name, found[name] ?? '']))
}

/** A report is what a person sends when something is broken, so a library that does not load must not end it. */
async function versionOf(read: () => Promise<string>): Promise<string> {
  try {
    return await read()
  } catch (error) {
    return `not available (${error instanceof Error ? error.message : String(error)})`
  }
}

function system(): Record<string, string> {
  const release = osRelease()
  const distribution = [release.VERSION_ID ?? '', release.VERSION_CODENAME ?? '']
    .filter((part) => part !== '')
    .join(' ')
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  return {
    dist: `${release.ID ?? process.platform} ${distribution}`.trim(),
    locale: (locale.split('.')[1] ?? 'utf-8').toLowerCase(),
    machine: os.machine(),
    release: os.release(),
    system: os.type(),
    version: distribution === '' ? os.version() : `${release.NAME ?? os.type()} ${distribution}`,
  }
}

/** `KEY=value` lines of os-release; Debian's point release stands only in a file of its own. */
function osRelease(): Record<string, string> {
  const pairs = readText('/etc/os-release').matchAll(/^([A-Z_]+)=(?:"(.*)"|(.*))$/gm)
  const entries = Object.fromEntries([...pairs].map((match) => [match[1] ?? '', match[2] ?? match[3] ?? '']))
  const debian = readText('/etc/debian_version').trim()
  return entries.ID === 'debian' && /^\d+(\.\d+)*$/.test(debian) ? { ...entries, VERSION_ID: debian } : entries
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
