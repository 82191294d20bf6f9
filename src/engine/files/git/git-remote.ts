/** One remote of the file server: which environments its branches, tags and commits are. */
import { asSaltError } from '../../../base/errors.ts'
import { matchGlob } from '../../target/glob.ts'
import { compileRegex } from '../../target/regex.ts'
import type { GitRepository } from './git-repository.ts'

export interface GitRemoteSettings {
  /** Branch or tag that is `base`. */
  readonly base: string
  /** Folder in the repository, and where its files appear. */
  readonly root: string
  readonly mountpoint: string
  /** For single environments. */
  readonly saltenvs: Readonly<
    Record<string, { readonly ref?: string; readonly root?: string; readonly mountpoint?: string }>
  >
  /** Only those of `saltenvs` and `base` are environments. */
  readonly mapsNone: boolean
  /** The one ref that is every environment. */
  readonly allSaltenvs: string | undefined
  /** The ref of environments that have none of their own. */
  readonly fallback: string | undefined
  readonly refTypes: readonly string[]
  readonly whitelist: readonly string[]
  readonly blacklist: readonly string[]
  readonly updateMs: number
}

/** Where the files of an environment lie. */
export interface GitPlace {
  readonly repository: GitRepository
  readonly commit: string
  readonly root: string
  readonly mountpoint: string
}

const base = 'base'

export class GitRemote {
  readonly repository: GitRepository
  readonly name: string
  readonly settings: GitRemoteSettings
  /** Whoever asks waits for what is new. */
  readonly waitsForUpdate: boolean
  /** The first one that was begun: until it is over, nothing is known. */
  firstUpdate: Promise<void> | undefined
  /** Nobody has asked for it since it was cleared. */
  isCleared = false
  /** Why the last update failed. */
  fault: string | undefined

  constructor(repository: GitRepository, name: string, settings: GitRemoteSettings, { waits = false } = {}) {
    this.repository = repository
    this.name = name
    this.settings = settings
    this.waitsForUpdate = waits
  }

  get updateMs(): number {
    return this.settings.updateMs
  }

  /** Nothing is there yet, or only what is new will do; but nobody waits for a remote that could not be reached. */
  get isWorthWaiting(): boolean {
    return this.fault === undefined && (this.waitsForUpdate || !this.repository.isThere)
  }

  /** True when something is new. Throws what git says. */
  async update(): Promise<boolean> {
    const update = this.repository.update()
    if (this.isWorthWaiting) this.firstUpdate = settled(update)
    try {
      const isChanged = await update
      this.fault = undefined
      return isChanged
    } catch (error) {
      this.fault = asSaltError(error).message
      throw error
    }
  }

  /** Removes what was fetched: whoever asks next has it fetched anew. False where there was nothing. */
  async clear(): Promise<boolean> {
    const { isThere } = this.repository
    await this.repository.clear()
    this.isCleared = true
    this.fault = undefined
    return isThere
  }

  async environments(): Promise<readonly string[]> {
    const { saltenvs, mapsNone, refTypes } = this.settings
    const references = await this.repository.references()
    const mapped = mapsNone
      ? []
      : [...references].filter(([, { kind }]) => refTypes.includes(kind)).map(([name]) => this.#named(name))
    const known = [...mapped, ...Object.keys(saltenvs), base].filter((name) => this.#isExposed(name))
    const there = await Promise.all([...new Set(known)].map(async (name) => ((await this.placeOf(name)) ? [name] : [])))
    return there.flat()
  }

  /** Undefined where the remote has nothing of the environment. */
  async placeOf(saltenv: string): Promise<GitPlace | undefined> {
    if (!this.#isExposed(saltenv)) return undefined
    const { root, mountpoint, saltenvs } = this.settings
    const own = Object.hasOwn(saltenvs, saltenv) ? saltenvs[saltenv] : undefined
    const commit = await this.#commitOf(saltenv, own?.ref)
    if (commit === undefined) return undefined
    return {
      repository: this.repository,
      commit,
      root: trimmed(own?.root ?? root),
      mountpoint: trimmed((own?.mountpoint ?? mountpoint).replace(/^salt:\/\//, '')),
    }
  }

  async #commitOf(saltenv: string, ownRef: string | undefined): Promise<string | undefined> {
    const { allSaltenvs, fallback, mapsNone } = this.settings
    const isMapped = ownRef !== undefined || saltenv === base || !mapsNone
    const ref = allSaltenvs ?? ownRef ?? (saltenv === base ? this.settings.base : saltenv)
    const found = isMapped || allSaltenvs !== undefined ? await this.#lookUp(ref) : undefined
    return found ?? (fallback === undefined ? undefined : await this.#lookUp(fallback))
  }

  async #lookUp(ref: string): Promise<string | undefined> {
    const { refTypes } = this.settings
    const found = (await this.repository.references()).get(ref)
    if (found !== undefined) return refTypes.includes(found.kind) ? found.commit : undefined
    const isCommit = refTypes.includes('sha') && /^[0-9a-f]{40}$/.test(ref) && (await this.repository.hasCommit(ref))
    return isCommit ? ref : undefined
  }

  #named(ref: string): string {
    return ref === this.settings.base ? base : ref
  }

  #isExposed(saltenv: string): boolean {
    const { whitelist, blacklist } = this.settings
    if (whitelist.length > 0 && !whitelist.some((pattern) => fits(pattern, saltenv))) return false
    return !blacklist.some((pattern) => fits(pattern, saltenv))
  }
}

/** A glob, or a regular expression for the whole name. */
function fits(pattern: string, name: string): boolean {
  if (matchGlob(pattern, name)) return true
  try {
    return compileRegex(pattern, { anchor: 'full' }).matches(name)
  } catch {
    return false
  }
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '')
}

async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {})
}
