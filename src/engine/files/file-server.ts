/** The file server of a host: its backends in their order, as one. */
import { join } from 'node:path'
import { type Clock, systemClock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import { type Log, silentLog } from '../../base/log.ts'
import type { ConfigView } from '../config-view.ts'
import { ignoring } from './file-filter.ts'
import { FileRoots, filesOfRoots } from './file-roots.ts'
import type { GitFiles } from './git/git-files.ts'
import { joinedFiles } from './joined-files.ts'
import type { ServedFiles } from './served-files.ts'

export type BackendName = 'roots' | 'git'

/** What a runner may do with the file server. */
export interface FileServerDesk extends ServedFiles {
  readonly backends: readonly BackendName[]
  /** These backends alone, or all. Throws `bad-arguments` for one that is not configured. */
  only(names: readonly string[] | undefined): ServedFiles
  /** Git remotes of these backends whose names or addresses fit one of the globs; all where none is given. */
  remotes(names: readonly string[] | undefined, globs?: readonly string[]): Promise<GitFiles['remotes']>
}

interface Backend {
  readonly name: BackendName
  readonly files: ServedFiles
}

export interface FileServerParts {
  readonly clock?: Clock
  readonly log?: Log
}

const aliases: Readonly<Record<string, BackendName>> = { roots: 'roots', git: 'git', gitfs: 'git' }

export class FileServer implements FileServerDesk {
  readonly #backends: readonly Backend[]
  readonly #all: ServedFiles
  readonly #git: () => Promise<GitFiles>

  /** Throws nothing: what is wrong with a git remote is in the log when files are asked for. */
  constructor(config: ConfigView, { clock = systemClock, log = silentLog }: FileServerParts = {}) {
    const ignores = ignoring(config)
    let git: Promise<GitFiles> | undefined
    this.#git = () => {
      git ??= loadGit(config, { clock, log, ignores })
      return git
    }
    this.#backends = backendsOf(config).map((name) => ({
      name,
      files:
        name === 'git' ? lazily(this.#git) : filesOfRoots(new FileRoots(rootsOf(config), filterOf(config, ignores))),
    }))
    this.#all = joinedFiles(this.#backends.map(({ files }) => files))
  }

  get backends(): readonly BackendName[] {
    return this.#backends.map(({ name }) => name)
  }

  only(names: readonly string[] | undefined): ServedFiles {
    if (names === undefined) return this
    const wanted = this.#named(names)
    return joinedFiles(this.#backends.filter(({ name }) => wanted.includes(name)).map(({ files }) => files))
  }

  async remotes(names: readonly string[] | undefined, globs: readonly string[] = []): Promise<GitFiles['remotes']> {
    const isWanted = names === undefined ? this.backends.includes('git') : this.#named(names).includes('git')
    if (!isWanted) return []
    const { remotes } = await this.#git()
    const { matchGlob } = await import('../target/glob.ts')
    const fits = (text: string): boolean => globs.some((glob) => matchGlob(glob, text))
    return remotes.filter(({ name, repository }) => globs.length === 0 || fits(name) || fits(repository.address))
  }

  environments(): ReturnType<ServedFiles['environments']> {
    return this.#all.environments()
  }

  names(saltenv: string, under?: string): ReturnType<ServedFiles['names']> {
    return this.#all.names(saltenv, under)
  }

  list(saltenv: string, under: string): ReturnType<ServedFiles['list']> {
    return this.#all.list(saltenv, under)
  }

  status(saltenv: string, path: string): ReturnType<ServedFiles['status']> {
    return this.#all.status(saltenv, path)
  }

  async locate(saltenv: string, path: string): Promise<{ file: string; size: number } | undefined> {
    return await this.#all.locate?.(saltenv, path)
  }

  part(saltenv: string, path: string, offset: number): Promise<Uint8Array> {
    return this.#all.part(saltenv, path, offset)
  }

  read(saltenv: string, path: string): Promise<Uint8Array | undefined> {
    return this.#all.read(saltenv, path)
  }

  #named(names: readonly string[]): readonly BackendName[] {
    return names.map((name) => {
      const backend = aliases[name]
      if (backend !== undefined && this.backends.includes(backend)) return backend
      throw new SaltError(
        'bad-arguments',
        `'${name}' is no backend of this file server; it has ${this.backends.join(', ')}`,
      )
    })
  }
}

/** Backends of `fileserver_backend`, by the names that this program has for them. */
export function backendsOf(config: ConfigView): readonly BackendName[] {
  const value = config.get('fileserver_backend')
  const names = (Array.isArray(value) ? value : [value ?? 'roots']).flatMap((name) => aliases[String(name)] ?? [])
  return [...new Set(names)]
}

/** `file_roots` with every environment as a list. */
function rootsOf(config: ConfigView): Record<string, readonly string[]> {
  const roots = config.get('file_roots')
  return Object.fromEntries(
    Object.entries(typeof roots === 'object' && roots !== null ? roots : {}).map(([saltenv, folders]) => [
      saltenv,
      (Array.isArray(folders) ? folders : [folders]).filter((folder) => typeof folder === 'string'),
    ]),
  )
}

function filterOf(config: ConfigView, ignores: (path: string) => boolean) {
  return {
    ignores,
    followsLinks: config.get('fileserver_followsymlinks') !== false,
    listsLinks: config.get('fileserver_ignoresymlinks') !== true,
  }
}

async function loadGit(
  config: ConfigView,
  parts: { clock: Clock; log: Log; ignores(path: string): boolean },
): Promise<GitFiles> {
  const { GitFiles: Files } = await import('./git/git-files.ts')
  const { gitRemotes } = await import('./git/git-settings.ts')
  const folder = join(String(config.get('cachedir') ?? '/var/cache/salt/master'), 'gitfs')
  const remotes = gitRemotes(config, folder, ({ message, hint }) =>
    parts.log.error('a git remote cannot be used', { reason: message, ...(hint === undefined ? {} : { hint }) }),
  )
  return new Files({ ...parts, remotes })
}

/** Git is loaded when somebody asks for a file. */
function lazily(git: () => Promise<GitFiles>): ServedFiles {
  return {
    environments: async () => (await git()).environments(),
    names: async (saltenv, under) => (await git()).names(saltenv, under),
    list: async (saltenv, under) => (await git()).list(saltenv, under),
    status: async (saltenv, path) => (await git()).status(saltenv, path),
    locate: async (saltenv, path) => (await git()).locate(saltenv, path),
    part: async (saltenv, path, offset) => (await git()).part(saltenv, path, offset),
    read: async (saltenv, path) => (await git()).read(saltenv, path),
  }
}
