/** Arguments that several functions of `archive` share, and what they come to. */

import { posix } from 'node:path'
import { pythonString } from '../../../base/python-repr.ts'
import { s } from '../../../base/schema.ts'
import { commaList } from '../../../engine/arguments/comma-list.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'
import { renderText } from '../../../engine/render/text-template.ts'
import { globPaths } from '../file/paths.ts'

export const template = s.optional(s.string('Template engine that the paths go through first: jinja'))
export const runas = s.optional(s.string('User to work as; only root may choose'))
export const cwd = s.optional(s.path('Folder to work in; relative paths begin there'))
export const excludes = s.optional(s.any('Members to leave out: a list, or text with commas'))
export const trimOutput = s.withDefault(
  s.union([s.boolean(), s.integer()], 'Shorten the list to 100 names, or to that many'),
  false,
)
export const zipPassword = s.optional(s.any('Password of the archive; others on this host may see it'))
export const sourcesArgument = s.any('Files and folders, with shell-style patterns: a list, or text with commas')
export const names = s.array(s.string(), 'Names')
export const lines = s.array(s.string(), 'Lines that the program wrote')

/** Sources with their patterns replaced by what matches; relative ones stay relative to `folder`. */
export function expandSources(sources: unknown, folder: string | undefined): string[] {
  return commaList(sources).flatMap((source) => {
    if (!source.includes('*')) return [source]
    if (folder === undefined || posix.isAbsolute(source)) return globPaths(source)
    return globPaths(posix.join(folder, source)).map((path) => posix.relative(folder, path))
  })
}

/** The list, cut where that is asked for, with a line that says so. */
export function trimmed(files: readonly string[], trim: boolean | number): string[] {
  const count = trim === true ? 100 : trim
  if (count === false || files.length <= count) return [...files]
  return [...files.slice(0, count), `List trimmed after ${count} files.`]
}

/** The arguments with these texts, and lists of them, as the template engine makes them that is asked for. */
export async function renderedArguments<A extends { readonly template?: string | undefined }>(
  ctx: FunctionContext,
  args: A,
  names: readonly (keyof A)[],
): Promise<A> {
  const { template: engine } = args
  if (engine === undefined || engine === '') return args
  const render = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return await Promise.all(value.map(render))
    if (typeof value !== 'string') return value
    return await renderText(ctx, { text: value, file: value, saltenv: 'base', engine })
  }
  const rendered = await Promise.all(names.map(async (name) => [name, await render(args[name])] as const))
  return { ...args, ...Object.fromEntries(rendered) }
}

/** Runs a program as `cmd.run` does and gives its lines; its return code becomes that of the job. */
export async function runLines(
  ctx: FunctionContext,
  argv: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const output = await ctx.salt('cmd.run', [argv], { python_shell: false, ...options })
  const text = pythonString(output)
  return text === '' ? [] : text.split('\n')
}
