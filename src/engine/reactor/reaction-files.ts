import { glob, readFile, stat } from 'node:fs/promises'
import { SaltError, systemCode } from '../../base/errors.ts'
import { systemReason } from '../../base/files.ts'
import type { ServedFiles } from '../files/served-files.ts'
import {
  type EventTemplate,
  type FileTemplate,
  inlineTemplate,
  parseEventTemplate,
  type TemplateEvent,
} from './event-template.ts'
import { type Reaction, reactionsOf } from './reactions.ts'
import { inlinePlace, type ReactorSource } from './rules.ts'

const fileServer = 'salt://'
const environment = 'base'
const mostKept = 1000

interface Kept {
  readonly version: string
  readonly template: FileTemplate
}

/** Reads reaction files, each anew only when it has changed. */
export class ReactionFiles {
  readonly #roots: () => Pick<ServedFiles, 'read' | 'status'>
  readonly #kept = new Map<string, Kept>()
  readonly #keptInline = new WeakMap<object, EventTemplate>()

  /** `roots`: where `salt://` leads to, in the environment `base`. */
  constructor(roots: () => Pick<ServedFiles, 'read' | 'status'>) {
    this.#roots = roots
  }

  /**
   * What a source asks to be done on this event. A path may be a pattern of the shell, for several files. Throws `configuration`
   * for a file that is missing or wrong, `execution-failed` for an event that lacks a value; each with file and line.
   */
  async reactions(source: ReactorSource, event: TemplateEvent): Promise<readonly Reaction[]> {
    if (typeof source !== 'string') return reactionsOf(this.#inline(source).fill(event), () => inlinePlace)
    const templates = await Promise.all((await pathsOf(source)).map((path) => this.#template(path)))
    return templates.flatMap((template) =>
      reactionsOf(template.fill(event), (path) => `${template.file}:${template.marks.line(path) ?? 1}`),
    )
  }

  #inline(source: Readonly<Record<string, unknown>>): EventTemplate {
    const kept = this.#keptInline.get(source) ?? inlineTemplate(source, inlinePlace)
    this.#keptInline.set(source, kept)
    return kept
  }

  async #template(path: string): Promise<FileTemplate> {
    const version = await this.#version(path)
    const kept = this.#kept.get(path)
    if (kept?.version === version) return kept.template
    const template = await parseEventTemplate(await this.#read(path), path)
    if (this.#kept.size >= mostKept) this.#kept.clear()
    this.#kept.set(path, { version, template })
    return template
  }

  async #version(path: string): Promise<string> {
    if (path.startsWith(fileServer)) {
      return (await this.#roots().status(environment, path.slice(fileServer.length)))?.sha256 ?? ''
    }
    const { mtimeMs, size, ino } = await found(path, () => stat(path))
    return `${mtimeMs} ${size} ${ino}`
  }

  async #read(path: string): Promise<string> {
    if (!path.startsWith(fileServer)) return await found(path, () => readFile(path, 'utf8'))
    const bytes = await this.#roots().read(environment, path.slice(fileServer.length))
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
