/** What this program is made of and runs on, for bug reports: Salt's `versions_information`. */
import { readFileSync } from 'node:fs'
import * as os from 'node:os'
import { bundled, commit, libraryVersions, version } from '../base/build-info.ts'
import { compareText } from '../base/text.ts'

export type VersionSections = Readonly<Record<string, Readonly<Record<string, string>>>>

export function versionsInformation(): VersionSections {
  return {
    'Salt Version': { Salt: version, Commit: commit ?? 'working copy', Kind: bundled ? 'single binary' : 'sources' },
    'Node Version': { Node: `${process.versions.node} (${process.platform} ${process.arch})` },
    'Dependency Versions': dependencies(),
    'System Versions': system(),
  }
}

/** As lines in Salt's layout: names aligned to the right under a title, a line with one space after each section. */
export function versionsReport(sections: VersionSections = versionsInformation()): string {
  const names = Object.values(sections).flatMap((entries) => Object.keys(entries))
  const width = Math.max(...names.map((name) => name.length)) + 2
  return Object.entries(sections)
    .map(([title, entries]) => {
      const lines = Object.entries(entries).map(([name, value]) => `${name.padStart(width)}: ${value}\n`)
      return `${title}:\n${lines.join('')} \n`
    })
    .join('')
}

function dependencies(): Record<string, string> {
  const found: Record<string, string> = {
    ...libraryVersions(),
    libuv: process.versions.uv,
    OpenSSL: process.versions.openssl,
    SQLite: process.versions.sqlite ?? 'not available',
    V8: process.versions.v8,
  }
  const names = Object.keys(found).sort((a, b) => compareText(a.toLowerCase(), b.toLowerCase()))
  return Object.fromEntries(names.map((name) => [name, found[name] ?? '']))
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

function osRelease(): Record<string, string> {
  try {
    const pairs = readFileSync('/etc/os-release', 'utf8').matchAll(/^([A-Z_]+)=(?:"(.*)"|(.*))$/gm)
    return Object.fromEntries([...pairs].map((match) => [match[1] ?? '', match[2] ?? match[3] ?? '']))
  } catch {
    return {}
  }
}
