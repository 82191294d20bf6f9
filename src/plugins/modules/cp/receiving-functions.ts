/** The minion's side of `salt cp`. */
import { appendFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { gunzipSync, inflateSync } from 'node:zlib'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import { s } from '../../../base/schema.ts'
import { assertMayWrite, fetchServedFile, withStatus } from '../../../engine/functions/file-cache.ts'
import { fileSourceOf } from '../../../engine/functions/file-source.ts'
import { fn } from '../../../engine/plugin.ts'

const folderMode = 0o755
const largestChunk = 64 * 1024 * 1024

export const receivingFunctions = {
  receive: fn({
    doc: 'Fetch what `salt cp` offers while it runs: files and folders of the host of the master.',
    args: {
      offer: s.string('Environment under which they are offered'),
      dest: s.string('An absolute path: the file, or the folder that gets what is offered'),
    },
    returns: s.record(s.boolean(), 'Path → true'),
    examples: ["salt '*' cp.receive offer:0123456789abcdef0123456789abcdef /srv"],
    run: async (ctx, { offer, dest }) => {
      if (!offer.startsWith('offer:'))
        throw new SaltError('bad-arguments', `'${offer}' is no offer`, { hint: 'Use cp.get_file for the file server.' })
      if (ctx.services.masters?.[0] === undefined)
        throw new SaltError('execution-failed', 'there is no master that offers files')
      const source = fileSourceOf(ctx)
      const { files, folders } = await source.names(offer)
      const isInside = folders.length > 0 || files.length > 1 || dest.endsWith('/') || (await isFolder(dest))
      const targetOf = (path: string): string => (isInside ? join(dest, path) : dest)
      for (const path of [...files, ...folders]) assertMayWrite(ctx, targetOf(path))
      for (const path of folders) await makeFolder(targetOf(path))
      const received: Record<string, true> = {}
      for (const path of files) {
        const target = targetOf(path)
        const fetched = await withStatus(source, { saltenv: offer, path }, (status) => {
          const { mode } = status
          return fetchServedFile(source, { saltenv: offer, path, status, target, mode, folderMode, owner: ctx.id })
        })
        if (fetched === undefined) throw new SaltError('bad-path', `the file ${path} is not there any more`)
        received[target] = true
      }
      return received
    },
  }),
  recv: fn({
    doc: 'Write the files that come with the call.',
    args: {
      files: s.record(s.any(), 'Name → content'),
      dest: s.string('An absolute path: the file, or a folder for several'),
    },
    returns: s.record(s.any(), 'Path → true, or why not'),
    examples: ["salt '*' cp.recv '{hello.txt: hello}' /tmp/hello.txt"],
    run: async (ctx, { files, dest }) => {
      const names = Object.keys(files)
      const isInside = names.length > 1 || dest.endsWith('/') || (await isFolder(dest))
      const received: Record<string, true | string> = {}
      for (const name of names) {
        const target = isInside ? join(dest, basename(name)) : dest
        assertMayWrite(ctx, target)
        received[target] = await written(target, () => writeFile(target, bytesOf(files[name])))
      }
      return received
    },
  }),
  recv_chunked: fn({
    doc: 'Write a part of a file that comes with the call.',
    args: {
      dest: s.string('An absolute path'),
      chunk: s.any('The part; null makes a folder'),
      append: s.withDefault(s.boolean('Add it to what is there'), false),
      compressed: s.withDefault(s.boolean('The part is compressed by gzip or zlib'), true),
      mode: s.optional(s.union([s.integer(), s.string()], 'Permissions of the file')),
    },
    returns: s.any('True, or why not'),
    examples: ["salt '*' cp.recv_chunked /tmp/hello.txt hello compressed=False"],
    run: async (ctx, { dest, chunk, append, compressed, mode }) => {
      assertMayWrite(ctx, dest)
      if (chunk === null) return await written(dest, () => makeFolder(dest))
      const bytes = compressed ? expanded(bytesOf(chunk)) : bytesOf(chunk)
      const failure = await written(dest, async () => {
        await mkdir(dirname(dest), { recursive: true })
        await (append ? appendFile(dest, bytes) : writeFile(dest, bytes))
      })
      if (failure !== true || mode === undefined) return failure
      await ctx.salt('file.set_mode', [dest, typeof mode === 'number' ? mode.toString(8) : mode])
      return true
    },
  }),
}

function bytesOf(content: unknown): Uint8Array {
  return content instanceof Uint8Array ? content : Buffer.from(String(content ?? ''))
}

function expanded(bytes: Uint8Array): Uint8Array {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  try {
    return isGzip
      ? gunzipSync(bytes, { maxOutputLength: largestChunk })
      : inflateSync(bytes, { maxOutputLength: largestChunk })
  } catch (cause) {
    throw new SaltError('bad-arguments', 'the part is not compressed', { hint: 'Say compressed=False.', cause })
  }
}

/** True, or the reason as Salt's own function gives it: in the place of the result. */
async function written(path: string, write: () => Promise<unknown>): Promise<true | string> {
  try {
    await write()
    return true
  } catch (error) {
    return `${path}: ${systemReason(error)}`
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: folderMode })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
