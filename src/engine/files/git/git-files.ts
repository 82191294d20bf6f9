/** Files of git repositories: branches, tags and commits are environments. */
import { open, readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Clock } from '../../../base/clock.ts'
import { asSaltError, SaltError } from '../../../base/errors.ts'
import type { Log } from '../../../base/log.ts'
import type { ServedNames, ServedStatus } from '../../../client/master-link.ts'
import { largestPart } from '../file-roots.ts'
import { listServed, type ServedFile, type ServedFiles } from '../served-files.ts'
import type { GitPlace, GitRemote } from './git-remote.ts'
import type { GitEntry, GitRepository, GitTree } from './git-repository.ts'

/** Largest file that is given in one piece. Bytes. */
const largestWhole = 16 * 1024 * 1024
const mostLinks = 20

interface FoundEntry {
  readonly repository: GitRepository
  readonly entry: GitEntry
}

export interface GitFilesOptions {
  readonly remotes: readonly GitRemote[]
  readonly clock: Clock
  readonly log: Log
  /** Paths that are not listed. */
  ignores(path: string): boolean
}

export class GitFiles implements ServedFiles {
  readonly #options: GitFilesOptions
  /** Monotonic milliseconds of the last attempt. */
  readonly #asked = new Map<GitRemote, number>()
  /** Why a repository cannot be read: told once. */
  readonly #damages = new Map<GitRemote, string>()

  constructor(options: GitFilesOptions) {
    this.#options = options
  }

  get remotes(): readonly GitRemote[] {
    return this.#options.remotes
  }

