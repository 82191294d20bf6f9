/** The contents of a managed file that stand in the state itself, in the pillar or in the grains. */
import { isUtf8 } from 'node:buffer'
import { SaltError } from '../../../base/errors.ts'
import { pythonString } from '../../../base/python-repr.ts'
import { Secret } from '../../../base/secret.ts'
import type { StateContext } from '../../../engine/plugin.ts'
import { renderText, templateVariables } from '../../../engine/render/text-template.ts'
import { splitLines } from '../../../engine/render/values/methods/text-split.ts'
import { traverse } from '../../../engine/target/traverse.ts'
import { encodeContents } from '../../modules/file/managing/contents-encoding.ts'
import type { BytesContent } from '../../modules/file/managing/new-content.ts'
import { memoryOf } from './arguments.ts'
import type { ManagedArguments } from './managed-arguments.ts'

const kinds = ['contents', 'contents_pillar', 'contents_grains'] as const

export function contentKinds(want: ManagedArguments): readonly (typeof kinds)[number][] {
  return kinds.filter((kind) => want[kind] !== undefined && want[kind] !== null)
}

/** Undefined where the state has none. Throws `execution-failed` with Salt's sentence for what is no content. */
export async function contentsOf(
  ctx: StateContext,
  want: ManagedArguments,
  extra: Readonly<Record<string, unknown>>,
): Promise<BytesContent | undefined> {
  const [kind] = contentKinds(want)
  if (kind === undefined) return undefined
  const given = foundContents(ctx, want, kind)
  const isSecret = holdsSecret(given)
  const value = revealed(given)
  if (!want.allow_empty && isEmpty(value)) {
    const id = kind === 'contents' ? "'contents'" : `${kind} ${pythonString(want[kind])}`
    throw refused(
      `${id} value would result in empty contents. Set allow_empty to True to allow the managed file to be empty.`,
    )
  }
  const parts = partsOf(value)
  if (parts instanceof Uint8Array) return binaryContents(parts, want, isSecret)
  if (parts.length === 0) {
    throw refused(
      'Contents specified by contents/contents_pillar/contents_grains is not a string or list of strings, and is not binary data. SLS is likely malformed.',
    )
  }
  const text = joined(parts, want.contents_newline)
  const rendered = want.template === undefined ? text : await render(ctx, want, want.template, text, extra)
  return { kind: 'bytes', bytes: encodeContents(rendered, want.encoding, want.encoding_errors), isSecret }
}

async function render(
  ctx: StateContext,
  { name, user, group, mode, context, defaults }: ManagedArguments,
  engine: string,
  text: string,
  extra: Readonly<Record<string, unknown>>,
): Promise<string> {
  const variables = { name, user, group, mode, ...extra, ...templateVariables(context, defaults) }
  return await renderText(ctx, { text, file: name, saltenv: ctx.saltenv, engine, variables }, memoryOf(ctx))
}

function binaryContents(bytes: Uint8Array, { template }: ManagedArguments, isSecret: boolean): BytesContent {
  if (template === undefined) return { kind: 'bytes', bytes: Buffer.from(bytes), isSecret }
  throw refused(
    'Contents specified by contents/contents_pillar/contents_grains appears to be binary data, and as will not be able to be treated as a Jinja template.',
  )
}

function foundContents(ctx: StateContext, want: ManagedArguments, kind: (typeof kinds)[number]): unknown {
  if (kind === 'contents') return want.contents
  const isPillar = kind === 'contents_pillar'
  const look = (path: unknown): unknown => {
    const key = pythonString(path)
    const found = traverse(isPillar ? ctx.pillar : ctx.grains, key, want.contents_delimiter)
    if (found === undefined) throw refused(`${isPillar ? 'Pillar' : 'Grain'} ${key} does not exist`)
    return found
  }
  const paths = want[kind]
  if (!Array.isArray(paths)) return look(paths)
  const found = paths.map(look)
  const text = found.map((one) => pythonString(revealed(one))).join('\n')
  return found.some(holdsSecret) ? new Secret(text) : text
}

function holdsSecret(value: unknown): boolean {
  return value instanceof Secret || (Array.isArray(value) && value.some(holdsSecret))
}

function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal()
  return Array.isArray(value) ? value.map(revealed) : value
}

/** What Python takes for false. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value) || typeof value === 'string' || value instanceof Uint8Array) return value.length === 0
  return (
    value === false || value === 0 || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  )
}

/** Texts to be joined, or bytes that are no text. */
function partsOf(value: unknown): readonly string[] | Uint8Array {
  if (value instanceof Uint8Array) return isUtf8(value) ? [Buffer.from(value).toString('utf8')] : value
  return (Array.isArray(value) ? value : [value]).map(pythonString)
}

function joined(parts: readonly string[], endsWithNewline: boolean): string {
  const lines = parts.flatMap((part) => splitLines(part))
  const text = lines.map((line) => `${line}\n`).join('')
  return endsWithNewline ? text : text.replace(/\n+$/, '').replace(/\r+$/, '')
}

function refused(message: string): SaltError {
  return new SaltError('execution-failed', message)
}
