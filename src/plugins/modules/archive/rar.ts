/** Functions of `archive` for RAR files, and what the programs tell of one. */

import { s } from '../../../base/schema.ts'
import { commaList } from '../../../engine/arguments/comma-list.ts'
import { linesOf, mustRun, runIfInstalled } from '../../../engine/functions/host-programs.ts'
import { type ExecResult, type FunctionContext, fn } from '../../../engine/plugin.ts'
import {
  cwd,
  excludes,
  expandSources,
  lines,
  renderedArguments,
  runas,
  runLines,
  sourcesArgument,
  template,
  trimmed,
  trimOutput,
} from './arguments.ts'
import { assertInside } from './escape.ts'
import type { Contents } from './tar.ts'

/** `unrar` is free to use, `rar` can do the same. */
async function readRar(
  ctx: FunctionContext,
  words: readonly string[],
): Promise<{ readonly program: string; readonly result: ExecResult }> {
  const result = await runIfInstalled(ctx, ['unrar', ...words])
  if (result !== undefined) return { program: 'unrar', result }
  return { program: 'rar', result: await ctx.exec(['rar', ...words]) }
}

export async function listRar(ctx: FunctionContext, path: string): Promise<Contents> {
  const { program, result } = await readRar(ctx, ['lt', path])
  const { stdout } = result.retcode === 0 ? result : await mustRun(ctx, [program, 'lt', path])
  const contents: Contents = { dirs: [], files: [], links: [] }
  for (const block of stdout.split(/\r?\n\r?\n/)) {
    const name = /^ *Name: (.*?)\r?$/m.exec(block)?.[1]
    const type = /^ *Type: (.*?)\r?$/m.exec(block)?.[1] ?? ''
    if (name === undefined) continue
    if (type === 'Directory') contents.dirs.push(`${name}/`)
    else if (/link$/i.test(type)) contents.links.push(name)
    else contents.files.push(name)
  }
  return contents
}

export const rarFunctions = {
  rar: fn({
    doc: 'Make a RAR file with the program rar.',
    args: { rarfile: s.path('The archive'), sources: sourcesArgument, template, cwd, runas },
    returns: lines,
    examples: ["salt '*' archive.rar /srv/backup/new.rar /srv/docs/a.txt,/srv/docs/b.txt"],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['rarfile', 'sources', 'cwd'])
      return runLines(ctx, ['rar', 'a', '-idp', args.rarfile, ...expandSources(args.sources, args.cwd)], {
        cwd: args.cwd ?? null,
        runas: args.runas ?? null,
      })
    },
  }),
  unrar: fn({
    doc: 'Extract a RAR file with the program unrar, or rar. What would land outside of the destination is refused.',
    args: {
      rarfile: s.path('The archive'),
      dest: s.path('Folder to extract into'),
      excludes,
      template,
      runas,
      trim_output: trimOutput,
    },
    returns: lines,
    examples: ["salt '*' archive.unrar /srv/backup/docs.rar /srv/restored excludes=b.txt"],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['rarfile', 'dest', 'excludes'])
      const { program, result } = await readRar(ctx, ['lb', args.rarfile])
      const left = commaList(args.excludes)
      for (const name of linesOf(result.stdout)) if (!left.includes(name)) assertInside(args.rarfile, name)
      const words = ['x', '-idp', args.rarfile, ...left.flatMap((name) => ['-x', name]), args.dest]
      const output = await runLines(ctx, [program, ...words], {
        runas: args.runas ?? null,
      })
      return trimmed(output, args.trim_output)
    },
  }),
}
