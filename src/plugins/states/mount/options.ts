/** Which options of a mount are not as wanted. What is mounted does not show all that it was mounted with. */
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'

/** Options that only tell mount what to do, or that the kernel does not show. */
const invisible = new Set(
  '_netdev actimeo bg comment defaults delay_connect direct-io-mode intr loop nointr nobootwait nofail password reconnect retry soft auto noauto user users bind rbind nonempty transform_symlinks port backup-volfile-servers remount credentials secretfile'.split(
    ' ',
  ),
)

/** As they are shown once mounted. */
const translated: Readonly<Record<string, string>> = { tcp: 'proto=tcp', udp: 'proto=udp' }

/** Options of a type that are no reason to mount again. */
const ofType: Readonly<Record<string, readonly string[]>> = { ramfs: ['size'] }

export interface OptionRules {
  readonly fstype: string
  readonly opts: readonly string[]
  readonly hidden: readonly string[]
  readonly invisibleKeys: readonly string[]
}

/** As active mounts are told. */
export interface ActiveMount {
  readonly device: string
  readonly opts: readonly string[]
  readonly superopts?: readonly string[]
  readonly alt_device?: string | null
  readonly device_uuid?: string | null
  readonly device_label?: string | null
  readonly fstype: string
}

/** The first option that is wanted and not shown. */
export async function missingOption(
  ctx: StateContext,
  { fstype, opts, hidden, invisibleKeys }: OptionRules,
  active: ActiveMount,
): Promise<string | undefined> {
  const shown = new Set([...active.opts, ...(active.superopts ?? [])].map(inKilobytes))
  for (const given of opts) {
    const option = await normal(ctx, fstype, translated[given] ?? given)
    const [key = ''] = option.split('=')
    if (invisible.has(key) || hidden.includes(option) || hidden.includes(key) || invisibleKeys.includes(key)) continue
    if (ofType[fstype]?.includes(key) === true || key.startsWith('x-')) continue
    // The kernel shows names of owners as ids, our list of mounts as names.
    if (!shown.has(option) && !shown.has(given)) return given
  }
  return undefined
}

async function normal(ctx: StateContext, fstype: string, option: string): Promise<string> {
  const [key = '', value] = option.split('=', 2)
  if (fstype === 'cifs' && key === 'user') return `username=${value}`
  if ((key === 'uid' || key === 'gid') && value !== undefined && /^\d+$/.test(value)) {
    const fun = key === 'uid' ? 'file.uid_to_user' : 'file.gid_to_group'
    const name = await ctx.salt(fun, [Number(value)])
    return typeof name === 'string' && name !== '' ? `${key}=${name}` : option
  }
  return inKilobytes(option)
}

const factors: Readonly<Record<string, number>> = { '': 1 / 1024, k: 1, m: 1024, g: 1024 * 1024 }

function inKilobytes(option: string): string {
  const [, amount, unit = ''] = /^size=(\d+)([kmg]?)$/i.exec(option) ?? []
  if (amount === undefined) return option
  return `size=${Math.floor(Number(amount) * (factors[unit.toLowerCase()] ?? 1))}k`
}

/** Options that the state gave before, and gives no longer. */
export async function droppedOptions(ctx: StateContext, place: string, opts: readonly string[]): Promise<string[]> {
  const cache = await ctx.salt('mount.read_mount_cache', [place])
  if (!isRecord(cache) || !Array.isArray(cache.opts)) return []
  return cache.opts.map(String).filter((option) => !opts.includes(option))
}
