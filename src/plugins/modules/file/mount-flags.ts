import * as fs from 'node:fs'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { realPath } from './paths.ts'

/** Bits of `f_flag` by mount option (statvfs(3)). */
const bits: Readonly<Record<string, number>> = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  sync: 16,
  mand: 64,
  noatime: 1024,
  nodiratime: 2048,
  relatime: 4096,
}

/** The flags with which the file system of a path is mounted; 0 where that cannot be told. */
export function mountFlags(ctx: FunctionContext, path: string): number {
  let table: string
  try {
    table = fs.readFileSync(ctx.at('/proc/self/mountinfo'), 'utf8')
  } catch {
    return 0
  }
  const full = `${realPath(path)}/`.replace('//', '/')
  let best = ''
  let options = ''
  for (const line of table.split('\n')) {
    const [, , , , encoded = '', own = ''] = line.split(' ')
    const point = encoded.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
    if (point === '' || !full.startsWith(`${point}/`.replace('//', '/')) || point.length < best.length) continue
    best = point
    options = own
  }
  return options.split(',').reduce((flags, option) => flags | (bits[option] ?? 0), 0)
}
