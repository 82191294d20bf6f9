/**
 * The user's own modules and grains: those synced from the master, and those of `module_dirs`.
 *
 * Each file runs in threads of its own, so that no fault in it can stall or end the minion, and has the same shape as
 * what is built in: `export const disk = defineModule({ name, doc, functions: { usage: fn({ … }) } })`.
 */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { asSaltError, SaltError } from '../../base/errors.ts'
import { Float } from '../../base/float.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView, FunctionContext, FunctionDefinition, GrainsDefinition, ModuleDefinition } from '../plugin.ts'
import type { PluginCatalogue } from './catalogue.ts'
import { execute } from './execute.ts'
import { extensionFolders } from './extension-folders.ts'
import { checkUserModule } from './user-module-check.ts'
import { type ThreadExports, type ThreadServices, UserThread } from './user-thread.ts'

/** Loads all user modules into the catalogue. A faulty one is logged, and told to whoever calls it. */
export async function loadUserModules(
  catalogue: PluginCatalogue<FunctionDefinition>,
  config: ConfigView,
  log: Log,
): Promise<void> {
  const modules: ModuleDefinition[] = []
  const faults: Record<string, string> = {}
  const pools: ThreadPool[] = []
  for (const file of await pluginFiles(extensionFolders(config, 'modules'))) {
    const pool = new ThreadPool(file, log)
    pools.push(pool)
    try {
      modules.push(...(await modulesOf(pool, file)))
    } catch (error) {
      const { message, where } = asSaltError(error)
      const told = where === undefined ? message : `${where}: ${message}`
      faults[nameOf(file)] = told
      log.error('A user module cannot be loaded', { reason: told })
    }
  }
  catalogue.setUserModules(modules, faults)
  for (const pool of loadedPools.get(catalogue) ?? []) pool.retire()
  loadedPools.set(catalogue, pools)
}

/** What each catalogue holds, to let go of its threads when it is loaded anew. */
const loadedPools = new WeakMap<PluginCatalogue<FunctionDefinition>, readonly ThreadPool[]>()

/** Throws `bad-arguments` or `internal` with the line where the file is faulty. */
async function modulesOf(pool: ThreadPool, file: string): Promise<ModuleDefinition[]> {
  const exports = await pool.exports()
  if (exports.modules.length === 0) {
    throw new SaltError('bad-arguments', 'The file exports no module: export const x = defineModule({ … }).', {
      where: file,
    })
  }
  return exports.modules.map((exported) => {
    const { name, doc, functions } = checkUserModule(exported, file)
    return {
      name,
      doc,
      functions: Object.fromEntries(
        Object.entries(functions).map(([fun, described]) => [
          fun,
          { ...described, run: (ctx, args, more) => pool.run(ctx, name, fun, args, more) } satisfies FunctionDefinition,
        ]),
      ),
    }
  })
}

/** The user's grains plugins. A faulty one is logged and left out. */
export async function loadUserGrains(config: ConfigView, log: Log): Promise<GrainsDefinition[]> {
  const found: GrainsDefinition[] = []
  for (const file of await pluginFiles(extensionFolders(config, 'grains'))) {
    try {
      const pool = new ThreadPool(file, log)
      for (const { name, doc } of (await pool.exports()).grains) {
        const plugin = typeof name === 'string' ? name : nameOf(file)
        found.push({
          name: plugin,
          doc: typeof doc === 'string' ? doc : '',
          grains: {},
          read: async (host) => pool.readGrains(plugin, host.config.all, log),
        })
      }
    } catch (error) {
      const { message, where } = asSaltError(error)
      log.error('A user grains plugin cannot be loaded', { file: where ?? file, reason: message })
    }
  }
  return found
}

async function pluginFiles(folders: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => [])
    const plugins = names.filter((name) => /\.(?:ts|js|mjs)$/.test(name) && !name.startsWith('_'))
    files.push(...plugins.sort().map((name) => join(folder, name)))
  }
  return files
}

function nameOf(file: string): string {
  return basename(file).replace(/\.[a-z]+$/, '')
}

/** Grains are read at the start: one that takes longer is left out. */
const grainsTimeoutMs = 10_000
/** A thread costs some megabytes, so that one which nobody needs is ended. */
const idleMs = 30_000

/** Threads of one file: a free one is kept for a while, a busy one is left alone, an ended one is replaced. */
class ThreadPool {
  readonly #file: string
  readonly #log: Log
  #free: UserThread | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #retired = false
  #exports: ThreadExports | undefined

  constructor(file: string, log: Log) {
    this.#file = file
    this.#log = log
  }

  async exports(): Promise<ThreadExports> {
    if (this.#exports === undefined) {
      const thread = await this.#take()
      this.#put(thread)
    }
    return this.#exports ?? { modules: [], grains: [] }
  }

  async run(ctx: FunctionContext, module: string, fun: string, args: unknown, more: unknown): Promise<unknown> {
    const { id, job } = ctx
    const facts = { id, job, grains: ctx.grains, pillar: ctx.pillar, config: ctx.config.all }
    const request = plain({ kind: 'call', module, fun, args, more, facts })
    const thread = await this.#take()
    try {
      return await thread.call(request, ctx, ctx.signal)
    } finally {
      this.#put(thread)
    }
  }

  async readGrains(name: string, config: unknown, log: Log): Promise<Record<string, unknown>> {
    const thread = await this.#take()
    const signal = AbortSignal.timeout(grainsTimeoutMs)
    const refuse = () => Promise.reject(new SaltError('execution-failed', 'A grains plugin cannot do this.'))
    const services: ThreadServices = {
      log,
      salt: refuse,
      exec: (argv, options) => execute(argv, options, { log, signal }),
      emit: refuse,
      setRetcode() {},
    }
    try {
      const value = await thread.call(plain({ kind: 'grains', name, config }), services, signal)
      if (!isRecord(value))
        throw new SaltError('execution-failed', 'It did not return a mapping.', { where: this.#file })
      return value
    } finally {
      this.#put(thread)
    }
  }

  /** The file has changed or vanished: its threads end once they have done their work. */
  retire(): void {
    this.#retired = true
    this.#closeFree()
  }

  #closeFree(): void {
    void this.#free?.close()
    this.#free = undefined
  }

  async #take(): Promise<UserThread> {
    clearTimeout(this.#idleTimer)
    const free = this.#free
    this.#free = undefined
    if (free !== undefined && !free.hasEnded) return free
    const thread = new UserThread(this.#file, this.#log)
    try {
      this.#exports = await thread.load()
      return thread
    } catch (error) {
      await thread.close()
      throw error
    }
  }

  #put(thread: UserThread): void {
    if (thread.hasEnded || !thread.isIdle) return
    if (this.#retired || this.#free !== undefined) void thread.close()
    else {
      this.#free = thread
      this.#idleTimer = setTimeout(() => this.#closeFree(), idleMs).unref()
    }
  }
}

/** A copy that can cross to another thread: floats unboxed, functions and other classes left out. */
export function plain(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && typeof item !== 'function')
      .map(([key, item]) => [key, plainValue(item)]),
  )
}

function plainValue(value: unknown): unknown {
  if (value instanceof Float) return value.value
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(plainValue)
  if (!isRecord(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? plain(value) : String(value)
}
