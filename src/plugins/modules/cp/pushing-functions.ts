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
    returns: s.boolean('Whether the master has them; false where there are none'),
    examples: ["salt '*' cp.push_dir /etc/logrotate.d '*.conf'"],
    run: async (ctx, { path, glob, upload_path }) => {
      if (!path.startsWith('/')) throw new SaltError('bad-arguments', `the path ${path} is not absolute`)
      masterOf(ctx)
      const files = (await filesBelow(path)).filter((file) => glob === undefined || matchGlob(glob, basename(file)))
      for (const file of files) {
        const source = join(path, file)
        const name = upload_path === undefined ? await realpath(source) : join(upload_path, file)
        await send(ctx, source, name.replace(/^\/+/, ''))
      }
      return files.length > 0
    },
  }),
}

/** Paths below a folder, or an empty one for a file. Links to files count, links to folders lead anywhere and do not. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    if ((await stat(folder)).isFile()) return ['']
    const found: string[] = []
    const walk = async (under: string): Promise<void> => {
      for (const entry of await readdir(join(folder, under), { withFileTypes: true })) {
        const path = join(under, entry.name)
        if (entry.isDirectory()) await walk(path)
        else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(folder, path))))) found.push(path)
      }
    }
    await walk('')
    return found.sort()
  } catch (cause) {
    throw new SaltError('execution-failed', `cannot read the folder: ${systemReason(cause)}`, { where: folder, cause })
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
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
