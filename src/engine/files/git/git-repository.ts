/** A mirror of one git repository, without a working copy: branches, tags, and what lies in each commit. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { ensurePrivateFolder } from '../../../base/files.ts'
import { InTurn } from '../../../base/in-turn.ts'
import { SharedReads } from '../shared-reads.ts'
import { checkAddress } from './git-access.ts'
import { type GitRun, runGit, withoutCredentials } from './git-process.ts'

export interface GitRepositoryOptions {
  readonly url: string
  /** Where the mirror lies; made as needed, private. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** What is fetched; all branches and tags where there are none. */
  readonly refspecs: readonly string[]
}

export interface GitReference {
  readonly kind: 'branch' | 'tag'
  readonly commit: string
}

export interface GitEntry {
  readonly oid: string
  /** A file, one that can be run, or a link. */
  readonly kind: 'file' | 'program' | 'link'
  readonly size: number
}

/** Path → what lies there, in the order of git. */
export type GitTree = ReadonlyMap<string, GitEntry>

const kinds: Readonly<Record<string, GitEntry['kind']>> = { '100644': 'file', '100755': 'program', '120000': 'link' }
const treesKept = 64
const hashesKept = 10_000
const lockName = 'update.lk'

export class GitRepository {
  readonly #options: GitRepositoryOptions
  readonly #updates = new InTurn()
  readonly #trees = new SharedReads<GitTree>(treesKept)
  readonly #hashes = new SharedReads<string>(hashesKept)
  readonly #blobs = new SharedReads<string>(hashesKept)
  #references: Promise<ReadonlyMap<string, GitReference>> | undefined

  /** Throws `configuration` for an address that is none. */
  constructor(options: GitRepositoryOptions) {
    checkAddress(options.url)
    this.#options = options
  }

  /** Without credentials. */
  get address(): string {
    return withoutCredentials(this.#options.url)
  }

  /** Whether there is a mirror from before. */
  get isThere(): boolean {
    return existsSync(join(this.#mirror, 'HEAD'))
  }

  /** Brings what is new. True when a branch or a tag has moved; false where `lock` keeps it as it is. Throws what git says. */
  update(): Promise<boolean> {
    return this.#updates.run(async () => {
      if (existsSync(join(this.#options.folder, lockName))) return false
      await this.#prepare()
      const before = await this.#print()
      const { refspecs } = this.#options
      const specs = refspecs.length > 0 ? refspecs : ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
      await this.#git([
        'fetch',
        '--quiet',
        '--prune',
        '--no-auto-gc',
        '--no-recurse-submodules',
        '--',
        this.#options.url,
        ...specs,
      ])
      this.#references = undefined
      return (await this.#print()) !== before
    })
  }

  /** Name without `refs/heads/` → commit; a branch hides a tag of its name. */
  references(): Promise<ReadonlyMap<string, GitReference>> {
    this.#references ??= this.#readReferences()
    return this.#references
  }

  /** The files of a commit. Throws `execution-failed` where there is no such commit. */
  tree(commit: string): Promise<GitTree> {
    return this.#trees.get(commit, async () =>
      parseTree(await this.#git(['ls-tree', '-r', '-z', '--long', '--full-tree', commit])),
    )
  }

  /** Whether the mirror has a commit. */
  async hasCommit(commit: string): Promise<boolean> {
    try {
      return (await this.#git(['cat-file', '-t', commit])).toString().trim() === 'commit'
    } catch (error) {
      if (error instanceof SaltError && error.code === 'execution-failed') return false
      throw error
    }
  }

  /** A file on this host with the content of a blob: it never changes. */
  blobFile(oid: string): Promise<string> {
    return this.#blobs.get(oid, () => this.#writeBlob(oid))
  }

  sha256(oid: string): Promise<string> {
    return this.#hashes.get(oid, async () => {
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(await this.blobFile(oid))) hash.update(chunk)
      return hash.digest('hex')
    })
  }

  /** Removes the mirror and all that was made of it. */
  clear(): Promise<void> {
    return this.#updates.run(async () => {
      await rm(this.#options.folder, { recursive: true, force: true })
      for (const cache of [this.#trees, this.#hashes, this.#blobs]) cache.clear()
      this.#references = undefined
    })
  }

  /** Keeps it as it is until the lock is taken away. False where it was locked before. */
  async lock(): Promise<boolean> {
    ensurePrivateFolder(this.#options.folder)
    try {
      await writeFile(join(this.#options.folder, lockName), `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
      return true
    } catch {
      return false
    }
  }

  /** Takes away our lock, and those that a git that was killed has left. True where there was one. */
  async unlock(): Promise<boolean> {
    const names = existsSync(this.#mirror) ? await readdir(this.#mirror) : []
    const locks = names.filter((name) => name.endsWith('.lock')).map((name) => join(this.#mirror, name))
    const all = [join(this.#options.folder, lockName), ...locks].filter((path) => existsSync(path))
    await Promise.all(all.map((path) => rm(path, { force: true })))
    return all.length > 0
  }

  get #mirror(): string {
    return join(this.#options.folder, 'mirror.git')
  }

  async #prepare(): Promise<void> {
    ensurePrivateFolder(this.#options.folder)
    if (!this.isThere) await runGit(['init', '--quiet', '--bare', '--', this.#mirror], this.#run())
  }

  #run(more: Partial<GitRun> = {}): GitRun {
    const { env, timeoutMs } = this.#options
    return { env, timeoutMs, ...more }
  }

  #git(words: readonly string[], more: Partial<GitRun> = {}): Promise<Buffer> {
    return runGit([`--git-dir=${this.#mirror}`, ...words], this.#run(more))
  }

  async #print(): Promise<string> {
    return (await this.#git(['for-each-ref', '--format=%(refname) %(objectname) %(*objectname)'])).toString()
  }

  async #readReferences(): Promise<ReadonlyMap<string, GitReference>> {
    const references = new Map<string, GitReference>()
    if (!this.isThere) return references
    for (const line of (await this.#print()).split('\n')) {
      const [name = '', object = '', tagged = ''] = line.split(' ')
      const [, kind, short] = /^refs\/(heads|tags)\/(.+)$/.exec(name) ?? []
      if (short === undefined || (kind === 'tags' && references.has(short))) continue
      references.set(short, { kind: kind === 'heads' ? 'branch' : 'tag', commit: tagged === '' ? object : tagged })
    }
    return references
  }

  async #writeBlob(oid: string): Promise<string> {
    const folder = join(this.#options.folder, 'blobs', oid.slice(0, 2))
    const path = join(folder, oid)
    if (existsSync(path)) return path
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const temporary = `${path}.${process.pid}.tmp`
    await rm(temporary, { force: true })
    await this.#git(['cat-file', 'blob', oid], { outputFile: temporary })
    await rename(temporary, path)
    return path
  }
}

/** `100644 blob OID     SIZE\tPATH\0` … */
function parseTree(output: Buffer): GitTree {
  const tree = new Map<string, GitEntry>()
  for (const record of output.toString('utf8').split('\0')) {
    const [, mode = '', oid = '', size = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(record) ?? []
    const kind = kinds[mode]
    // Submodules have no files here.
    if (kind !== undefined) tree.set(path, { oid, kind, size: Number(size) })
  }
  return tree
}
