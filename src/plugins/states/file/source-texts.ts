/** Texts from sources, which are templates: what `file.append`, `prepend` and `blockreplace` add. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { templateVariables } from '../../../engine/render/text-template.ts'
import { chooseSource, gatherSource } from '../../modules/file/managing/gathering.ts'
import { memoryOf } from './arguments.ts'

export const severalSources = {
  sources: s.optional(s.array(s.any(), 'Several sources, one behind the other')),
  source_hashes: s.optional(s.array(s.any(), 'Checksums of these sources')),
}

export interface SourcesRequest {
  readonly name: string
  readonly source?: unknown
  readonly source_hash?: unknown
  readonly sources?: readonly unknown[] | undefined
  readonly source_hashes?: readonly unknown[] | undefined
  readonly template?: string | null | undefined
  readonly context?: unknown
  readonly defaults?: unknown
}

/** Undefined where there are no sources. Throws `execution-failed` where one is missing. */
export async function textsOfSources(ctx: StateContext, want: SourcesRequest): Promise<string[] | undefined> {
  const pairs = pairsOf(want)
  if (pairs.length === 0) return undefined
  const texts: string[] = []
  for (const [source, hash] of pairs) {
    const [url, sourceHash] = await chooseSource(ctx, source, hash, ctx.saltenv)
    const { content } = await gatherSource(ctx, {
      name: want.name,
      source: url,
      sourceHash,
      saltenv: ctx.saltenv,
      ...(want.template === null || want.template === undefined ? {} : { template: want.template }),
      variables: templateVariables(want.context, want.defaults),
      // As Salt's cp.get_template, which asks for no checksum.
      skipVerify: sourceHash === undefined,
      memory: memoryOf(ctx),
    })
    const text =
      content.kind === 'bytes' ? content.bytes.toString('utf8') : fs.readFileSync(await content.fetch(), 'utf8')
    if (text === '') throw new SaltError('execution-failed', `Failed to read rendered template file ${url}`)
    texts.push(text)
  }
  return texts
}

function pairsOf({
  source,
  source_hash,
  sources = [],
  source_hashes = [],
}: SourcesRequest): (readonly [unknown, unknown])[] {
  const hasSource = source !== undefined && source !== null && source !== ''
  const hasHash = source_hash !== undefined && source_hash !== null && source_hash !== ''
  if (hasSource && sources.length > 0) throw refused('source and sources are mutually exclusive')
  if (hasHash && source_hashes.length > 0) throw refused('source_hash and source_hashes are mutually exclusive')
  if (hasSource) return [[source, source_hash]]
  return sources.map((one, index) => [one, source_hashes[index]] as const)
}

function refused(message: string): SaltError {
  return new SaltError('bad-arguments', message)
}

/** Lines to add, as they were given: a text, a list of them, or anything that is printed. */
export function textList(given: unknown): string[] {
  return (Array.isArray(given) ? given : [given]).map(pythonString)
}
