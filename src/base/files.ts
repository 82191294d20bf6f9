/**
 * Files: the one resolver for paths of outside origin, atomic writes, and the rules for private files.
 *
 * These calls are synchronous where they run at start-up or on small files only.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep, win32 } from 'node:path'
import { SaltError, systemCode } from './errors.ts'
import { quoted } from './text.ts'

const isWindows = process.platform === 'win32'

/**
 * Joins `path` to `root` and proves that the result stays inside, symbolic links included.
 *
 * The last parts need not exist. Throws `bad-path` for an absolute path, a `..` part, a NUL, a link that leads out, or what is longer than any path.
 * The proof holds for the moment of the call: whoever can swap a folder inside `root` afterwards must be trusted.
 */
export function resolveInside(root: string, path: string): string {
  const refuse = (reason: string): never => {
    throw new SaltError('bad-path', `the path ${quoted(path)} ${reason}`, {
      hint: `Give a path relative to ${root}.`,
    })
  }
  if (path.length > longestPath) refuse('is too long')
  if (path.includes('\0')) refuse('contains a NUL character')
  if (isAbsolute(path) || win32.isAbsolute(path) || /^[A-Za-z]:/.test(path)) refuse('is absolute')
  if (path.split(/[/\\]/).includes('..')) refuse("contains '..'")
  const base = resolve(root)
  const target = resolve(base, path)
  if (!isWithin(base, target)) refuse('leaves its folder')
  if (!isWithin(realPathOfExisting(base), realPathOfExisting(target))) refuse('leads out of its folder through a link')
  return target
}

/** No system has longer ones, and the work of looking at one grows with its parts. */
const longestPath = 4096

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

/** Real path of the longest part that exists, with the rest appended. A dangling link counts as its own target. */
function realPathOfExisting(path: string, linksLeft = 40): string {
  try {
    return fs.realpathSync(path)
  } catch (error) {
    const parent = dirname(path)
    if (systemCode(error) === 'ELOOP' || linksLeft === 0) {
      throw new SaltError('bad-path', `the path ${JSON.stringify(path)} has too many links`, { cause: error })
    }
    const link = readLinkIfAny(path)
    if (link !== undefined) return realPathOfExisting(resolve(realPathOfExisting(parent), link), linksLeft - 1)
    if (parent === path) return path
    return join(realPathOfExisting(parent, linksLeft), path.slice(parent.length))
  }
}

/** Where a link leads; undefined for what is none. */
export function readLinkIfAny(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}

/** Names in a folder; none where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

export interface AtomicWriteOptions {
  /** Flush to the disk before the rename, so that the content survives a power cut. */
  readonly sync?: boolean
}

