/** Whether the hardware clock keeps UTC or local time. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { linesOf, succeeds } from '../../../engine/functions/host-programs.ts'
import { readSystemFile, setLine, writeSystemFile } from '../../../engine/functions/system-files.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { askTimedatectl, familyOf } from './zone.ts'

export const clocks = ['UTC', 'localtime'] as const
export type Clock = (typeof clocks)[number]

const adjustments = '/etc/adjtime'
const debianFile = '/etc/default/rcS'
const openrcFile = '/etc/conf.d/hwclock'

/** Null where there is no such clock. */
export async function readHardwareClock(ctx: FunctionContext): Promise<Clock | null> {
  const answer = await askTimedatectl(ctx)
  const told = /^\s*RTC in local TZ:\s*(\S+)/im.exec(answer ?? '')?.[1]
  if (told !== undefined) return told.toLowerCase() === 'yes' ? 'localtime' : 'UTC'
  const family = familyOf(ctx)
  if (family === 'Debian') {
    const utc = /^UTC=(\S+)/m.exec(readSystemFile(ctx, debianFile) ?? '')?.[1]
    if (utc !== undefined) return utc.toLowerCase() === 'yes' ? 'UTC' : 'localtime'
  }
  if (family === 'Gentoo' || family === 'Alpine') {
    const clock = /^clock="?(\w+)"?/m.exec(readSystemFile(ctx, openrcFile) ?? '')?.[1]
    if (clock !== undefined) return clock === 'UTC' ? 'UTC' : 'localtime'
  }
  return clockOfAdjustments(ctx)
}

/** hwclock writes down what it was told last, on the third line of its file. */
function clockOfAdjustments(ctx: FunctionContext): Clock | null {
  const text = readSystemFile(ctx, adjustments)
  if (text !== undefined) return linesOf(text).at(-1) === 'LOCAL' ? 'localtime' : 'UTC'
  if (!fs.existsSync(ctx.at('/dev/rtc'))) return null
  throw new SaltError('execution-failed', `Unable to get hwclock timezone from ${adjustments}`)
}

export async function writeHardwareClock(ctx: FunctionContext, clock: Clock): Promise<boolean> {
  if (ctx.grains.init === 'systemd') {
    return succeeds(ctx, ['timedatectl', 'set-local-rtc', clock === 'localtime' ? 'true' : 'false'])
  }
  const family = familyOf(ctx)
  const debian = readSystemFile(ctx, debianFile)
  const openrc = readSystemFile(ctx, openrcFile)
  if (family === 'Debian' && debian !== undefined && /^UTC=/m.test(debian)) {
    writeSystemFile(ctx, debianFile, setLine(debian, /^UTC=/, `UTC=${clock === 'UTC' ? 'yes' : 'no'}`))
  } else if ((family === 'Gentoo' || family === 'Alpine') && openrc !== undefined) {
    writeSystemFile(ctx, openrcFile, setLine(openrc, /^clock=/, `clock="${clock === 'UTC' ? 'UTC' : 'local'}"`))
  } else {
    const [drift = '0.0 0 0.0', last = '0'] = linesOf(readSystemFile(ctx, adjustments) ?? '')
    writeSystemFile(ctx, adjustments, `${drift}\n${last}\n${clock === 'UTC' ? 'UTC' : 'LOCAL'}\n`)
  }
  return true
}
