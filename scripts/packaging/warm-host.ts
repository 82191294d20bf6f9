/**
 * Runs the bundle from its folder as the binary would, and keeps the code cache of each chunk that was used when it ends.
 *
 * Environment: `SALT_WARM_CHUNKS` (folder of the chunks), `SALT_WARM_CACHE` (folder of the caches, read and written),
 * `SALT_WARM_ADDON` (file of the addon that the binary will embed), `SALT_WARM_NODE` (program that starts this Node again, where
 * that takes an emulator), `SALT_WARM_MODE`: `run` (the default), `rest` (runs nothing: chunks that no run has used get a cache of what V8 compiles at
 * once), `check` (prints the chunks whose cache V8 rejects).
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sea from 'node:sea'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { createChunkLoader } from './chunk-loader.ts'

const chunkFolder = process.env.SALT_WARM_CHUNKS ?? '.'
const cacheFolder = process.env.SALT_WARM_CACHE ?? '.'
const cacheFile = (name: string): string => path.join(cacheFolder, `${name}.cache`)
const source = (name: string): string => readFileSync(path.join(chunkFolder, name), 'latin1')

function codeCache(name: string): Buffer | undefined {
  try {
    return readFileSync(cacheFile(name))
  } catch {
    return undefined
  }
}

function keepCache(name: string, script: vm.Script): void {
  const cache = script.createCachedData()
  // A process that ran at the same time may have seen more of the chunk: the larger cache holds more functions.
  if (cache.length <= (codeCache(name)?.length ?? 0)) return
  const temporary = `${cacheFile(name)}.${process.pid}`
  writeFileSync(temporary, cache)
  renameSync(temporary, cacheFile(name))
}

/** Answers for the assets of the executable that does not exist yet: the addon and its digest. */
function standInForAssets(addon: string): void {
  const bytes = readFileSync(addon)
  Object.assign(sea, {
    getRawAsset: () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    getAsset: () => 'warm',
  })
}

function run(): void {
  standInForAssets(process.env.SALT_WARM_ADDON ?? '')
  process.execPath = process.env.SALT_WARM_NODE ?? process.execPath
  const scripts = new Map<string, vm.Script>()
  process.on('exit', () => {
    for (const [name, script] of scripts) keepCache(name, script)
  })
  const compiled = (name: string, script: vm.Script): void => void scripts.set(name, script)
  createChunkLoader({ source, codeCache, compiled }, {}, pathToFileURL(process.execPath).href)('./main.js')
}

const chunks = (): readonly string[] => readdirSync(chunkFolder).filter((name) => name.endsWith('.js'))

switch (process.env.SALT_WARM_MODE) {
  case 'rest':
    for (const name of chunks()) {
      if (codeCache(name) === undefined) keepCache(name, new vm.Script(source(name), { filename: name }))
    }
    break
  case 'check':
    for (const name of chunks()) {
      const cachedData = codeCache(name) ?? Buffer.alloc(0)
      if (new vm.Script(source(name), { filename: name, cachedData }).cachedDataRejected)
        process.stdout.write(`${name}\n`)
    }
    break
  default:
    run()
}