  async environments(): Promise<readonly string[]> {
    const names = new Set<string>()
    for (const remote of this.remotes) {
      for (const name of (await this.#ask(remote, () => remote.environments())) ?? []) names.add(name)
    }
    return [...names].sort()
  }

  async names(saltenv: string, under = ''): Promise<ServedNames> {
    const files = new Set<string>()
    const folders = new Set<string>()
    const links: Record<string, string> = {}
    for (const place of await this.#places(saltenv)) {
      const tree = await place.repository.tree(place.commit)
      for (const [path, entry] of tree) {
        const served = servedPath(path, place)
        if (served === undefined || !isBelow(served, under) || this.#options.ignores(served)) continue
        for (const folder of foldersOf(served)) if (isBelow(folder, under)) folders.add(folder)
        if (entry.kind === 'link') links[served] ??= await this.#linkText(place.repository, entry)
        if ((await this.#resolve(place, tree, path)) !== undefined) files.add(served)
      }
    }
    return { files: [...files].sort(), folders: [...folders].sort(), links }
  }

  list(saltenv: string, under: string): Promise<readonly ServedFile[]> {
    return listServed(this, saltenv, under)
  }

  async status(saltenv: string, path: string): Promise<ServedStatus | undefined> {
    const found = await this.#find(saltenv, path)
    if (found === undefined) return undefined
    const { repository, entry } = found
    return {
      size: entry.size,
      mode: entry.kind === 'program' ? 0o755 : 0o644,
      sha256: await repository.sha256(entry.oid),
    }
  }

  async locate(saltenv: string, path: string): Promise<{ file: string; size: number } | undefined> {
    const found = await this.#find(saltenv, path)
    return found && { file: await found.repository.blobFile(found.entry.oid), size: found.entry.size }
  }

  async part(saltenv: string, path: string, offset: number): Promise<Uint8Array> {
    const located = await this.locate(saltenv, path)
    if (located === undefined) throw new SaltError('bad-path', `no git remote has a file ${path} in '${saltenv}'`)
    const begin = Math.max(0, offset)
    const buffer = Buffer.alloc(Math.max(0, Math.min(largestPart, located.size - begin)))
    const handle = await open(located.file, 'r')
    try {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, begin)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  async read(saltenv: string, path: string): Promise<Uint8Array | undefined> {
    const located = await this.locate(saltenv, path)
    if (located === undefined) return undefined
    if (located.size > largestWhole)
      throw new SaltError('overloaded', `the file ${path} is larger than ${largestWhole} bytes`)
    return await readFile(located.file)
  }

  /** Brings what is new of a remote that was not asked for long, and says so in the log where that fails. */
  async #bring(remote: GitRemote): Promise<void> {
    const { clock } = this.#options
    const now = clock.monotonic()
    const last = this.#asked.get(remote)
    if (last !== undefined && !remote.isCleared && now - last < remote.updateMs) return await remote.firstUpdate
    remote.isCleared = false
    this.#asked.set(remote, now)
    const isAwaited = remote.isWorthWaiting
    const update = this.#update(remote)
    // What is there from before is served meanwhile.
    if (isAwaited) await update
  }

  /** A remote that stays away is told of once. */
  async #update(remote: GitRemote): Promise<void> {
    const { log } = this.#options
    const level = remote.fault === undefined ? 'error' : 'debug'
    try {
      await remote.update()
    } catch (error) {
      const reason = asSaltError(error).message
      log[level]('a git remote cannot be updated', { remote: remote.repository.address, reason })
    }
  }

  /** What a remote says; undefined where its repository cannot be read, which is in the log: the others go on. */
  async #ask<Answer>(remote: GitRemote, question: () => Promise<Answer>): Promise<Answer | undefined> {
    await this.#bring(remote)
    try {
      const answer = await question()
      this.#damages.delete(remote)
      return answer
    } catch (error) {
      const reason = asSaltError(error).message
      if (this.#damages.get(remote) !== reason)
        this.#options.log.error('a git remote cannot be read', { remote: remote.repository.address, reason })
      this.#damages.set(remote, reason)
      return undefined
    }
  }

  async #places(saltenv: string): Promise<readonly GitPlace[]> {
    const places: GitPlace[] = []
    for (const remote of this.remotes) {
      const place = await this.#ask(remote, async () => {
        const found = await remote.placeOf(saltenv)
        // Kept once it was read: here is where a damaged repository fails.
        if (found !== undefined) await found.repository.tree(found.commit)
        return found
      })
      if (place !== undefined) places.push(place)
    }
    return places
  }

  async #find(saltenv: string, path: string): Promise<FoundEntry | undefined> {
    if (path.split('/').includes('..') || path.includes('\0') || posix.isAbsolute(path))
      throw new SaltError('bad-path', `the path ${JSON.stringify(path)} leads out of the repository`)
    if (this.#options.ignores(posix.normalize(path))) return undefined
    for (const place of await this.#places(saltenv)) {
      const inTree = treePath(path, place)
      const tree = await place.repository.tree(place.commit)
      const entry = inTree === undefined ? undefined : await this.#resolve(place, tree, inTree)
      if (entry !== undefined) return { repository: place.repository, entry }
    }
    return undefined
  }

  /** The file at a path, through links that stay inside; undefined where there is none. */
  async #resolve({ repository }: GitPlace, tree: GitTree, path: string): Promise<GitEntry | undefined> {
    let at = path
    for (let links = 0; links < mostLinks; links++) {
      const entry = tree.get(at)
      if (entry?.kind !== 'link') return entry
      at = posix.normalize(posix.join(posix.dirname(at), await this.#linkText(repository, entry)))
    }
    return undefined
  }

  async #linkText(repository: GitRepository, { oid }: GitEntry): Promise<string> {
    return await readFile(await repository.blobFile(oid), 'utf8')
  }
}

/** Path below the roots of a path in the tree; undefined for what lies beside the root of the remote. */
function servedPath(path: string, { root, mountpoint }: GitPlace): string | undefined {
  const inside = root === '' ? path : path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined
  if (inside === undefined) return undefined
  return mountpoint === '' ? inside : `${mountpoint}/${inside}`
}

function treePath(path: string, { root, mountpoint }: GitPlace): string | undefined {
  const clean = posix.normalize(path)
  const inside =
    mountpoint === '' ? clean : clean.startsWith(`${mountpoint}/`) ? clean.slice(mountpoint.length + 1) : undefined
  return inside === undefined || root === '' ? inside : `${root}/${inside}`
}

function isBelow(path: string, under: string): boolean {
  return under === '' || path.startsWith(`${under}/`)
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
