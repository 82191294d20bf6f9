/** Memory and swap space. */
import { asFloat, type Float } from '../../../base/float.ts'
import { s } from '../../../base/schema.ts'
import { readSystemFile, requireSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { pageSize } from './processes.ts'

/** Bytes by name of the count. */
function readMemory(ctx: FunctionContext): (name: string) => number | undefined {
  const text = requireSystemFile(ctx, '/proc/meminfo')
  const counts = new Map(
    Array.from(text.matchAll(/^(\S+):\s+(\d+) kB$/gm), ([, name, kb]) => [name, Number(kb) * 1024]),
  )
  return (name) => counts.get(name)
}

export function totalMemory(ctx: FunctionContext): number {
  return readMemory(ctx)('MemTotal') ?? 0
}

/** With one digit after the point. */
export function percentOf(part: number, whole: number): number | Float {
  return asFloat(whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10)
}

export const memoryFunctions = {
  virtual_memory: fn({
    doc: 'Tell how the memory is used, in bytes. What is available can be had without swapping.',
    returns: s.record(s.any()),
    examples: ["salt '*' ps.virtual_memory"],
    run(ctx) {
      const memory = readMemory(ctx)
      const count = (name: string): number => memory(name) ?? 0
      const [total, free, buffers] = [count('MemTotal'), count('MemFree'), count('Buffers')]
      const cached = count('Cached') + count('SReclaimable')
      const available = memory('MemAvailable') ?? Math.min(total, free + buffers + cached)
      const used = total - free - cached - buffers
      return {
        total,
        available,
        percent: percentOf(total - available, total),
        used: used < 0 ? total - free : used,
        free,
        active: count('Active'),
        inactive: count('Inactive'),
        buffers,
        cached,
        shared: memory('Shmem') ?? count('MemShared'),
        slab: count('Slab'),
      }
    },
  }),
  swap_memory: fn({
    doc: 'Tell how the swap space is used, and what was swapped in and out since boot, in bytes.',
    returns: s.record(s.any()),
    examples: ["salt '*' ps.swap_memory"],
    run(ctx) {
      const memory = readMemory(ctx)
      const [total, free] = [memory('SwapTotal') ?? 0, memory('SwapFree') ?? 0]
      const counts = readSystemFile(ctx, '/proc/vmstat') ?? ''
      const swapped = (name: string): number =>
        Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(counts)?.[1] ?? 0) * pageSize(ctx)
      return {
        total,
        used: total - free,
        free,
        percent: percentOf(total - free, total),
        sin: swapped('pswpin'),
        sout: swapped('pswpout'),
      }
    },
  }),
  total_physical_memory: fn({
    doc: 'Tell how much memory there is, in bytes.',
    returns: s.integer(),
    examples: ["salt '*' ps.total_physical_memory"],
    run: totalMemory,
  }),
}
