/** What disks and network interfaces did since boot, and the space of partitions. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { linesOf, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readMounts } from '../../../engine/functions/mount-table.ts'
import { listSystemFolder, readSystemFile, requireSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { percentOf } from './memory.ts'

type Counts = Record<string, number>

const everything = s.withDefault(s.boolean('Also those that are not on a disk, such as /proc'), false)
const counters = s.union([s.record(s.integer()), s.boolean()], 'Counts by name; false for one that does not exist')
const sectorBytes = 512

function sumOf(each: readonly Counts[]): Counts {
  const sum: Counts = {}
  for (const [name, count] of each.flatMap((counts) => Object.entries(counts))) sum[name] = (sum[name] ?? 0) + count
  return sum
}

function readInterfaces(ctx: FunctionContext): Map<string, Counts> {
  const lines = linesOf(requireSystemFile(ctx, '/proc/net/dev')).filter((line) => line.includes(':'))
  return new Map(
    lines.map((line) => {
      const colon = line.lastIndexOf(':')
      const counts = wordsOf(line.slice(colon + 1)).map(Number)
      const at = (index: number): number => counts[index] ?? 0
      const named = {
        bytes_sent: at(8),
        bytes_recv: at(0),
        packets_sent: at(9),
        packets_recv: at(1),
        errin: at(2),
        errout: at(10),
        dropin: at(3),
        dropout: at(11),
      }
      return [line.slice(0, colon).trim(), named]
    }),
  )
}

function readDisks(ctx: FunctionContext): Map<string, Counts> {
  return new Map(
    linesOf(requireSystemFile(ctx, '/proc/diskstats'))
      .map(wordsOf)
      .map(([, , name = '', ...counts]) => {
        const at = (index: number): number => Number(counts[index] ?? 0)
        const named = {
          read_count: at(0),
          write_count: at(4),
          read_bytes: at(2) * sectorBytes,
          write_bytes: at(6) * sectorBytes,
          read_time: at(3),
          write_time: at(7),
          read_merged_count: at(1),
          write_merged_count: at(5),
          busy_time: at(9),
        }
        return [name, named]
      }),
  )
}

async function listPartitions(ctx: FunctionContext, all: boolean): Promise<Record<string, string>[]> {
  const known = linesOf(readSystemFile(ctx, '/proc/filesystems') ?? '')
  const onDisks = new Set(['zfs', ...known.filter((line) => !line.startsWith('nodev')).map((line) => line.trim())])
  const mounts = (await readMounts(ctx)).filter(({ device, type }) => all || (device !== '' && onDisks.has(type)))
  return mounts.map(({ device, point, type, options }) => ({
    device: device === 'none' ? '' : device,
    mountpoint: point,
    fstype: type,
    opts: options.join(','),
  }))
}

async function usageOf(ctx: FunctionContext, path: string) {
  try {
    const { bsize, blocks, bfree, bavail } = await fs.promises.statfs(ctx.at(path))
    const used = (blocks - bfree) * bsize
    const free = bavail * bsize
    return { total: blocks * bsize, used, free, percent: percentOf(used, used + free) }
  } catch (error) {
    throw new SaltError('execution-failed', `Cannot tell the space of ${path}: ${systemReason(error)}`)
  }
}

export const counterFunctions = {
  disk_partitions: fn({
    doc: 'List the partitions that are mounted.',
    args: { all: everything },
    returns: s.array(s.record(s.string())),
    examples: ["salt '*' ps.disk_partitions"],
    run: (ctx, { all }) => listPartitions(ctx, all),
  }),
  disk_usage: fn({
    doc: 'Tell how the file system of a path is used, in bytes.',
    args: { path: s.path('Path in the file system') },
    returns: s.record(s.any()),
    examples: ["salt '*' ps.disk_usage /"],
    run: (ctx, { path }) => usageOf(ctx, path),
  }),
  disk_partition_usage: fn({
    doc: 'List the partitions that are mounted, and how each is used, in bytes. One that cannot be looked into is listed alone.',
    args: { all: everything },
    returns: s.array(s.record(s.any())),
    examples: ["salt '*' ps.disk_partition_usage"],
    async run(ctx, { all }) {
      const partitions = await listPartitions(ctx, all)
      // A mount that another one hides, or that is somebody else's, is no reason to tell nothing of the others.
      const usages = await Promise.allSettled(partitions.map((one) => usageOf(ctx, one.mountpoint ?? '/')))
      return partitions.map((one, index) => {
        const usage = usages[index]
        return usage?.status === 'fulfilled' ? { ...one, ...usage.value } : one
      })
    },
  }),
  network_io_counters: fn({
    doc: 'Tell what the network interfaces, or one of them, sent and received since boot.',
    args: { interface: s.optional(s.string('Name of the interface; all together by default')) },
    returns: counters,
    examples: ["salt '*' ps.network_io_counters", "salt '*' ps.network_io_counters interface=eth0"],
    run(ctx, args) {
      const interfaces = readInterfaces(ctx)
      if (args.interface === undefined || args.interface === '') return sumOf([...interfaces.values()])
      return interfaces.get(args.interface) ?? false
    },
  }),
  disk_io_counters: fn({
    doc: 'Tell what the disks, or one of them, read and wrote since boot. Times are in milliseconds.',
    args: { device: s.optional(s.string('Name of the disk or partition; all disks together by default')) },
    returns: counters,
    examples: ["salt '*' ps.disk_io_counters", "salt '*' ps.disk_io_counters device=sda1"],
    run(ctx, { device }) {
      const disks = readDisks(ctx)
      if (device !== undefined && device !== '') return disks.get(device) ?? false
      // What partitions did is counted in their disks.
      const whole = new Set(listSystemFolder(ctx, '/sys/block'))
      const chosen = [...disks].filter(([name]) => whole.has(name.replaceAll('/', '!')))
      return sumOf(chosen.map(([, counts]) => counts))
    },
  }),
}
