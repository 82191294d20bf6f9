/** Functions of `file` that read files, folders and file systems. */

import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { namesIn } from '../../../base/files.ts'
import { readWhole } from '../../../base/read-whole.ts'
import { s } from '../../../base/schema.ts'
import { compareText } from '../../../base/text.ts'
import { fn } from '../../../engine/plugin.ts'
import { decode, readText } from './content.ts'
import { attempt, systemText } from './failure.ts'
import { mountFlags } from './mount-flags.ts'
import { absolutePath, expandUser, joinPath, linkTarget, realPath } from './paths.ts'
import { isFolder, isRegularFile } from './status.ts'

const path = s.path('The file')
const content = s.union([s.text(), s.any()], 'The content; bytes where it is not UTF-8')

function textOrBytes(bytes: Buffer): unknown {
  const { text, encoding } = decode(bytes)
  return encoding === 'utf8' ? text : new Uint8Array(bytes)
}

const accessModes: Readonly<Record<string, number>> = {
  f: fs.constants.F_OK,
  r: fs.constants.R_OK,
  w: fs.constants.W_OK,
  x: fs.constants.X_OK,
}

export const readingFunctions = {
  read: fn({
    doc: 'Give the content of a file.',
    args: { path, binary: s.withDefault(s.boolean('Give the bytes as they are'), false) },
    returns: content,
    examples: [`salt '*' file.read /etc/hostname`],
    run(_ctx, args) {
      if (!args.binary) return readText(args.path).text
      return textOrBytes(attempt(args.path, () => readWhole(args.path)))
    },
  }),
  seek_read: fn({
    doc: 'Read a part of a file.',
    args: { path, size: s.integer('Bytes to read'), offset: s.integer('Where to begin') },
    returns: content,
    examples: [`salt '*' file.seek_read /etc/passwd 64 0`],
    run(_ctx, args) {
      const full = expandUser(args.path)
      return attempt(full, () => {
        const descriptor = fs.openSync(full, 'r')
        try {
          const size = Math.min(args.size, Math.max(fs.fstatSync(descriptor).size - args.offset, 1024 * 1024))
          const bytes = Buffer.alloc(size)
          return textOrBytes(bytes.subarray(0, fs.readSync(descriptor, bytes, 0, size, args.offset)))
        } finally {
          fs.closeSync(descriptor)
        }
      })
    },
  }),
  readlink: fn({
    doc: 'Tell where a symbolic link leads.',
    args: { path, canonicalize: s.withDefault(s.boolean('Follow all links up to the end'), false) },
    returns: s.path(),
    examples: [`salt '*' file.readlink /proc/self`],
    run(_ctx, args) {
      const expanded = expandUser(args.path).replace(
        /\$(?:\{(\w+)\}|(\w+))/g,
        (whole: string, braced?: string, bare?: string) => process.env[braced ?? bare ?? ''] ?? whole,
      )
      const full = absolutePath(expanded, `Path to link must be absolute: ${expanded}`)
      const target = linkTarget(full)
      if (target === undefined) throw new SaltError('bad-arguments', `A valid link was not specified: ${full}`)
      return args.canonicalize ? realPath(full) : target
    },
  }),
  readdir: fn({
    doc: 'List what is in a folder, `.` and `..` among it.',
    args: { path: s.path('The folder') },
    returns: s.array(s.string()),
    examples: [`salt '*' file.readdir /etc/apt`],
    run(_ctx, args) {
      const full = absolutePath(args.path, 'Dir path must be absolute.')
      if (!isFolder(full)) throw new SaltError('bad-arguments', 'A valid directory was not specified.')
      const names = attempt(full, () => fs.readdirSync(full))
      return ['.', '..', ...names.sort(compareText)]
    },
  }),
  access: fn({
    doc: 'Tell whether this process may do something with a file.',
    args: {
      path,
      mode: s.union(
        [s.string(), s.integer()],
        'Whether it exists (`f`), or may be read (`r`), written (`w`) or run (`x`)',
      ),
    },
    returns: s.boolean(),
    examples: [`salt '*' file.access /etc/passwd r`],
    run(_ctx, { path, mode }) {
      const full = absolutePath(path, 'Path to link must be absolute.')
      const wanted = Object.entries(accessModes).find(([letter, number]) => mode === letter || mode === number)
      if (wanted === undefined) throw new SaltError('bad-arguments', 'Invalid mode specified.')
      try {
        fs.accessSync(full, wanted[1])
        return true
      } catch {
        return false
      }
    },
  }),
  diskusage: fn({
    doc: 'Add up the sizes of all files below a folder, in bytes.',
    args: { path: s.path('The folder, or a file') },
    returns: s.bytes(),
    examples: [`salt '*' file.diskusage /etc/apt`],
    async run(ctx, args) {
      if (isRegularFile(args.path)) return fs.statSync(args.path).size
      const seen = new Set<bigint>()
      let total = 0
      const folders = [args.path]
      for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        ctx.signal.throwIfAborted()
        const entries = await fs.promises.readdir(folder, { withFileTypes: true }).catch(() => [])
        for (const entry of entries) {
          const name = joinPath(folder, entry.name)
          if (entry.isDirectory()) folders.push(name)
          else if (!isFolder(name)) {
            const status = await fs.promises.stat(name, { bigint: true }).catch(() => undefined)
            if (status === undefined || seen.has(status.ino)) continue
            seen.add(status.ino)
            total += Number(status.size)
          }
        }
      }
      return total
    },
  }),
  statvfs: fn({
    doc: 'Tell what the system call `statvfs` knows about the file system of a path.',
    args: { path: s.path('A path on the file system') },
    returns: s.record(s.integer()),
    examples: [`salt '*' file.statvfs /`],
    async run(ctx, args) {
      const full = absolutePath(args.path)
      let status: fs.StatsFs
      try {
        status = fs.statfsSync(full)
      } catch (error) {
        throw new SaltError('execution-failed', `Could not statvfs '${full}'`, {
          hint: `(${systemText(error, full)})`,
          cause: error,
        })
      }
      // Node does not tell the longest name; nearly all file systems have the same.
      const name = await ctx.exec(['stat', '-f', '-c', '%l', full]).catch(() => undefined)
      return {
        f_bavail: status.bavail,
        f_bfree: status.bfree,
        f_blocks: status.blocks,
        f_bsize: status.bsize,
        f_favail: status.ffree,
        f_ffree: status.ffree,
        f_files: status.files,
        f_flag: mountFlags(ctx, full),
        f_frsize: status.frsize,
        f_namemax: Number.parseInt(name?.stdout ?? '', 10) || 255,
      }
    },
  }),
  open_files: fn({
    doc: 'List the files that processes have open: file → process ids, or the other way round.',
    args: { by_pid: s.withDefault(s.boolean('Give process id → files'), false) },
    returns: s.record(s.array(s.any())),
    examples: [`salt '*' file.open_files`, `salt '*' file.open_files by_pid=True`],
    run(ctx, args) {
      const files: Record<string, number[]> = {}
      const processes: Record<string, string[]> = {}
      const proc = ctx.at('/proc')
      const ids = fs.readdirSync(proc).filter((name) => /^\d+$/.test(name))
      for (const id of ids) {
        const names = openFilesOf(joinPath(proc, id))
        processes[id] = names
        for (const name of names) files[name] = [...(files[name] ?? []), Number(id)]
      }
      for (const users of Object.values(files)) users.sort((a, b) => a - b)
      return args.by_pid ? processes : files
    },
  }),
}

/** Files that exist; sockets, pipes and removed files are left out. A process that ends meanwhile has none. */
function openFilesOf(folder: string): string[] {
  const links = [
    joinPath(folder, 'exe'),
    ...namesIn(joinPath(folder, 'fd')).map((name) => joinPath(folder, 'fd', name)),
  ]
  const targets = links.map(linkTarget).filter((target) => target !== undefined)
  return [...new Set(targets)].filter((target) => target.startsWith('/') && fs.existsSync(target)).sort(compareText)
}
