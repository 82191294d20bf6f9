/** Files below roots per environment (`file_roots`): the first root that has a path wins. The one place that decides what is served. */
import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { open, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { SaltError, systemCode } from '../../base/errors.ts'
import { resolveInside } from '../../base/files.ts'
import type { ServedNames, ServedStatus } from '../../client/master-link.ts'
import { withEnvironment } from './any-environment.ts'
import { everyFile, type FileFilter } from './file-filter.ts'
import { listServed, type ServedFile, type ServedFiles } from './served-files.ts'
import { SharedReads } from './shared-reads.ts'

export type { ServedFile } from './served-files.ts'

/** Largest part of a file that is read at once. Bytes. */
export const largestPart = 1024 * 1024
/** Largest file that is given in one piece: plugins and other source texts. Bytes. */
const largestWhole = 16 * 1024 * 1024
const hashesKept = 50_000
/** What was changed a moment ago may change again without a later time. */
const settledMs = 2000

interface FoundFile {
  readonly file: string
  readonly stats: Stats
}

type Roots = Readonly<Record<string, readonly string[]>>

export class FileRoots {
  readonly #roots: Roots
  readonly #filter: FileFilter
  readonly #hashes = new SharedReads<string>(hashesKept)
  /** None is kept once it is read: the system has the file in memory by then. */
  readonly #parts = new SharedReads<Uint8Array>(Number.POSITIVE_INFINITY)

  constructor(roots: Roots, filter: FileFilter = everyFile) {
    this.#roots = roots
    this.#filter = filter
  }

  /** `__env__` is among them where there are roots for any other. */
  get environments(): readonly string[] {
    return Object.keys(this.#roots)
  }

  /** All below one folder, or below the roots. An environment that is not known has nothing. */
  async names(saltenv: string, under = ''): Promise<ServedNames> {
    const files = new Set<string>()
    const folders = new Set<string>()
    const links: Record<string, string> = {}
    for (const root of this.#rootsOf(saltenv)) {
      resolveInside(root, under)
      await collect(root, under, { files, folders, links, filter: this.#filter }, wayTo(root, under))
    }
    return { files: [...files].sort(), folders: [...folders].sort(), links: this.#filter.listsLinks ? links : {} }
  }

  /** Files below one folder, such as `_modules`, with their hashes. */
  list(saltenv: string, under: string): Promise<readonly ServedFile[]> {
    return listServed(this, saltenv, under)
  }

  /** Undefined where there is no such file. Throws `bad-path` for a path that leads out of the roots. */
  async status(saltenv: string, path: string): Promise<ServedStatus | undefined> {
    const found = await this.#find(saltenv, path)
    if (found === undefined) return undefined
    const { stats } = found
    return { size: stats.size, mode: stats.mode & 0o7777, sha256: await this.#hashOf(found) }
  }

  /** Where the file lies on this host. Undefined where there is no such file. */
  async locate(saltenv: string, path: string): Promise<{ file: string; size: number } | undefined> {
    const found = await this.#find(saltenv, path)
    return found === undefined ? undefined : { file: found.file, size: found.stats.size }
  }

  /** At most `largestPart` bytes from `offset` on. Throws `bad-path` where there is no such file. */
  async part(saltenv: string, path: string, offset: number, length: number): Promise<Uint8Array> {
    const found = await this.#find(saltenv, path)
    if (found === undefined) throw new SaltError('bad-path', `the file roots of '${saltenv}' have no file ${path}`)
    const begin = Math.max(0, offset)
    const count = Math.max(0, Math.min(length, largestPart, found.stats.size - begin))
    const key = `${versionOf(found)}\0${begin}\0${count}`
    return await this.#parts.get(key, () => readPart(found.file, begin, count), false)
  }

  /** Undefined where there is no such file. Throws `overloaded` for a large one. */
  async read(saltenv: string, path: string): Promise<Uint8Array | undefined> {
    const found = await this.#find(saltenv, path)
    if (found === undefined) return undefined
    const { file, stats } = found
    if (stats.size > largestWhole)
      throw new SaltError('overloaded', `the file ${path} is larger than ${largestWhole} bytes`)
    const handle = await open(file, 'r')
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  }

  #rootsOf(saltenv: string): readonly string[] {
    const roots = withEnvironment(this.#roots, saltenv)
    return Object.hasOwn(roots, saltenv) ? (roots[saltenv] ?? []) : []
  }

  async #find(saltenv: string, path: string): Promise<FoundFile | undefined> {
    if (this.#filter.ignores(posix.normalize(path))) return undefined
    for (const root of this.#rootsOf(saltenv)) {
      const file = resolveInside(root, path)
      const stats = await ifExists(() => stat(file))
      if (stats?.isFile() === true) return { file, stats }
    }
    return undefined
  }

  async #hashOf(found: FoundFile): Promise<string> {
    return await this.#hashes.get(versionOf(found), () => hashOfServed(found.file), isSettled(found.stats))
  }
}

/** The roots under the interface that all places of files have. */
export function filesOfRoots(roots: FileRoots): ServedFiles {
  return {
    environments: async () => roots.environments,
    names: (saltenv, under) => roots.names(saltenv, under),
    list: (saltenv, under) => roots.list(saltenv, under),
    status: (saltenv, path) => roots.status(saltenv, path),
    locate: (saltenv, path) => roots.locate(saltenv, path),
    part: (saltenv, path, offset) => roots.part(saltenv, path, offset, largestPart),
    read: (saltenv, path) => roots.read(saltenv, path),
  }
}

/** Path, size and times: what makes a file another one than it was. */
function versionOf({ file, stats: { size, mtimeMs, ctimeMs, ino } }: FoundFile): string {
  return `${file}\0${size}\0${mtimeMs}\0${ctimeMs}\0${ino}`
}

function isSettled({ mtimeMs, ctimeMs }: Stats): boolean {
  return Date.now() - Math.max(mtimeMs, ctimeMs) > settledMs
}

async function hashOfServed(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

async function readPart(file: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await handle.read(buffer, 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

interface Collected {
  readonly files: Set<string>
  readonly folders: Set<string>
  readonly links: Record<string, string>
  readonly filter: FileFilter
}

/** The folder itself and those around it, below the root. */
function wayTo(root: string, under: string): readonly string[] {
  const parts = under.split('/').filter((part) => part !== '')
  return parts.map((_, index) => join(root, ...parts.slice(0, index + 1)))
}

/**
 * Links count where they stay inside the root; one that leads back to a folder on the way to it is not walked, so no walk is endless.
 */
async function collect(root: string, under: string, into: Collected, way: readonly string[]): Promise<void> {
  if (way.length > 64) return
  const entries = (await ifExists(() => readdir(join(root, under), { withFileTypes: true }))) ?? []
  for (const entry of entries) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    if (entry.isSymbolicLink()) {
      into.links[path] ??= (await ifExists(() => readlink(join(root, path)))) ?? ''
      const { filter } = into
      const target = filter.listsLinks ? await ifExists(async () => stat(resolveInside(root, path))) : undefined
      if (target?.isFile() === true && !filter.ignores(path)) into.files.add(path)
      if (target?.isDirectory() === true && filter.followsLinks) await collectLinked(root, path, into, way)
    } else if (entry.isDirectory()) {
      into.folders.add(path)
      await collect(root, path, into, [...way, join(root, path)])
    } else if (entry.isFile() && !into.filter.ignores(path)) into.files.add(path)
  }
}

async function collectLinked(root: string, path: string, into: Collected, way: readonly string[]): Promise<void> {
  const real = await ifExists(() => realpath(join(root, path)))
  const passed = await ifExists(() => Promise.all([root, ...way].map((folder) => realpath(folder))))
  if (real === undefined || passed === undefined || passed.includes(real)) return
  into.folders.add(path)
  await collect(root, path, into, [...way, join(root, path)])
}

/** What a system says of a name that no file of it has or can have. */
const nowhere: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])

/** Undefined for what is not there, is a folder, or leads out. */
async function ifExists<Result>(look: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await look()
  } catch (error) {
    const code = systemCode(error)
    if (nowhere.has(code ?? '') || (error instanceof SaltError && error.code === 'bad-path')) return undefined
    throw error
  }
}
