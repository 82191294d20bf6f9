/** Free space of mounted file systems. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { readMounts } from '../../../engine/functions/mount-table.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { compileGlob } from '../../../engine/target/glob.ts'

export const diskUsage = fn({
  doc: 'Tell size and free space, in bytes, of mounted file systems.',
  rest: s.string('Path, or pattern for the type of a file system; all by default'),
  returns: s.record(s.object({ available: s.any('Bytes'), total: s.any('Bytes') })),
  examples: ["salt '*' status.diskusage", "salt '*' status.diskusage / ext4", "salt '*' status.diskusage 'ext?'"],
  async run(ctx, _args, { rest }) {
    const words = rest.map(String)
    const paths = words.filter((word) => word.startsWith('/'))
    const types = words.filter((word) => !word.startsWith('/'))
    const patterns = (words.length === 0 ? ['*'] : types).map(compileGlob)
    const mounted = patterns.length === 0 ? [] : await readMounts(ctx)
    const chosen = mounted.filter(({ type }) => patterns.some((pattern) => pattern.matches(type)))
    const usage: Record<string, { available: number; total: number }> = {}
    for (const path of new Set(chosen.map(({ point }) => point))) {
      // What somebody else mounted may not be open to this user.
      const space = await spaceOf(ctx, path).catch(() => undefined)
      if (space !== undefined) usage[path] = space
    }
    for (const path of paths) {
      usage[path] = await spaceOf(ctx, path).catch((error: unknown) => {
        throw new SaltError('execution-failed', `Cannot tell the space of ${path}: ${systemReason(error)}`)
      })
    }
    return usage
  },
})

async function spaceOf(ctx: FunctionContext, path: string): Promise<{ available: number; total: number }> {
  const { bsize, bavail, blocks } = await fs.promises.statfs(ctx.at(path))
  return { available: bavail * bsize, total: blocks * bsize }
}
