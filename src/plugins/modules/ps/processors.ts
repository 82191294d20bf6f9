/** Processors, and what they spend their time on. */
import { setTimeout } from 'node:timers/promises'
import { SaltError } from '../../../base/errors.ts'
import { asFloat } from '../../../base/float.ts'
import { s } from '../../../base/schema.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import { requireSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { percentOf } from './memory.ts'
import { bootTime, ticksPerSecond } from './processes.ts'

const kinds = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guest_nice']
const perCpu = s.withDefault(s.boolean('A list with one item for each processor'), false)

/** Ticks by kind, of all processors together first. */
function readTimes(ctx: FunctionContext): number[][] {
  const lines = requireSystemFile(ctx, '/proc/stat').matchAll(/^cpu\d*\s+(.+)$/gm)
  return Array.from(lines, ([, counts = '']) => counts.split(' ').map(Number).slice(0, kinds.length))
}

function namedTimes(ticks: readonly number[]): Record<string, unknown> {
  return Object.fromEntries(kinds.map((kind, index) => [kind, asFloat((ticks[index] ?? 0) / ticksPerSecond)]))
}

/** Time of guests counts as user time already. */
const totalOf = (ticks: readonly number[]): number => ticks.slice(0, 8).reduce((sum, count) => sum + count, 0)
const idleOf = ([, , , idle = 0, iowait = 0]: readonly number[]): number => idle + iowait

function busyShare(before: readonly number[], after: readonly number[]) {
  const total = totalOf(after) - totalOf(before)
  return percentOf(Math.max(0, total - (idleOf(after) - idleOf(before))), total)
}

export const processorFunctions = {
  cpu_percent: fn({
    doc: 'Tell how busy the processors are, in percent, over an interval.',
    args: { interval: s.withDefault(s.seconds('How long to measure'), 0.1), per_cpu: perCpu },
    returns: s.any('Percent, or a list of them'),
    examples: ["salt '*' ps.cpu_percent", "salt '*' ps.cpu_percent interval=0.1 per_cpu=true"],
    async run(ctx, { interval, per_cpu }) {
      const before = readTimes(ctx)
      await setTimeout(interval * 1000, undefined, { signal: ctx.signal })
      const [all, ...each] = readTimes(ctx).map((ticks, index) => busyShare(before[index] ?? [], ticks))
      return per_cpu ? each : all
    },
  }),
  cpu_times: fn({
    doc: 'Tell what the processors spent their time on since boot, in seconds.',
    args: { per_cpu: perCpu },
    returns: s.any('Mapping of kinds to seconds, or a list of them'),
    examples: ["salt '*' ps.cpu_times", "salt '*' ps.cpu_times per_cpu=true"],
    run(ctx, { per_cpu }) {
      const [all, ...each] = readTimes(ctx).map(namedTimes)
      return per_cpu ? each : all
    },
  }),
  num_cpus: fn({
    doc: 'Tell how many processors there are.',
    returns: s.integer(),
    examples: ["salt '*' ps.num_cpus"],
    run: (ctx) => readTimes(ctx).length - 1,
  }),
  boot_time: fn({
    doc: 'Tell when this host was started.',
    args: { time_format: s.optional(s.string('As for strftime; seconds since 1970 by default')) },
    returns: s.union([s.integer(), s.string()]),
    examples: ["salt '*' ps.boot_time", "salt '*' ps.boot_time time_format='%Y-%m-%d'"],
    async run(ctx, { time_format }) {
      const at = bootTime(ctx)
      if (time_format === undefined || time_format === '') return at
      if (!time_format.includes('%')) throw new SaltError('bad-arguments', `Invalid format string: ${time_format}`)
      return (await mustRun(ctx, ['date', '-d', `@${at}`, `+${time_format}`])).stdout.trimEnd()
    },
  }),
}
