/** Functions of `file` that link, copy, move and rename. */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { systemText, systemWords } from './failure.ts'
import { absolutePath, expandUser, joinPath, linkTarget, normalizePath, splitPath } from './paths.ts'
import { checkPermissions } from './permissions.ts'
import { isFolder, statusOf } from './status.ts'

/** Does the work; a fault of the system becomes the sentence, with the reason. */
async function trying(sentence: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    if (cause instanceof SaltError) throw cause
    throw new SaltError('execution-failed', sentence, { hint: `(${systemWords(cause)})`, cause })
  }
}

function renamed(from: string, to: string): boolean {
  const src = absolutePath(from)
  const dst = expandUser(to)
  try {
    fs.renameSync(src, dst)
    return true
  } catch (cause) {
    throw new SaltError('execution-failed', `Could not rename '${src}' to '${dst}'`, {
      hint: `(${systemWords(cause)})`,
      cause,
    })
  }
}

/** A rename, or a copy where the other side is another file system. A folder that exists takes it in. */
async function moveTo(src: string, given: string): Promise<void> {
  const dst = isFolder(given) ? joinPath(given, splitPath(src.replace(/\/+$/, ''))[1]) : given
  if (dst !== given && fs.existsSync(dst)) {
    throw new SaltError(
      'execution-failed',
      `Unable to move '${src}' to '${given}': Destination path '${dst}' already exists`,
    )
  }
  try {
    await fs.promises.rename(src, dst)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    await fs.promises.cp(src, dst, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    await fs.promises.rm(src, { recursive: true })
  }
}

function replaceLink(target: string, path: string): void {
  const temporary = joinPath(posix.dirname(path), `.${randomBytes(6).toString('hex')}`)
  fs.symlinkSync(target, temporary)
  try {
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}

export const movingFunctions = {
  link: fn({
    doc: 'Give a file another name (a hard link).',
    args: { src: s.path('The file'), path: s.path('The other name') },
    returns: s.boolean(),
    examples: [`salt '*' file.link /srv/docs/a.txt /srv/docs/c.txt`],
    run(_ctx, args) {
      const src = absolutePath(args.src)
      try {
        fs.linkSync(src, args.path)
        return true
      } catch (cause) {
        throw new SaltError('execution-failed', `Could not create '${args.path}': ${systemText(cause, src)}`, { cause })
      }
    },
  }),
  symlink: fn({
    doc: 'Make a symbolic link.',
    args: {
      src: s.path('Where it leads'),
      path: s.path('The link'),
      force: s.withDefault(s.boolean('Replace a link that leads elsewhere, or a file'), false),
      atomic: s.withDefault(s.boolean('Replace it in one step'), false),
    },
    returns: s.boolean(),
    examples: [`salt '*' file.symlink /srv/app /srv/current`],
    async run(_ctx, { src, path, force, atomic }) {
      const full = expandUser(path)
      absolutePath(path, `Link path must be absolute: ${full}`)
      const target = linkTarget(full)
      if (target !== undefined) {
        if (normalizePath(target) === normalizePath(src)) return true
        if (!force && !atomic) throw new SaltError('execution-failed', `Found existing symlink: ${full}`)
      }
      if (fs.existsSync(full) && !force && !atomic) {
        throw new SaltError('execution-failed', `Existing path is not a symlink: ${full}`)
      }
      await trying(`Could not create '${full}'`, async () => {
        if (atomic) return replaceLink(src, full)
        if (force && (target !== undefined || fs.existsSync(full))) fs.unlinkSync(full)
        fs.symlinkSync(src, full)
      })
      return true
    },
  }),
  rename: fn({
    doc: 'Rename a file or a folder, within one file system.',
    args: { src: s.path('The old name'), dst: s.path('The new name') },
    returns: s.boolean(),
    examples: [`salt '*' file.rename /srv/docs /srv/papers`],
    run: (_ctx, args) => renamed(args.src, args.dst),
  }),
  move: fn({
    doc: 'Move a file or a folder, to another file system too.',
    args: {
      src: s.path('What to move'),
      dst: s.path('Where to; into it when it is a folder'),
      disallow_copy_and_unlink: s.withDefault(s.boolean('Only rename'), false),
    },
    returns: s.union([s.object({ result: s.boolean(), comment: s.string() }), s.boolean()]),
    examples: [`salt '*' file.move /srv/docs /srv/papers`],
    async run(_ctx, args) {
      if (args.disallow_copy_and_unlink) return renamed(args.src, args.dst)
      const src = absolutePath(args.src, 'Source path must be absolute.')
      const dst = absolutePath(args.dst, 'Destination path must be absolute.')
      try {
        await moveTo(src, dst)
      } catch (cause) {
        if (cause instanceof SaltError) throw cause
        throw new SaltError('execution-failed', `Unable to move '${src}' to '${dst}': ${systemText(cause, src)}`, {
          cause,
        })
      }
      return { result: true, comment: `'${src}' moved to '${dst}'` }
    },
  }),
  copy: fn({
    doc: 'Copy a file or a folder of the minion. The copy gets the owner and the mode of the original.',
    args: {
      src: s.path('What to copy'),
      dst: s.path('The copy'),
      recurse: s.withDefault(s.boolean('Copy a folder, into the one that is there'), false),
      remove_existing: s.withDefault(s.boolean('Remove the folder that is there first'), false),
    },
    returns: s.boolean(),
    examples: [
      `salt '*' file.copy /etc/hosts /srv/backup/hosts`,
      `salt '*' file.copy /srv/www /srv/www.old recurse=True remove_existing=True`,
    ],
    async run(ctx, args) {
      const src = absolutePath(args.src)
      const dst = expandUser(args.dst)
      if (!fs.existsSync(src)) throw new SaltError('execution-failed', `No such file or directory '${src}'`)
      const { user, group, mode } = statusOf(src)
      const folders = isFolder(dst) || isFolder(src)
      if (folders && !args.recurse) {
        throw new SaltError('bad-arguments', 'Cannot copy overwriting a directory without recurse flag set to true!')
      }
      await trying(`Could not copy '${src}' to '${dst}'`, async () => {
        if (!folders) return fs.promises.copyFile(src, dst)
        if (args.remove_existing) await fs.promises.rm(dst, { recursive: true, force: true })
        await fs.promises.cp(src, dst, { recursive: true, verbatimSymlinks: true })
      })
      await checkPermissions(ctx, dst, null, { user, group, mode })
      return true
    },
  }),
}
