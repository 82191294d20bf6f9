/** Functions of `archive` for gzip. */
import { s } from '../../../base/schema.ts'
import { type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import { lines, renderedArguments, runas, runLines, template } from './arguments.ts'

function gzipFunction(program: 'gzip' | 'gunzip', file: string, doc: string, example: string): FunctionDefinition {
  return fn({
    doc,
    args: { [file]: s.path('The file'), template, runas, options: s.optional(s.string(`An option for ${program}`)) },
    returns: lines,
    examples: [example, `${example} options=--verbose`],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, [file])
      const option = args.options === undefined || args.options === '' ? [] : [args.options]
      return runLines(ctx, [program, ...option, args[file] ?? ''], {
        runas: args.runas ?? null,
      })
    },
  })
}

export const gzipFunctions = {
  gzip: gzipFunction(
    'gzip',
    'sourcefile',
    'Compress a file with gzip; the compressed file takes its place.',
    "salt '*' archive.gzip /srv/docs/a.txt",
  ),
  gunzip: gzipFunction(
    'gunzip',
    'gzipfile',
    'Expand a file that gzip has compressed; the expanded file takes its place.',
    "salt '*' archive.gunzip /srv/backup/notes.txt.gz",
  ),
}
