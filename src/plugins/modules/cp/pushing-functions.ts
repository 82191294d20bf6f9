/** Files of this minion for the master. */
import { open, readdir, realpath, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import type { MasterCalls } from '../../../client/master-link.ts'
import { largestPart } from '../../../engine/files/file-roots.ts'
import { hashOf } from '../../../engine/files/partial-file.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { matchGlob } from '../../../engine/target/glob.ts'

const uploadPath = s.optional(s.string('Where it shall lie on the master, below the folder of this minion'))

export const pushingFunctions = {
  push: fn({
    doc: 'Send a file of this minion to the master. The master must allow it by `file_recv`.',
    args: {
      path: s.string('An absolute path'),
      keep_symlinks: s.withDefault(s.boolean('Keep the path of a link instead of that of its file'), false),
      upload_path: uploadPath,
      remove_source: s.withDefault(s.boolean('Remove the file here when the master has it'), false),
    },
    returns: s.boolean('Whether the master has it'),
    examples: ["salt '*' cp.push /etc/hostname"],
    run: async (ctx, { path, keep_symlinks, upload_path, remove_source }) => {
      if (!path.startsWith('/')) throw new SaltError('bad-arguments', `the path ${path} is not absolute`)
      const name = upload_path ?? (keep_symlinks ? path : await realpath(path).catch(() => path))
      await send(ctx, path, name.replace(/^\/+/, ''))
      if (remove_source) await rm(path)
      return true
    },
  }),
  push_dir: fn({
    doc: 'Send the files below a folder of this minion to the master. The master must allow it by `file_recv`.',
    args: {
      path: s.string('An absolute path'),
      glob: s.optional(s.string('Only files with names like this')),
      upload_path: uploadPath,
    },
    returns: s.boolean('Whether the master has them'),
    examples: ["salt '*' cp.push_dir /etc/logrotate.d '*.conf'"],
    run: async (ctx, { path, glob, upload_path }) => {
      if (!path.startsWith('/')) throw new SaltError('bad-arguments', `the path ${path} is not absolute`)
      masterOf(ctx)
      for (const file of await filesBelow(path)) {
        if (glob !== undefined && !matchGlob(glob, basename(file))) continue
        await send(ctx, join(path, file), join(upload_path ?? path, file).replace(/^\/+/, ''))
      }
      return true
    },
  }),
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
      .sort()
  } catch (cause) {
    throw new SaltError('execution-failed', `cannot read the folder: ${systemReason(cause)}`, { where: folder, cause })
  }
}

function masterOf(ctx: FunctionContext): MasterCalls {
  const master = ctx.services.masters?.[0]
  if (master !== undefined) return master
  throw new SaltError('execution-failed', 'there is no master to send a file to')
}

/** In parts, from where the master has it. */
async function send(ctx: FunctionContext, path: string, name: string): Promise<void> {
  const master = masterOf(ctx)
  const sha256 = await hashOf(path)
  if (sha256 === undefined) throw new SaltError('execution-failed', `there is no file ${path}`)
  const { size } = await stat(path)
  const push = (offset: number, bytes: Uint8Array): Promise<number> =>
    master.call('file.push', { path: name, size, sha256, offset, bytes }, { signal: ctx.signal })
  const file = await open(path, 'r')
  try {
    let offset = await push(0, new Uint8Array())
    while (offset < size) {
      const buffer = Buffer.alloc(largestPart)
      const { bytesRead } = await file.read(buffer, 0, largestPart, offset)
      if (bytesRead === 0) throw new SaltError('storage', 'the file has become shorter', { where: path })
      offset = await push(offset, buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
