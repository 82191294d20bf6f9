/** A clone on this host, as the states of git ask it and work on it, by the functions of the module `git`. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { StateContext } from '../../../engine/plugin.ts'

/** Who runs git, and with which credentials. */
export interface GitAccess {
  readonly user?: string | undefined
  readonly identity?: unknown
  readonly https_user?: unknown
  readonly https_pass?: unknown
  readonly output_encoding?: string | undefined
}

type Keywords = Readonly<Record<string, unknown>>

export class Repository {
  readonly #ctx: StateContext
  readonly #access: GitAccess
  readonly target: string

  constructor(ctx: StateContext, target: string, access: GitAccess) {
    this.#ctx = ctx
    this.target = target
    this.#access = access
  }

  /** Calls a function of the module `git` in this folder, as the user that was asked for. */
  run(fun: string, args: readonly unknown[] = [], keywords: Keywords = {}): Promise<unknown> {
    return this.#ctx.salt(`git.${fun}`, [this.target, ...args], { ...this.#asUser(), ...keywords })
  }

  /** The same for a function that talks to the other side. */
  reach(fun: string, args: readonly unknown[] = [], keywords: Keywords = {}): Promise<unknown> {
    const { identity } = this.#access
    return this.run(fun, args, { identity, saltenv: this.#ctx.saltenv, ...keywords })
  }

  /** The same for a function that takes the address of the other side. */
  reachAddress(fun: string, args: readonly unknown[] = [], keywords: Keywords = {}): Promise<unknown> {
    return this.reach(fun, args, { ...this.#httpsAccess(), ...keywords })
  }

  #asUser(): Keywords {
    return { user: this.#access.user, output_encoding: this.#access.output_encoding }
  }

  #httpsAccess(): Keywords {
    return { https_user: this.#access.https_user, https_pass: this.#access.https_pass }
  }

  /** What git answers, or undefined where it says that there is no such thing. */
  async ask(fun: string, args: readonly unknown[] = [], keywords: Keywords = {}): Promise<string | undefined> {
    try {
      const answer = await this.run(fun, args, keywords)
      return typeof answer === 'string' && answer !== '' ? answer : undefined
    } catch (error) {
      this.#ctx.signal.throwIfAborted()
      if (error instanceof SaltError && error.code === 'execution-failed') return undefined
      throw error
    }
  }

  /** Id of the commit that a name stands for. */
  commitOf(name: string): Promise<string | undefined> {
    return this.ask('rev_parse', [`${name}^{commit}`])
  }

  /** Id of the commit that is checked out; undefined in an empty repository. */
  head(): Promise<string | undefined> {
    return this.ask('revision')
  }

  /** Branch that is checked out; undefined where there is none. */
  branch(): Promise<string | undefined> {
    return this.ask('current_branch')
  }

  /** The branch of a remote that a branch follows; undefined where it follows none. */
  upstreamOf(branch: string): Promise<string | undefined> {
    return this.ask('rev_parse', [`${branch}@{upstream}`], { opts: ['--abbrev-ref'] })
  }

  async branches(): Promise<readonly string[]> {
    return textsOf(await this.run('list_branches'))
  }

  async tags(): Promise<readonly string[]> {
    return textsOf(await this.run('list_tags'))
  }

  /** Name of a remote → the address that it is fetched from, credentials and all. */
  async remotes(): Promise<Readonly<Record<string, string>>> {
    const found = await this.run('remotes', [], { redact_auth: false })
    if (!isRecord(found)) return {}
    return Object.fromEntries(
      Object.entries(found).flatMap(([name, urls]) => (isRecord(urls) ? [[name, String(urls.fetch)]] : [])),
    )
  }

  /** Whether files differ from what is checked out; false where git cannot tell. */
  async hasLocalChanges(): Promise<boolean> {
    // A dry run must not bring the index up to date, either.
    const changes = await this.ask('diff', ['HEAD'], { git_opts: ['-c', 'diff.autoRefreshIndex=false'] })
    return changes !== undefined
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    return (await this.run('merge_base', [], { refs: [older, newer], is_ancestor: true })) === true
  }

  /** Full name → id of everything at an address. */
  async refsAt(address: string, ofTarget = false): Promise<Readonly<Record<string, string>>> {
    const { identity } = this.#access
    const keywords = { ...this.#asUser(), ...(ofTarget ? {} : this.#httpsAccess()), identity }
    const found = await this.#ctx.salt('git.remote_refs', [address], { ...keywords, saltenv: this.#ctx.saltenv })
    return isRecord(found) ? Object.fromEntries(Object.entries(found).map(([ref, id]) => [ref, String(id)])) : {}
  }

  /** Whether there is a repository in the folder already. */
  async exists(isBare = false): Promise<boolean> {
    if (isFolder(join(this.target, isBare ? 'refs' : '.git'))) return true
    if (!isFolder(this.target)) return false
    return (await this.run('is_worktree')) === true
  }

  /** Names in the folder; undefined where there is no such folder. */
  content(): readonly string[] | undefined {
    return isFolder(this.target) ? readdirSync(this.target) : undefined
  }

  empty(): void {
    for (const name of this.content() ?? []) rmSync(join(this.target, name), { recursive: true, force: true })
  }
}

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
