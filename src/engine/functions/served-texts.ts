/** Texts of the file server, each brought and read once in the life of the object: for what renders files that belong together. */
import { readFile, stat } from 'node:fs/promises'
import { SaltError } from '../../base/errors.ts'
import type { ServedNames } from '../../client/master-link.ts'
import { fileText } from '../files/file-text.ts'
import type { FunctionContext } from '../plugin.ts'
import { cacheKnownFile, withStatus } from './file-cache.ts'
import { type FileSource, fileSourceOf } from './file-source.ts'

/** No template or SLS file is larger. Bytes. */
const largestText = 16 * 1024 * 1024

export interface ServedText {
  readonly text: string
  /** Where the file lies on this host: in the cache when it came from a master. */
  readonly hostPath: string
}

export class ServedTexts {
  readonly #ctx: FunctionContext
  readonly #source: FileSource
  readonly #texts = new Map<string, Promise<ServedText | undefined>>()
  readonly #names = new Map<string, Promise<ServedNames>>()
  #environments: Promise<readonly string[]> | undefined

  constructor(ctx: FunctionContext) {
    this.#ctx = ctx
    this.#source = fileSourceOf(ctx)
  }

  environments(): Promise<readonly string[]> {
    this.#environments ??= this.#source.environments()
    return this.#environments
  }

  names(saltenv: string): Promise<ServedNames> {
    return kept(this.#names, saltenv, () => this.#source.names(saltenv))
  }

  /** Undefined where there is no such file. Throws `overloaded` for one that is too large to be a text, `render-failed` for one that is none. */
  read(saltenv: string, path: string): Promise<ServedText | undefined> {
    return kept(this.#texts, `${saltenv}\0${path}`, () => this.#bring(saltenv, path))
  }

  async #bring(saltenv: string, path: string): Promise<ServedText | undefined> {
    const hostPath = await this.#file(saltenv, path)
    return hostPath === undefined ? undefined : { text: fileText(await readFile(hostPath), path), hostPath }
  }

  async #file(saltenv: string, path: string): Promise<string | undefined> {
    const found = await this.#source.locate?.(saltenv, path)
    if (found !== undefined) return refuseLarge(path, found.size) ?? found.file
    if (this.#source.locate !== undefined) return undefined
    return await withStatus(this.#source, { saltenv, path }, (status) => {
      refuseLarge(path, status.size)
      return cacheKnownFile(this.#ctx, saltenv, path, status)
    })
  }
}

/**
 * A file of this host, which may be another one the next time. Undefined where there is none that can be read.
 * Throws as `ServedTexts.read` does.
 */
export async function readHostText(path: string): Promise<string | undefined> {
  let bytes: Buffer
  try {
    const status = await stat(path)
    // A pipe or a device would be read for ever.
    if (!status.isFile()) return undefined
    refuseLarge(path, status.size)
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof SaltError) throw error
    return undefined
  }
  return fileText(bytes, path)
}

function refuseLarge(path: string, size: number): undefined {
  if (size <= largestText) return undefined
  throw new SaltError('overloaded', `the file ${path} has ${size} bytes, and a text to render at most ${largestText}`)
}

function kept<Result>(all: Map<string, Promise<Result>>, key: string, work: () => Promise<Result>): Promise<Result> {
  const known = all.get(key)
  if (known !== undefined) return known
  const promise = work()
  // It may be asked for ahead of time, and whoever needs it later gets the failure.
  promise.catch(() => {})
  all.set(key, promise)
  return promise
}
