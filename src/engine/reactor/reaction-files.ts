import { glob, readFile, stat } from 'node:fs/promises'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import type { ServedFiles } from '../files/served-files.ts'
import type { FunctionContext } from '../plugin.ts'
import type { TemplateEvent } from './event-template.ts'
import { type Reaction, reactionsOf } from './reactions.ts'
import { inlinePlace, type ReactorSource } from './rules.ts'

const fileServer = 'salt://'
const environment = 'base'
const mostKept = 1000

interface Kept {
  readonly version: string
  readonly text: string
}

export interface ReactionFilesParts {
  /** Where `salt://` leads to, in the environment `base`. */
  roots(): Pick<ServedFiles, 'read' | 'status'>
  /** What templates of reactions see. */
  context(signal: AbortSignal): Promise<FunctionContext>
}

/** Reads reaction files, each anew only when it has changed. */
export class ReactionFiles {
  readonly #parts: ReactionFilesParts
  readonly #kept = new Map<string, Kept>()

  constructor(parts: ReactionFilesParts) {
    this.#parts = parts
  }

  /**
   * What a source asks to be done on this event. A path may be a pattern of the shell, for several files. Throws `configuration`
   * for a file that is missing or wrong, `render-failed` for one that the event does not fit; each with file and line.
   */
  async reactions(source: ReactorSource, event: TemplateEvent, signal: AbortSignal): Promise<readonly Reaction[]> {
    // The template engine is loaded by the first event that is reacted to.
    const { fillFile, fillInline } = await import('./event-template.ts')
    const { TemplateWorld } = await import('../render/template-world.ts')
    const world = new TemplateWorld(await this.#parts.context(signal))
    if (typeof source !== 'string')
      return reactionsOf(await fillInline(world, source, inlinePlace, event), () => inlinePlace)
    const files = await Promise.all(
      (await pathsOf(source)).map(async (path) => fillFile(world, await this.#text(path), path, event)),
    )
    return files.flatMap(({ value, where }) => reactionsOf(value, where))
  }

  async #text(path: string): Promise<string> {
    const version = await this.#version(path)
    const kept = this.#kept.get(path)
    if (kept?.version === version) return kept.text
    const text = await this.#read(path)
    if (this.#kept.size >= mostKept) this.#kept.clear()
    this.#kept.set(path, { version, text })
    return text
  }

  async #version(path: string): Promise<string> {
    if (path.startsWith(fileServer)) {
      return (await this.#parts.roots().status(environment, path.slice(fileServer.length)))?.sha256 ?? ''
    }
    const { mtimeMs, size, ino } = await found(path, () => stat(path))
    return `${mtimeMs} ${size} ${ino}`
  }

  async #read(path: string): Promise<string> {
    if (!path.startsWith(fileServer)) return await found(path, () => readFile(path, 'utf8'))
    const bytes = await this.#parts.roots().read(environment, path.slice(fileServer.length))
    if (bytes === undefined) throw missing(path, 'the file roots have no such file')
    return Buffer.from(bytes).toString('utf8')
  }
}

async function pathsOf(source: string): Promise<readonly string[]> {
  if (source.startsWith(fileServer) || !/[*?[]/.test(source)) return [source]
  const paths = await Array.fromAsync(glob(source))
  if (paths.length === 0) throw missing(source, 'the pattern matches no file')
  return paths.sort()
}

async function found<Result>(path: string, look: () => Promise<Result>): Promise<Result> {
  try {
    return await look()
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    throw missing(path, systemReason(error))
  }
}

function missing(path: string, reason: string): SaltError {
  return new SaltError('configuration', `the reaction file cannot be read: ${reason}`, {
    where: path,
    hint: 'Correct the option reactor, or make the file.',
  })
}
