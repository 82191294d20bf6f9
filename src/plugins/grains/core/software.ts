/** Grains of this program and of the system's software: process, user, locale, init, kernel. */

import * as fs from 'node:fs'
import * as os from 'node:os'
import { basename, delimiter } from 'node:path'
import { readLinkIfAny } from '../../../base/files.ts'
import { groupName } from '../../../engine/functions/accounts.ts'
import type { ConfigView } from '../../../engine/plugin.ts'
import { listFolder } from './hardware.ts'
import type { ReadFile } from './os-release.ts'

/** State trees ask what release of Salt they may rely on; the version of this program (`test.version`) would lead them into ancient ways. */
const followedRelease = [3006, 0]
/** That release brought this Python; trees name packages after it. */
const followedPython = [3, 10, 11, 'final', 0]

export function programGrains(config: ConfigView): Record<string, unknown> {
  const id = config.get('id')
  const master = config.get('master')
  return {
    ...(typeof id === 'string' ? { id, server_id: serverId(id) } : {}),
    master: master ?? '',
    saltversion: followedRelease.join('.'),
    saltversioninfo: followedRelease,
    pythonversion: followedPython,
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
    systempath: (process.env.PATH ?? '').split(delimiter).filter((part) => part !== ''),
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
  const linked = named || readLinkIfAny('/etc/localtime')?.replace(/^.*zoneinfo\//, '')
  return linked === undefined || linked === '' ? {} : { timezone: linked }
}

/** Programs that containers start with. */
const containerInits: Readonly<Record<string, string>> = {
  'dumb-init': 'dumb-init',
  my_init: 'runit',
  runit: 'runit',
  'runit-init': 'runit',
  supervisord: 'supervisord',
  systemd: 'systemd',
  tini: 'tini',
  upstart: 'upstart',
}

export function initGrains(
  readFile: ReadFile,
  exists: (path: string) => boolean = fs.existsSync,
): Record<string, unknown> {
  const name = readFile('/proc/1/comm')?.trim()
  if (name === undefined) return {}
  if (exists('/run/systemd/system')) return { init: 'systemd' }
  if (name === 'openrc-init' || exists('/run/openrc')) return { init: 'openrc' }
  if (name === 'init' && exists('/etc/inittab')) return { init: 'sysvinit' }
  // A script such as supervisord is named behind the program that runs it.
  const words = (readFile('/proc/1/cmdline') ?? '').split('\0', 2).map((word) => basename(word))
  const known = [name, ...words].find((word) => Object.hasOwn(containerInits, word))
  return { init: known === undefined ? 'unknown' : containerInits[known] }
}

const libraryFolders = ['/usr/lib/systemd', '/usr/lib64/systemd', '/lib/systemd', `/usr/lib/${multiarch()}/systemd`]

/** Debian's name of the folder for libraries of this processor. */
function multiarch(): string {
  return `${os.machine() === 'armv7l' ? 'arm' : os.machine()}-linux-gnu${os.machine() === 'armv7l' ? 'eabihf' : ''}`
}

/** What is installed to run and update the system; the version of systemd is part of the name of its library. */
export function installedGrains(): Record<string, unknown> {
  const library = /^libsystemd-shared-(\d+)\b.*\.so$/
  const found = libraryFolders
    .values()
    .flatMap((folder) => listFolder(folder))
    .map((name) => library.exec(name)?.[1])
    .find((version) => version !== undefined)
  return {
    ...(found === undefined ? {} : { systemd: { version: found } }),
    transactional: fs.existsSync('/usr/sbin/transactional-update'),
  }
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
