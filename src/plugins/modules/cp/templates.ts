/** `template:` of functions that copy files: names, and with `cp.get_template` contents, go through a template engine. */
import { readFile } from 'node:fs/promises'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { fileText } from '../../../engine/files/file-text.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { renderText, templateVariables } from '../../../engine/render/text-template.ts'

export const namesTemplate = s.optional(
  s.union([s.string(), s.null()], 'Template engine that source and destination go through: jinja'),
)

/** Texts as the engine makes them, or as they are where none is asked for. */
export async function renderedNames(
  ctx: FunctionContext,
  engine: string | null | undefined,
  saltenv: string,
  names: readonly string[],
): Promise<string[]> {
  if (engine === undefined || engine === null || engine === '') return [...names]
  const rendered: string[] = []
  for (const text of names) rendered.push(await renderText(ctx, { text, file: text, saltenv, engine }))
  return rendered
}

export interface FileTemplate {
  /** Where the template lies here, and what it is called in messages. */
  readonly path: string
  readonly file: string
  readonly saltenv: string
  readonly engine: string
  /** Keyword arguments of the call: `context`, `defaults`, and more variables. */
  readonly extra: Readonly<Record<string, unknown>>
}

export async function renderedFile(
  ctx: FunctionContext,
  { path, file, saltenv, engine, extra }: FileTemplate,
): Promise<string> {
  const { context, defaults, ...others } = extra
  const variables = { ...(isRecord(others) ? others : {}), ...templateVariables(context, defaults) }
  return await renderText(ctx, { text: fileText(await readFile(path), file), file, saltenv, engine, variables })
}
