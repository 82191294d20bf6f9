import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { mustRun } from '../../../engine/functions/host-programs.ts'
import { defineModule, fn } from '../../../engine/plugin.ts'
import { diskUsage } from './disk-usage.ts'
import { kernelFunctions } from './kernel-functions.ts'
import { masterFunctions } from './master-functions.ts'
import { processFunctions } from './process-functions.ts'

const all = [
  'cpuinfo',
  'cpustats',
  'diskstats',
  'diskusage',
  'loadavg',
  'meminfo',
  'netdev',
  'netstats',
  'uptime',
  'vmstats',
  'w',
]

export const status = defineModule({
  name: 'status',
  doc: 'Tells how this host does: load, memory, disks, network, processes and its way to the master.',
  functions: {
    ...kernelFunctions,
    ...processFunctions,
    ...masterFunctions,
    diskusage: diskUsage,
    time: fn({
      doc: 'Tell the time of this host.',
      args: { format: s.withDefault(s.string('As for strftime'), '%A, %d. %B %Y %I:%M%p') },
      returns: s.string(),
      examples: ["salt '*' status.time", "salt '*' status.time '%s'"],
      run: async (ctx, { format }) => (await mustRun(ctx, ['date', `+${format}`])).stdout.trimEnd(),
    }),
    all_status: fn({
      doc: 'Tell all that status can tell of the kernel, its disks and users.',
      returns: s.record(s.any()),
      examples: ["salt '*' status.all_status"],
      async run(ctx) {
        const answers: Record<string, unknown> = {}
        for (const name of all) answers[name] = await ctx.salt(`status.${name}`)
        return answers
      },
    }),
    custom: fn({
      doc: 'Tell what the configuration names: `status.FUNCTION.custom` lists the items wanted of that function.',
      returns: s.record(s.any()),
      examples: ["salt '*' status.custom"],
      async run(ctx) {
        const chosen: Record<string, unknown> = {}
        const wanted = await ctx.salt('config.dot_vals', ['status'])
        for (const [name, items] of isRecord(wanted) ? Object.entries(wanted) : []) {
          const answer = await ctx.salt(`status.${name.split('.')[1] ?? ''}`)
          if (!isRecord(answer)) continue
          for (const item of [items].flat().map(String)) chosen[item] = answer[item] ?? null
        }
        return chosen
      },
    }),
  },
})
