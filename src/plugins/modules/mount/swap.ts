/** Functions of `mount` about swap space. */
import { s } from '../../../base/schema.ts'
import { assertOperand, linesOf, mustRun, wordsOf } from '../../../engine/functions/host-programs.ts'
import { unescapeField } from '../../../engine/functions/mount-table.ts'
import { readSystemFile } from '../../../engine/functions/system-files.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const name = s.path('The swap file, or partition')
const facts = s.record(s.string())

function listSwaps(ctx: FunctionContext): Record<string, Record<string, string>> {
  const rows = linesOf(readSystemFile(ctx, '/proc/swaps') ?? '')
    .slice(1)
    .map(wordsOf)
  return Object.fromEntries(
    rows.map(([path = '', type = '', size = '', used = '', priority = '']) => [
      unescapeField(path),
      { type, size, used, priority },
    ]),
  )
}

export const swapFunctions = {
  swaps: fn({
    doc: 'Tell what swap space is in use, and how much of it, in kilobytes.',
    returns: s.record(facts),
    examples: ["salt '*' mount.swaps"],
    run: listSwaps,
  }),
  swapon: fn({
    doc: 'Use a file or partition as swap space.',
    args: { name, priority: s.optional(s.integer('The higher, the sooner it is used')) },
    returns: s.object({ stats: s.optional(facts), new: s.optional(s.boolean('Whether it was not in use before')) }),
    examples: ["salt '*' mount.swapon /root/swapfile"],
    async run(ctx, args) {
      assertOperand(args.name, 'swap space')
      const before = listSwaps(ctx)[args.name]
      if (before !== undefined) return { stats: before, new: false }
      const priority = args.priority === undefined || args.priority === 0 ? [] : ['-p', String(args.priority)]
      await mustRun(ctx, ['swapon', ...priority, args.name])
      const stats = listSwaps(ctx)[args.name]
      return stats === undefined ? { stats, new: undefined } : { stats, new: true }
    },
  }),
  swapoff: fn({
    doc: 'Use a file or partition as swap space no longer.',
    args: { name },
    returns: s.union([s.boolean(), s.null()], 'Whether it worked; null where it was not in use'),
    examples: ["salt '*' mount.swapoff /root/swapfile"],
    async run(ctx, args) {
      assertOperand(args.name, 'swap space')
      if (listSwaps(ctx)[args.name] === undefined) return null
      await mustRun(ctx, ['swapoff', args.name])
      return listSwaps(ctx)[args.name] === undefined
    },
  }),
}
