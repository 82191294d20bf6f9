/** Grains of this program and of the system's software: process, user, locale, init, kernel. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import { version } from '../../../base/build-info.ts'
import { groupName } from '../../../engine/functions/accounts.ts'
import type { ConfigView } from '../../../engine/plugin.ts'
import type { ReadFile } from './os-release.ts'

export function programGrains(config: ConfigView): Record<string, unknown> {
  const id = config.get('id')
  const master = config.get('master')
  return {
    ...(typeof id === 'string' ? { id, server_id: serverId(id) } : {}),
    master: master ?? '',
    saltversion: version,
    saltversioninfo: version.split('.').map((part) => Number.parseInt(part, 10)),
    saltpath: process.execPath,
    nodeversion: process.versions.node.split('.').map(Number),
    nodeexecutable: process.execPath,
  }
}

/** A number that stays the same for an id. */
function serverId(id: string): number {
  // Loaded when grains are read, which most calls never do.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return Number.parseInt(createHash('sha256').update(id).digest('hex').slice(-8), 16) % 2 ** 31
}

export function processGrains(): Record<string, unknown> {
  return {
    pid: process.pid,
    ...userGrains(),
    cwd: currentFolder(),
    path: process.env.PATH ?? '',
    shell: process.env.SHELL || '/bin/sh',
    ps: 'ps -efHww',
  }
}

function userGrains(): Record<string, unknown> {
  const uid = process.geteuid?.()
  const gid = process.getegid?.()
  if (uid === undefined || gid === undefined) return { username: os.userInfo().username }
  return { uid, gid, username: userName(uid), groupname: groupName(gid) ?? String(gid) }
}

function userName(uid: number): string {
  try {
    return os.userInfo().username
  } catch {
    return String(uid)
  }
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return 'unknown'
  }
}

export function localeGrains(): Record<string, unknown> {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''
  const [language = '', encoding = ''] = locale.split('.')
  return {
    locale_info: {
      defaultlanguage: language === '' || language === 'C' || language === 'POSIX' ? null : language,
      defaultencoding: encoding === '' ? null : encoding,
      detectedencoding: 'utf-8',
      timezone: zoneAbbreviation(),
    },
  }
}

/** `UTC`, `CET`: cheaper than asking Intl, which loads its data. */
function zoneAbbreviation(): string {
  const offset = -new Date().getTimezoneOffset()
  if (offset === 0) return 'UTC'
  const sign = offset < 0 ? '-' : '+'
  const minutes = Math.abs(offset)
  return `${sign}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}

/** Name of the time zone in the zone database. */
export function timezoneGrain(readFile: ReadFile): Record<string, string> {
  const named = process.env.TZ || readFile('/etc/timezone')?.trim()
  const linked = named || linkTarget('/etc/localtime')?.replace(/^.*zoneinfo\//, '')
  return linked === undefined || linked === '' ? {} : { timezone: linked }
}

function linkTarget(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}

export function initGrains(readFile: ReadFile): Record<string, unknown> {
  const name = readFile('/proc/1/comm')?.trim()
  if (name === undefined) return {}
  if (fs.existsSync('/run/systemd/system')) return { init: 'systemd' }
  if (name === 'openrc-init' || fs.existsSync('/run/openrc')) return { init: 'openrc' }
  if (name === 'runit' || name === 'runit-init') return { init: 'runit' }
  if (name === 'init' && fs.existsSync('/etc/inittab')) return { init: 'sysvinit' }
  return { init: name === 'systemd' || name === 'upstart' ? name : 'unknown' }
}

export function kernelGrains(readFile: ReadFile): Record<string, unknown> {
  return {
    kernel: os.type() === 'Windows_NT' ? 'Windows' : os.type(),
    kernelrelease: os.release(),
    kernelversion: os.version(),
    cpuarch: os.machine(),
    ...kernelParameters(readFile),
  }
}

function kernelParameters(readFile: ReadFile): Record<string, unknown> {
  const line = readFile('/proc/cmdline')?.trim()
  if (line === undefined) return {}
  const words = line.match(/(?:[^\s"]|"[^"]*")+/g) ?? []
  return {
    kernelparams: words.map((word) => {
      const equals = word.indexOf('=')
      return equals < 0 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1).replace(/^"(.*)"$/, '$1')]
    }),
  }
}

export function securityGrains(readFile: ReadFile): Record<string, unknown> {
  const enforced = readFile('/sys/fs/selinux/enforce')?.trim()
  return {
    efi: fs.existsSync('/sys/firmware/efi'),
    'efi-secure-boot': secureBoot(),
    selinux:
      enforced === undefined
        ? { enabled: false, enforced: 'Disabled' }
        : { enabled: true, enforced: enforced === '1' ? 'Enforcing' : 'Permissive' },
  }
}

/** The last byte of the firmware's variable says it. */
function secureBoot(): boolean {
  const folder = '/sys/firmware/efi/efivars'
  try {
    const name = fs.readdirSync(folder).find((entry) => entry.startsWith('SecureBoot-'))
    return name !== undefined && fs.readFileSync(`${folder}/${name}`).at(-1) === 1
  } catch {
    return false
  }
}

export function machineGrains(readFile: ReadFile): Record<string, string> {
  const id = (readFile('/etc/machine-id') ?? readFile('/var/lib/dbus/machine-id'))?.trim()
  return id === undefined || id === '' ? {} : { machine_id: id }
}
