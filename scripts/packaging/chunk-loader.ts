/**
 * Loads the chunks of the bundle inside the binary: runtime code that becomes the main script of the executable.
 *
 * Each chunk is a function expression with the parameters below. It stands in an asset beside a V8 code cache that was made by
 * running it once, so that a start compiles nothing; V8 rejects a cache of another build by itself and compiles as usual.
 */
import path from 'node:path'
import vm from 'node:vm'

/** The parameters of a chunk's function, in order. */
export const chunkParameters = ['exports', 'require', 'module', '__lazy', '__moduleUrl'] as const

export type ChunkFunction = (
  exports: unknown,
  require: (name: string) => unknown,
  module: { exports: unknown },
  lazy: (name: string) => Promise<unknown>,
  moduleUrl: string,
) => void

export interface ChunkStore {
  readonly source: (name: string) => string
  readonly codeCache: (name: string) => Buffer | undefined
  /** Told about each compiled chunk; only the warming run listens. */
  readonly compiled?: (name: string, script: vm.Script) => void
}

/** Libraries probe for optional packages and look at the code of the error. */
function builtin(name: string): unknown {
  const found = process.getBuiltinModule(name)
  if (found !== undefined) return found
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
}

/**
 * @param inline Chunks that are part of the main script.
 * @param moduleUrl What `import.meta.url` is inside the chunks.
 * @returns `require` for chunks (`./name.js`) and Node's own modules.
 */
export function createChunkLoader(
  store: ChunkStore,
  inline: Readonly<Record<string, ChunkFunction>>,
  moduleUrl: string,
): (name: string) => unknown {
  const loaded = new Map<string, { exports: unknown }>()

  const compile = (name: string): ChunkFunction => {
    const cachedData = store.codeCache(name)
    const script = new vm.Script(store.source(name), {
      // Below the executable nothing can lie that an import would find by chance.
      filename: path.join(process.execPath, name),
      ...(cachedData === undefined ? {} : { cachedData }),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })
    store.compiled?.(name, script)
    return script.runInThisContext()
  }

  const load = (name: string): unknown => {
    if (!name.startsWith('./')) return builtin(name)
    const file = name.slice(2)
    const known = loaded.get(file)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    loaded.set(file, module)
    const run = inline[file] ?? compile(file)
    run(module.exports, load, module, lazy, moduleUrl)
    return module.exports
  }

  const lazy = async (name: string): Promise<unknown> => load(name)

  return load
}
