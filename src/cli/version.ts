/** `salt --version` and `salt --versions-report`. */
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { bundled, commit, libraryVersions, version } from '../base/build-info.ts'

type Section = readonly [title: string, entries: Readonly<Record<string, string>>]

export async function run(argv: readonly string[]): Promise<number> {
  const report = argv.includes('--versions-report') || argv.includes('-V')
  process.stdout.write(report ? await versionsReport() : `salt ${version}\n`)
  return 0
}

/** The report in Salt's layout: names right-aligned under a title, each section closed by a line with a space. */
export async function versionsReport(): Promise<string> {
  const sections: readonly Section[] = [
    ['Salt Version', { Salt: version, Commit: commit ?? 'working copy', Kind: bundled ? 'single binary' : 'sources' }],
    ['Node Version', { Node: `${process.versions.node} (${process.platform} ${process.arch})` }],
    ['Dependency Versions', await dependencies()],
    ['System Versions', system()],
  ]
  const width = Math.max(...sections.flatMap(([, entries]) => Object.keys(entries).map((name) => name.length))) + 2
  return sections
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
  const names = Object.keys(found).sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
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
  const name = release.NAME ?? os.type()
  const distribution = [release.VERSION_ID ?? '', release.VERSION_CODENAME ?? ''].filter(Boolean).join(' ')
  return {
    dist: `${release.ID ?? process.platform} ${distribution}`.trim(),
    locale: localeCharset(),
    machine: os.machine(),
    release: os.release(),
    system: os.type(),
    version: distribution === '' ? os.version() : `${name} ${distribution}`,
  }
}

function localeCharset(): string {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  return (locale.split('.')[1] ?? 'utf-8').toLowerCase()
}

/** `KEY=value` lines of os-release; Debian's point release stands only in a file of its own. */
function osRelease(): Record<string, string> {
  const entries: Record<string, string> = {}
  for (const line of readText('/etc/os-release').split('\n')) {
    const match = /^([A-Z_]+)=(?:"(.*)"|(.*))$/.exec(line.trim())
    if (match?.[1] !== undefined) entries[match[1]] = match[2] ?? match[3] ?? ''
  }
  const debian = readText('/etc/debian_version').trim()
  if (entries.ID === 'debian' && /^\d+(\.\d+)*$/.test(debian)) entries.VERSION_ID = debian
  return entries
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
