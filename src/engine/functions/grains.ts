/** The grains of this host: collected from plugins, the grains file and the configuration, and kept until a refresh. */
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { deepMerge } from '../../base/deep-merge.ts'
import { SaltError } from '../../base/errors.ts'
import { readFileIfExists, systemReason } from '../../base/files.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { ConfigView, Grains, GrainsDefinition, GrainsHost } from '../plugin.ts'
import { compileGlob } from '../target/glob.ts'

/** Loaders of the built-in plugins, in order of precedence: a later one wins. */
export type GrainsRegistry = readonly (() => Promise<GrainsDefinition>)[]

export interface GrainsSourceOptions {
  readonly registry: GrainsRegistry
  readonly config: ConfigView
  readonly log: Log
  /** A recorded host instead of this one. */
  readonly host?: Partial<GrainsHost>
}

/**
 * `prepare` loads what is needed, `read` computes on its first call and then answers from memory: a command that looks
 * at no grain pays for none.
 */
export class GrainsSource {
  readonly #options: GrainsSourceOptions
  readonly #host: GrainsHost
  #plugins: readonly GrainsDefinition[] = []
  #userPlugins: readonly GrainsDefinition[] = []
  #file: Grains = {}
  /** Results of plugins that take their time, such as the user's. */
  #slow: Grains = {}
  #known: Grains | undefined

  constructor(options: GrainsSourceOptions) {
    this.#options = options
    this.#host = { ...thisHost(options.config), ...options.host }
  }

  /** Loads the plugins and the grains file. */
  async prepare(): Promise<void> {
    this.#plugins = await Promise.all(this.#options.registry.map((load) => load()))
    this.#file = await readGrainsFile(this.#options.config, this.#options.log)
    this.#known = undefined
  }

  /** Replaces the user's own plugins; their grains come with the next `refresh`. */
  setUserPlugins(plugins: readonly GrainsDefinition[]): void {
    this.#userPlugins = plugins
  }

  read(): Grains {
    this.#known ??= this.#collect()
    return this.#known
  }

  /** Reads the file and asks every plugin anew. */
  async refresh(): Promise<Grains> {
    await this.prepare()
    const slow: Record<string, unknown> = {}
    for (const plugin of this.#userPlugins) {
      try {
        Object.assign(slow, await tellable(await plugin.read(this.#host)))
      } catch (error) {
        this.#options.log.error('A grains plugin failed', { plugin: plugin.name, error })
      }
    }
    this.#slow = slow
    this.#known = undefined
    return this.read()
  }

  #collect(): Grains {
    const core: Record<string, unknown> = {}
    for (const plugin of this.#plugins) {
      try {
        const found = plugin.read(this.#host)
        if (!(found instanceof Promise)) Object.assign(core, found)
      } catch (error) {
        this.#options.log.error('A grains plugin failed', { plugin: plugin.name, error })
      }
    }
    const { config } = this.#options
    const found = withoutListed({ ...core, ...this.#file, ...this.#slow }, config.get('grains_blacklist'))
    const configured = config.get('grains')
    if (!isRecord(configured)) return found
    const merged = config.get('grains_deep_merge') === true ? deepMerge(found, configured) : undefined
    return isRecord(merged) ? merged : { ...found, ...configured }
  }
}

/** All but the grains whose names match one of the shell-style patterns. */
function withoutListed(grains: Grains, patterns: unknown): Grains {
  if (!Array.isArray(patterns) || patterns.length === 0) return grains
  const globs = patterns.map((pattern) => compileGlob(String(pattern)))
  return Object.fromEntries(Object.entries(grains).filter(([name]) => !globs.some((glob) => glob.matches(name))))
}

/** What cannot be sent would keep the minion from every session. Throws `bad-arguments`. */
async function tellable(grains: unknown): Promise<Grains> {
  if (!isRecord(grains)) throw new SaltError('bad-arguments', 'grains must be a mapping')
  const { pack } = await import('../../base/msgpack.ts')
  pack({ grains })
  return grains
}

/** The file that `grains.setval` and its like write: `grains` beside the minion's configuration file. */
export function grainsFilePath(config: ConfigView): string | undefined {
  const folder = config.get('config_dir') ?? config.get('conf_dir')
  if (typeof folder === 'string') return join(folder, 'grains')
  const file = config.get('conf_file')
  return typeof file === 'string' ? join(dirname(file), 'grains') : undefined
}

async function readGrainsFile(config: ConfigView, log: Log): Promise<Grains> {
  const path = grainsFilePath(config)
  const text = path === undefined ? undefined : readText(path, log)
  if (path === undefined || text === undefined || text.trim() === '') return {}
  try {
    return await parseGrainsFile(text, path)
  } catch (error) {
    // One wrong line must not keep a minion from starting.
    log.error('The grains file is not used', { path, error })
    return {}
  }
}

function readText(path: string, log: Log): string | undefined {
  try {
    return readFileIfExists(path)
  } catch (error) {
    log.error('The grains file cannot be read', { path, reason: systemReason(error) })
    return undefined
  }
}

/** Throws `configuration` where the text is not a YAML mapping. */
export async function parseGrainsFile(text: string, path: string): Promise<Record<string, unknown>> {
  const { parseYaml } = await import('../../base/yaml.ts')
  const value = parseYaml(text, { file: path })
  if (value === null || value === undefined) return {}
  if (!isRecord(value)) throw new SaltError('configuration', `${path} must hold a mapping of grains.`, { where: path })
  return value
}

function thisHost(config: ConfigView): GrainsHost {
  return {
    platform: process.platform,
    readFile(path) {
      try {
        return fs.readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
    },
    exec: () => Promise.reject(new SaltError('internal', 'Built-in grains start no programs.')),
    config,
  }
}
