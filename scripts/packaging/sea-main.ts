/** Main script of the binary: takes the chunks from the executable's assets. The bundler calls `start` with the first chunks. */
import sea from 'node:sea'
import { pathToFileURL } from 'node:url'
import { type ChunkFunction, createChunkLoader } from './chunk-loader.ts'

/** A Latin-1 copy is the cheapest way to a string: the bundler writes pure ASCII. */
function text(asset: string): string {
  return Buffer.from(sea.getRawAsset(asset)).toString('latin1')
}

export function start(inline: Readonly<Record<string, ChunkFunction>>, entry: string): void {
  const moduleUrl = pathToFileURL(process.execPath).href
  const codeCache = (name: string): Buffer | undefined => {
    const cache = Buffer.from(sea.getRawAsset(`${name}.cache`))
    return cache.length === 0 ? undefined : cache
  }
  const store = { source: text, codeCache }
  createChunkLoader(store, inline, moduleUrl)(entry)
}