/**
 * Replaces a file in one step: readers see the old content or the new one, never a part.
 * Throws `storage` with the path when it cannot be written; the old file then is as it was.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  mode: number,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = temporaryName(path)
  try {
    const file = await fs.promises.open(temporary, 'wx', mode)
    try {
      await file.writeFile(data)
      if (!isWindows) await file.chmod(mode)
      if (options.sync) await file.sync()
    } finally {
      await file.close()
    }
    await fs.promises.rename(temporary, path)
  } catch (error) {
    await fs.promises.rm(temporary, { force: true }).catch(() => {})
    throw cannotWrite(path, error)
  }
}

/** As `writeFileAtomic`, for the few small files written at start-up. */
export function writeFileAtomicSync(
  path: string,
  data: string | Uint8Array,
  mode: number,
  options: AtomicWriteOptions = {},
): void {
  const temporary = temporaryName(path)
  try {
    const descriptor = fs.openSync(temporary, 'wx', mode)
    try {
      fs.writeFileSync(descriptor, data)
      if (!isWindows) fs.fchmodSync(descriptor, mode)
      if (options.sync) fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw cannotWrite(path, error)
  }
}

/**
 * Makes a file that must not be there yet, whole or not at all. False when another process was first: then that one's file is
 * the file. Throws `storage` when it cannot be written.
 */
export function createFileSync(path: string, data: string | Uint8Array, mode: number): boolean {
  const temporary = temporaryName(path)
  try {
    fs.writeFileSync(temporary, data, { flag: 'wx', mode })
    if (!isWindows) fs.chmodSync(temporary, mode)
    return linkOrMove(temporary, path)
  } catch (error) {
    throw cannotWrite(path, error)
  } finally {
    fs.rmSync(temporary, { force: true })
  }
}

/** A link is refused where the name is taken; a rename would take it. */
function linkOrMove(temporary: string, path: string): boolean {
  try {
    fs.linkSync(temporary, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(systemCode(error) ?? '')) throw error
  }
  // A file system without links.
  if (fs.existsSync(path)) return false
  fs.renameSync(temporary, path)
  return true
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}

function cannotWrite(path: string, error: unknown): SaltError {
  return new SaltError('storage', `cannot write ${path}: ${systemReason(error)}`, { where: path, cause: error })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ELOOP: 'too many links',
}

/** Words for a system error, for the end of a sentence. */
export function systemReason(error: unknown): string {
  const code = systemCode(error)
  const words = code === undefined ? undefined : reasons[code]
  if (words !== undefined) return words
  return error instanceof Error ? error.message : String(error)
}

/** Content of a text file, or undefined when there is none. Other faults are thrown as Node reports them. */
export function readFileIfExists(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * Makes sure that a folder exists which only its owner may enter (0700); parents are made as needed, and hold nothing private.
 *
 * A folder of ours that is too open is closed. Throws `key-permissions` for a folder of somebody else that others could
 * write to, for one that all users share such as `/tmp` or `/var`, or that is no folder at all; `storage` when it cannot be made.
 */
export function ensurePrivateFolder(path: string): void {
  let status: fs.Stats
  try {
    fs.mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    fs.mkdirSync(path, { recursive: true, mode: 0o700 })
    status = fs.statSync(path)
  } catch (error) {
    throw new SaltError('storage', `cannot make the folder ${path}: ${systemReason(error)}`, {
      where: path,
      cause: error,
    })
  }
  if (isWindows || (status.mode & 0o077) === 0) return
  if (isEverybodys(path, status)) {
    throw new SaltError('key-permissions', `the folder ${path} is for all users of this host, and must not be closed`, {
      where: path,
      hint: `Choose a folder within it, for example ${join(path, 'salt')}.`,
    })
  }
  const user = process.getuid?.()
  if (user === 0 || user === status.uid) {
    fs.chmodSync(path, 0o700)
    return
  }
  if ((status.mode & 0o022) !== 0) {
    throw new SaltError('key-permissions', `the folder ${path} belongs to another user and others may write to it`, {
      where: path,
      hint: `Run: chown -R ${user ?? ''} ${path} && chmod 700 ${path}`,
    })
  }
}

/** What the system itself keeps in (Filesystem Hierarchy Standard). */
const systemFolders: ReadonlySet<string> = new Set(
  [
    '',
    'bin',
    'boot',
    'dev',
    'etc',
    'home',
    'lib',
    'media',
    'mnt',
    'opt',
    'proc',
    'run',
    'sbin',
    'srv',
    'sys',
    'tmp',
    'usr',
    'var',
  ]
    .concat(['etc/default', 'usr/bin', 'usr/lib', 'usr/local', 'usr/local/bin', 'usr/share'])
    .concat(['var/cache', 'var/lib', 'var/log', 'var/run', 'var/spool', 'var/tmp'])
    .map((name) => `/${name}`),
)

/** One that others put their files into (sticky), or a part of the system: what lies there is not all ours. */
function isEverybodys(path: string, status: fs.Stats): boolean {
  return (status.mode & 0o1000) !== 0 || systemFolders.has(resolve(path))
}

/**
 * Proves that a file is a regular file which belongs to this user (or to root) and that nobody else can read or write.
 * Throws `key-permissions` otherwise, `storage` when it cannot be looked at. Windows has no such modes and is not checked.
 * With `rootMay`, root may use what belongs to anybody: for what grants no more than root has anyway.
 */
export function assertPrivateFile(path: string, { rootMay = false }: { readonly rootMay?: boolean } = {}): void {
  let status: fs.Stats
  try {
    status = fs.statSync(path)
  } catch (error) {
    throw new SaltError('storage', `cannot read ${path}: ${systemReason(error)}`, { where: path, cause: error })
  }
  if (!status.isFile()) throw new SaltError('key-permissions', `${path} is not a regular file`, { where: path })
  if (isWindows) return
  if ((status.mode & 0o077) !== 0) {
    const mode = (status.mode & 0o777).toString(8).padStart(4, '0')
    throw new SaltError('key-permissions', `others can use the private file ${path} (mode ${mode})`, {
      where: path,
      hint: `Run: chmod 600 ${path}`,
    })
  }
  const user = process.geteuid?.()
  if (user === 0 && rootMay) return
  if (user !== undefined && status.uid !== user && status.uid !== 0) {
    throw new SaltError('key-permissions', `the private file ${path} belongs to another user (uid ${status.uid})`, {
      where: path,
      hint: `Run: chown ${user} ${path}`,
    })
  }
}
