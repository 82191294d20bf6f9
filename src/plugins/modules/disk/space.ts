/** Functions of `disk` that ask df. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { complaintOf, linesOf } from '../../../engine/functions/host-programs.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'

const flags = s.optional(s.string('Flags for df, some of aBhHiklPtTxv'))
const table = s.record(s.record(s.string()), 'Facts by mount point')

const isDarwin = (ctx: FunctionContext): boolean => ctx.grains.kernel === 'Darwin'

/** Columns of a line of df: what is left of them is the file system, what is right of them the mount point. */
const posixLine = /^(.+?)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d+%|-)\s+(\/.*)$/
const darwinLine = /^(.+?)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\d+%|-)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\/.*)$/

async function df(ctx: FunctionContext, words: readonly string[], line: RegExp): Promise<string[][]> {
  const argv = ['df', ...words]
  const result = await ctx.exec(argv)
  // One file system that does not answer is no reason to tell nothing of the others.
  if (result.retcode !== 0 && result.stdout === '') throw new SaltError('execution-failed', complaintOf(argv, result))
  const found = linesOf(result.stdout)
    .slice(1)
    .map((one) => line.exec(one))
  return found.filter((match) => match !== null).map((match) => match.slice(1))
}

function flagWords(given: string | undefined, caller: string): string[] {
  if (given === undefined || given === '') return []
  if (!/^[aBhHiklPtTxv]+$/.test(given)) {
    throw new SaltError('execution-failed', `Invalid flag passed to ${caller}`)
  }
  return [`-${given}`]
}

const names = ['filesystem', '1K-blocks', 'used', 'available', 'capacity']
const darwinNames = ['filesystem', '512-blocks', 'used', 'available', 'capacity', 'iused', 'ifree', '%iused']
const inodeNames = ['filesystem', 'inodes', 'used', 'free', 'use']

function byMountPoint(rows: readonly string[][], columns: readonly string[]): Record<string, Record<string, string>> {
  const named = rows.map((row) => [
    row.at(-1) ?? '',
    Object.fromEntries(columns.map((name, index) => [name, row[index] ?? ''])),
  ])
  return Object.fromEntries(named)
}

function usageRows(ctx: FunctionContext, more: readonly string[] = []): Promise<string[][]> {
  return isDarwin(ctx) ? df(ctx, more, darwinLine) : df(ctx, ['-P', ...more], posixLine)
}

export const spaceFunctions = {
  usage: fn({
    doc: 'Tell how the mounted file systems are used.',
    args: { args: flags },
    returns: table,
    examples: ["salt '*' disk.usage", "salt '*' disk.usage args=h"],
    async run(ctx, { args }) {
      const rows = await usageRows(ctx, flagWords(args, 'disk.usage'))
      return byMountPoint(rows, isDarwin(ctx) ? darwinNames : names)
    },
  }),
  inodeusage: fn({
    doc: 'Tell how the inodes of the mounted file systems are used.',
    args: { args: flags },
    returns: table,
    examples: ["salt '*' disk.inodeusage"],
    async run(ctx, { args }) {
      const more = flagWords(args, 'disk.inodeusage')
      if (!isDarwin(ctx)) return byMountPoint(await df(ctx, ['-iP', ...more], posixLine), inodeNames)
      const rows = await df(ctx, ['-i', ...more], darwinLine)
      const shown = rows.map(([filesystem = '', , , , , used = '0', free = '0', use = '', point = '']) => {
        return [filesystem, String(Number(used) + Number(free)), used, free, use, point]
      })
      return byMountPoint(shown, inodeNames)
    },
  }),
  percent: fn({
    doc: 'Tell how full the mounted file systems are, or one of them, in percent.',
    args: { args: s.optional(s.string('Mount point; all by default')) },
    returns: s.union([s.record(s.string()), s.string()], 'Percent by mount point, or of the one'),
    examples: ["salt '*' disk.percent", "salt '*' disk.percent /"],
    async run(ctx, { args }) {
      const rows = await usageRows(ctx)
      const shares = new Map(rows.map((row) => [row.at(-1) ?? '', row[4] ?? '']))
      return args === undefined || args === '' ? Object.fromEntries(shares) : (shares.get(args) ?? {})
    },
  }),
}
