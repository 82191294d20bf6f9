/** What is mounted. */
import type { FunctionContext } from '../plugin.ts'
import { linesOf, mustRun, wordsOf } from './host-programs.ts'
import { readSystemFile } from './system-files.ts'

export interface Mounted {
  readonly device: string
  readonly point: string
  readonly type: string
  readonly options: readonly string[]
}

/** In the order in which it was mounted: what hides something stands after it. */
export async function readMounts(ctx: FunctionContext): Promise<Mounted[]> {
  if (ctx.grains.kernel === 'Darwin') return parseMountProgram((await mustRun(ctx, ['mount'])).stdout)
  const text = readSystemFile(ctx, '/proc/self/mounts') ?? readSystemFile(ctx, '/proc/mounts') ?? ''
  return linesOf(text)
    .map(wordsOf)
    .map(([device = '', point = '', type = '', options = '']) => ({
      device: unescapeField(device),
      point: unescapeField(point),
      type,
      options: options.split(','),
    }))
}

/** `/dev/disk3s1s1 on / (apfs, sealed, local, read-only)` */
function parseMountProgram(text: string): Mounted[] {
  const lines = linesOf(text).map((line) => /^(.+) on (.+) \((.*)\)$/.exec(line))
  return lines
    .filter((found) => found !== null)
    .map(([, device = '', point = '', details = '']) => {
      const [type = '', ...options] = details.split(', ')
      return { device, point, type, options }
    })
}

/** A field of fstab(5) or /proc/mounts, where white space stands as its octal number. */
export function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

export function escapeField(text: string): string {
  return text.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
