/** Functions of `mount` about what is mounted. */
import * as fs from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { linesOf, runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readMounts, unescapeField } from '../../../engine/functions/mount-table.ts'
import { listGroups, listUsers } from '../../../engine/functions/name-service.ts'
import { requireSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

export async function isMounted(ctx: FunctionContext, name: string): Promise<boolean> {
  return (await readMounts(ctx)).some(({ point }) => point === name)
}

/** Sources of the mount points as `mount` shows them, which may differ from what the kernel says. */
async function shownDevices(ctx: FunctionContext): Promise<ReadonlyMap<string, string>> {
  const result = await runIfInstalled(ctx, ['mount', '-l'])
  const lines = linesOf(result?.stdout ?? '').map((line) => /^(.+?) on (.+) type \S+ \(/.exec(line))
  return new Map(lines.filter((found) => found !== null).map(([, device = '', point = '']) => [point, device]))
}

type NamedOptions = (options: readonly string[]) => string[]

/** `uid=0` → `uid=root` */
async function optionNames(ctx: FunctionContext, all: readonly string[]): Promise<NamedOptions> {
  if (!all.some((option) => /^[ug]id=\d+$/.test(option))) return (options) => [...options]
  const users = new Map((await listUsers(ctx)).map(({ uid, name }) => [`uid=${uid}`, `uid=${name}`]))
  const groups = new Map((await listGroups(ctx)).map(({ gid, name }) => [`gid=${gid}`, `gid=${name}`]))
  return (options) => options.map((option) => users.get(option) ?? groups.get(option) ?? option)
}

async function listActive(ctx: FunctionContext): Promise<Record<string, Record<string, unknown>>> {
  const mounts = await readMounts(ctx)
  const isDarwin = ctx.grains.kernel === 'Darwin'
  const shown = isDarwin ? new Map<string, string>() : await shownDevices(ctx)
  const named = await optionNames(
    ctx,
    mounts.flatMap(({ options }) => options),
  )
  return Object.fromEntries(
    mounts.map(({ device, point, type, options }) => [
      point,
      {
        device,
        ...(isDarwin ? {} : { alt_device: shown.get(point) ?? null }),
        fstype: type,
        opts: named(options),
      },
    ]),
  )
}

/** /proc/self/mountinfo, described in proc_pid_mountinfo(5). */
async function listExtended(ctx: FunctionContext): Promise<Record<string, Record<string, unknown>>> {
  const rows = linesOf(requireSystemFile(ctx, '/proc/self/mountinfo')).map(wordsOf)
  const shown = await shownDevices(ctx)
  const devices = await ctx.salt('disk.blkid').catch(() => ({}))
  const named = await optionNames(
    ctx,
    rows.flatMap((words) => [...(words[5] ?? '').split(','), ...(words.at(-1) ?? '').split(',')]),
  )
  return Object.fromEntries(
    rows.map((words) => {
      const [mountid = '', parentid = '', numbers = '', root = '', point = '', opts = ''] = words
      const [major = '', minor = ''] = numbers.split(':')
      const [fstype = '', device = '', superopts = ''] = words.slice(words.indexOf('-', 6) + 1)
      const facts = isRecord(devices) ? devices[device] : undefined
      const { UUID, LABEL } = isRecord(facts) ? facts : {}
      const place = unescapeField(point)
      const described = {
        mountid,
        parentid,
        major,
        minor,
        root,
        opts: named(opts.split(',')),
        fstype,
        device: unescapeField(device),
        alt_device: shown.get(place) ?? null,
        superopts: named(superopts.split(',')),
        device_uuid: typeof UUID === 'string' ? UUID.toLowerCase() : null,
        device_label: typeof LABEL === 'string' ? LABEL : null,
      }
      return [place, described]
    }),
  )
}

const path = s.path('Path of a file or folder')

/** The mount point above a path: the longest one that it begins with, once links are followed. */
async function mountPointOf(ctx: FunctionContext, given: string): Promise<string> {
  const place = `/${relative(realPath(ctx.at('/')), realPath(ctx.at(given)))}`
  const points = (await readMounts(ctx)).map(({ point }) => point)
  const above = points.filter((point) => point === '/' || place === point || place.startsWith(`${point}/`))
  return above.reduce((best, point) => (point.length > best.length ? point : best), '/')
}

/** Of a path whose last parts may be missing. */
function realPath(given: string): string {
  try {
    return fs.realpathSync(given)
  } catch {
    return dirname(given) === given ? given : join(realPath(dirname(given)), given.slice(dirname(given).length))
  }
}

export const activeFunctions = {
  active: fn({
    doc: 'Tell what is mounted, by mount point.',
    args: { extended: s.withDefault(s.boolean('Tell more of each, such as UUIDs and labels'), false) },
    returns: s.record(s.record(s.any())),
    examples: ["salt '*' mount.active", "salt '*' mount.active extended=true"],
    run: (ctx, { extended }) => (extended && ctx.grains.kernel !== 'Darwin' ? listExtended(ctx) : listActive(ctx)),
  }),
  is_mounted: fn({
    doc: 'Tell whether something is mounted at a path.',
    args: { name: s.path('The mount point') },
    returns: s.boolean(),
    examples: ["salt '*' mount.is_mounted /mnt/share"],
    run: (ctx, { name }) => isMounted(ctx, name),
  }),
  get_mount_from_path: fn({
    doc: 'Tell the mount point of the file system that a path is in.',
    args: { path },
    returns: s.string(),
    examples: ["salt '*' mount.get_mount_from_path /opt/some/nested/path"],
    run: (ctx, args) => mountPointOf(ctx, args.path),
  }),
  get_device_from_path: fn({
    doc: 'Tell the device of the file system that a path is in.',
    args: { path },
    returns: s.union([s.string(), s.null()], 'Null where it cannot be told'),
    examples: ["salt '*' mount.get_device_from_path /"],
    async run(ctx, args) {
      const point = await mountPointOf(ctx, args.path)
      return (await readMounts(ctx)).findLast((mounted) => mounted.point === point)?.device ?? null
    },
  }),
}
