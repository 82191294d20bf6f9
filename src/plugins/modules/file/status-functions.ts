/** Functions of `file` that tell what a file is. */
import * as fs from 'node:fs'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { hashOf } from './hash.ts'
import { absolutePath, expandUser, globPaths } from './paths.ts'
import { isDevice, isFolder, isLink, isRegularFile, seconds, statusOf } from './status.ts'

const path = s.path('The file')
const followLinks = s.withDefault(s.boolean('Look at what a link leads to'), true)
const name = s.path('The path')

export const statusFunctions = {
  stats: fn({
    doc: 'Tell owner, mode, size, times and type of a file.',
    args: {
      path,
      hash_type: s.optional(s.string('Give the checksum of the content too: `sha256`')),
      follow_symlinks: followLinks,
    },
    returns: s.record(s.any()),
    examples: [`salt '*' file.stats /etc/passwd`],
    async run(_ctx, args) {
      const { type, target, ...status } = statusOf(args.path, args.follow_symlinks)
      const sum = args.hash_type ? { sum: await hashOf(expandUser(args.path), args.hash_type) } : {}
      return { ...status, ...sum, type, target }
    },
  }),
  lstat: fn({
    doc: 'Tell what the system call `lstat` knows about a file, or nothing where there is none.',
    args: { path },
    returns: s.record(s.any()),
    examples: [`salt '*' file.lstat /etc/passwd`],
    run(_ctx, args) {
      const full = absolutePath(args.path, 'Path to file must be absolute.')
      try {
        const status = fs.lstatSync(full, { bigint: true })
        return {
          st_atime: seconds(status.atimeNs),
          st_ctime: seconds(status.ctimeNs),
          st_gid: Number(status.gid),
          st_mode: Number(status.mode),
          st_mtime: seconds(status.mtimeNs),
          st_nlink: Number(status.nlink),
          st_size: Number(status.size),
          st_uid: Number(status.uid),
        }
      } catch {
        return {}
      }
    },
  }),
  get_uid: fn({
    doc: 'Give the id of the user who owns a file.',
    args: { path, follow_symlinks: followLinks },
    returns: s.integer(),
    examples: [`salt '*' file.get_uid /etc/passwd`],
    run: (_ctx, args) => statusOf(args.path, args.follow_symlinks).uid,
  }),
  get_user: fn({
    doc: 'Give the name of the user who owns a file, or the id where it has no name.',
    args: { path, follow_symlinks: followLinks },
    returns: s.union([s.string(), s.integer()]),
    examples: [`salt '*' file.get_user /etc/passwd`],
    run: (_ctx, args) => statusOf(args.path, args.follow_symlinks).user,
  }),
  get_gid: fn({
    doc: 'Give the id of the group that owns a file.',
    args: { path, follow_symlinks: followLinks },
    returns: s.integer(),
    examples: [`salt '*' file.get_gid /etc/passwd`],
    run: (_ctx, args) => statusOf(args.path, args.follow_symlinks).gid,
  }),
  get_group: fn({
    doc: 'Give the name of the group that owns a file, or the id where it has no name.',
    args: { path, follow_symlinks: followLinks },
    returns: s.union([s.string(), s.integer()]),
    examples: [`salt '*' file.get_group /etc/passwd`],
    run: (_ctx, args) => statusOf(args.path, args.follow_symlinks).group,
  }),
  get_mode: fn({
    doc: 'Give the mode of a file as four octal digits.',
    args: { path, follow_symlinks: followLinks },
    returns: s.string(),
    examples: [`salt '*' file.get_mode /etc/passwd`],
    run: (_ctx, args) => statusOf(args.path, args.follow_symlinks).mode,
  }),
  file_exists: fn({
    doc: 'Tell whether there is a regular file at a path.',
    args: { path },
    returns: s.boolean(),
    examples: [`salt '*' file.file_exists /etc/passwd`],
    run: (_ctx, args) => isRegularFile(expandUser(args.path)),
  }),
  directory_exists: fn({
    doc: 'Tell whether there is a folder at a path.',
    args: { path },
    returns: s.boolean(),
    examples: [`salt '*' file.directory_exists /etc`],
    run: (_ctx, args) => isFolder(expandUser(args.path)),
  }),
  path_exists_glob: fn({
    doc: 'Tell whether any path matches a pattern with `*`, `?` and `[…]`.',
    args: { path: s.string('The pattern') },
    returns: s.boolean(),
    examples: [`salt '*' file.path_exists_glob '/etc/pam*/pass*'`],
    run: (_ctx, args) => globPaths(expandUser(args.path)).length > 0,
  }),
  is_link: fn({
    doc: 'Tell whether a path is a symbolic link.',
    args: { path },
    returns: s.boolean(),
    examples: [`salt '*' file.is_link /etc/mtab`],
    run: (_ctx, args) => isLink(expandUser(args.path)),
  }),
  is_hardlink: fn({
    doc: 'Tell whether a file has more than one name.',
    args: { path },
    returns: s.boolean(),
    examples: [`salt '*' file.is_hardlink /etc/passwd`],
    run(_ctx, args) {
      const full = absolutePath(args.path, 'Path to file must be absolute.')
      const status = fs.lstatSync(full, { throwIfNoEntry: false })
      return status !== undefined && status.nlink > 1
    },
  }),
  is_chrdev: fn({
    doc: 'Tell whether a path is a character device.',
    args: { name },
    returns: s.boolean(),
    examples: [`salt '*' file.is_chrdev /dev/null`],
    run: (_ctx, args) => isDevice(expandUser(args.name), (status) => status.isCharacterDevice()),
  }),
  is_blkdev: fn({
    doc: 'Tell whether a path is a block device.',
    args: { name },
    returns: s.boolean(),
    examples: [`salt '*' file.is_blkdev /dev/sda`],
    run: (_ctx, args) => isDevice(expandUser(args.name), (status) => status.isBlockDevice()),
  }),
  is_fifo: fn({
    doc: 'Tell whether a path is a named pipe.',
    args: { name },
    returns: s.boolean(),
    examples: [`salt '*' file.is_fifo /srv/app/pipe`],
    run: (_ctx, args) => isDevice(expandUser(args.name), (status) => status.isFIFO()),
  }),
  get_devmm: fn({
    doc: 'Give the major and minor number of a device, or zeros for anything else.',
    args: { name },
    returns: s.array(s.integer()),
    examples: [`salt '*' file.get_devmm /dev/null`],
    run(_ctx, args) {
      const status = fs.statSync(expandUser(args.name), { bigint: true, throwIfNoEntry: false })
      if (!status?.isCharacterDevice() && !status?.isBlockDevice()) return [0, 0]
      const { rdev } = status
      // As the C library packs them on Linux.
      const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
      const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xfff_ff00n)
      return [Number(major), Number(minor)]
    },
  }),
}
