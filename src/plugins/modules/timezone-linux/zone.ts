/** Where Linux distributions keep the time zone. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { linesOf, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { readSystemFile, readSystemLink, setLine, writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

const zoneFolder = '/usr/share/zoneinfo'
export const localtime = '/etc/localtime'
const foldersOfZones = [zoneFolder, '/etc/zoneinfo', '/lib/zoneinfo', '/usr/lib/zoneinfo']

/** The answer of timedatectl, or undefined where systemd does not run. */
export async function askTimedatectl(ctx: FunctionContext): Promise<string | undefined> {
  const result = ctx.grains.init === 'systemd' ? await runIfInstalled(ctx, ['timedatectl']) : undefined
  return result?.retcode === 0 ? result.stdout : undefined
}

export function familyOf(ctx: FunctionContext): string {
  return String(ctx.grains.os_family ?? '')
}

export async function readZone(ctx: FunctionContext): Promise<string> {
  const answer = await askTimedatectl(ctx)
  if (answer !== undefined) {
    const zone = /^\s*Time ?zone:\s+(\S+)/m.exec(answer)?.[1]
    if (zone !== undefined) return zone
  }
  return zoneOfFiles(ctx) ?? zoneOfLocaltime(ctx)
}

/** `ZONE=` of Red Hat, `TIMEZONE=` of SUSE, both below /etc/sysconfig; Debian and Gentoo have a file of its own. */
function zoneOfFiles(ctx: FunctionContext): string | undefined {
  const family = familyOf(ctx)
  if (family === 'Debian' || family === 'Gentoo') {
    return linesOf(readSystemFile(ctx, '/etc/timezone') ?? '').find((line) => !line.startsWith('#'))
  }
  const key = clockKey(family)
  const line = new RegExp(`^${key}="?([^"\\n]+)"?`, 'm').exec(readSystemFile(ctx, '/etc/sysconfig/clock') ?? '')
  return key === undefined ? undefined : line?.[1]
}

function clockKey(family: string): string | undefined {
  return { RedHat: 'ZONE', Suse: 'TIMEZONE' }[family]
}

/** The zone whose file /etc/localtime is a link to, or a copy of. */
function zoneOfLocaltime(ctx: FunctionContext): string {
  const link = readSystemLink(ctx, localtime)
  if (link !== undefined) {
    const path = posix.resolve('/etc', link)
    const folder = foldersOfZones.find((one) => path.startsWith(`${one}/`))
    if (folder !== undefined) return path.slice(folder.length + 1)
  }
  const content = readBytes(ctx, localtime)
  const same = listZones(ctx).find((zone) => readBytes(ctx, zonePath(zone)).equals(content))
  if (same !== undefined) return same
  throw new SaltError('execution-failed', `${localtime} is the file of no zone below ${zoneFolder}.`)
}

export function zonePath(zone: string): string {
  return `${zoneFolder}/${zone}`
}

export function zoneExists(ctx: FunctionContext, zone: string): boolean {
  if (!/^[\w+-]+(?:\/[\w+-]+)*$/.test(zone)) return false
  return fs.statSync(ctx.at(zonePath(zone)), { throwIfNoEntry: false })?.isFile() === true
}

function listZones(ctx: FunctionContext): string[] {
  try {
    const names = fs.readdirSync(ctx.at(zoneFolder), { recursive: true, encoding: 'utf8' })
    return names.filter((name) => /^(?!posix\/|right\/)[A-Z]/.test(name) && zoneExists(ctx, name)).sort()
  } catch {
    return []
  }
}

export function readBytes(ctx: FunctionContext, path: string): Buffer {
  try {
    return fs.readFileSync(ctx.at(path))
  } catch (error) {
    throw new SaltError('execution-failed', `Cannot read ${path}: ${systemReason(error)}`, { cause: error })
  }
}

/** Links /etc/localtime to the zone's file, and writes its name where the distribution wants it. */
export async function writeZone(ctx: FunctionContext, zone: string): Promise<void> {
  if (ctx.grains.init === 'systemd') await runIfInstalled(ctx, ['timedatectl', 'set-timezone', zone])
  replaceLink(ctx.at(localtime), zonePath(zone))
  const family = familyOf(ctx)
  const key = clockKey(family)
  const clock = readSystemFile(ctx, '/etc/sysconfig/clock')
  if (key !== undefined && clock !== undefined) {
    writeSystemFile(ctx, '/etc/sysconfig/clock', setLine(clock, new RegExp(`^${key}=`), `${key}="${zone}"`))
  } else if (family === 'Debian' || family === 'Gentoo') writeSystemFile(ctx, '/etc/timezone', `${zone}\n`)
}

function replaceLink(path: string, target: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    fs.symlinkSync(target, temporary)
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw new SaltError('storage', `cannot write ${path}: ${systemReason(error)}`, { where: path, cause: error })
  }
}
