/** Functions of `status` that hand on what the kernel tells. */
import * as os from 'node:os'
import { SaltError } from '../../../base/errors.ts'
import { asFloat } from '../../../base/float.ts'
import { s } from '../../../base/schema.ts'
import { mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { readSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import {
  parseCpuInfo,
  parseCpuStats,
  parseDiskStats,
  parseInterfaces,
  parseMemory,
  parseNetStats,
  parseVmStats,
} from './kernel-tables.ts'

function table(
  name: string,
  doc: string,
  path: string,
  parse: (text: string) => Record<string, unknown>,
): FunctionDefinition {
  return fn({
    doc,
    returns: s.record(s.any()),
    examples: [`salt '*' status.${name}`],
    run: (ctx) => parse(kernelFile(ctx, path)),
  })
}

/** A file that this kernel may leave out; other kernels than Linux have none of them. */
function kernelFile(ctx: FunctionContext, path: string): string {
  if (typeof ctx.grains.kernel === 'string' && ctx.grains.kernel !== 'Linux') {
    throw new SaltError('execution-failed', `This needs ${path}, which only Linux has.`)
  }
  return readSystemFile(ctx, path) ?? ''
}

const isDarwin = (ctx: FunctionContext): boolean => ctx.grains.kernel === 'Darwin'

export const kernelFunctions = {
  cpustats: table('cpustats', 'Tell what the processors spent their time on since boot.', '/proc/stat', parseCpuStats),
  meminfo: table('meminfo', 'Tell how the memory is used: value and unit of each count.', '/proc/meminfo', parseMemory),
  cpuinfo: table('cpuinfo', 'Tell the facts of a processor of this host.', '/proc/cpuinfo', parseCpuInfo),
  diskstats: table('diskstats', 'Tell what the disks did since boot.', '/proc/diskstats', parseDiskStats),
  vmstats: table('vmstats', 'Tell the counts of the virtual memory.', '/proc/vmstat', parseVmStats),
  netstats: table('netstats', 'Tell the counts of the network protocols.', '/proc/net/netstat', parseNetStats),
  netdev: table('netdev', 'Tell what the network interfaces did since boot.', '/proc/net/dev', parseInterfaces),
  loadavg: fn({
    doc: 'Tell how many processes wanted to run on average, over 1, 5 and 15 minutes.',
    returns: s.record(s.any()),
    examples: ["salt '*' status.loadavg"],
    run(ctx) {
      const recorded = wordsOf(readSystemFile(ctx, '/proc/loadavg') ?? '').slice(0, 3)
      const [one = 0, five = 0, fifteen = 0] = recorded.length === 3 ? recorded.map(Number) : os.loadavg()
      return { '1-min': asFloat(one), '5-min': asFloat(five), '15-min': asFloat(fifteen) }
    },
  }),
  nproc: fn({
    doc: 'Tell how many processors this host can use.',
    returns: s.integer(),
    examples: ["salt '*' status.nproc"],
    async run(ctx) {
      const { stdout } = await mustRun(ctx, isDarwin(ctx) ? ['sysctl', '-n', 'hw.ncpu'] : ['nproc'])
      return Number.parseInt(stdout, 10)
    },
  }),
  version: fn({
    doc: 'Tell the version of the kernel.',
    returns: s.string(),
    examples: ["salt '*' status.version"],
    async run(ctx) {
      if (!isDarwin(ctx)) return kernelFile(ctx, '/proc/version').trim()
      return (await mustRun(ctx, ['sysctl', '-n', 'kern.version'])).stdout.trim()
    },
  }),
}
