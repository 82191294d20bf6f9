/** `archive.tar`, and what `tar` tells of an archive. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { complaintOf, linesOf } from '../../../engine/functions/host-programs.ts'
import { type ExecOptions, type FunctionContext, fn } from '../../../engine/plugin.ts'
import {
  cwd,
  expandSources,
  lines,
  renderedArguments,
  runas,
  runLines,
  sourcesArgument,
  template,
} from './arguments.ts'
import { assertInside } from './escape.ts'

/** Names as `tar` prints them: what is not plain ASCII stands as `\303\244`. */
export function unescapeName(shown: string): string {
  if (!shown.includes('\\')) return shown
  const bytes: Buffer[] = []
  for (const [part, octal, letter] of shown.matchAll(/\\([0-7]{3})|\\(.)|[^\\]+|\\/gsu)) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8) & 0xff]))
    else bytes.push(Buffer.from(letter === undefined ? part : (escapes[letter] ?? letter)))
  }
  return Buffer.concat(bytes).toString()
}

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** Lines of `tar -t`. Throws `execution-failed` with tar's own words. */
async function tarLines(ctx: FunctionContext, argv: readonly string[], options?: ExecOptions): Promise<string[]> {
  const result = await ctx.exec(argv, options)
  if (result.retcode !== 0) throw new SaltError('execution-failed', complaintOf(argv, result))
  return linesOf(result.stdout)
}

export interface Contents {
  readonly dirs: string[]
  readonly files: string[]
  readonly links: string[]
}

/** `decompress` is a command line that writes what it has decompressed to its standard output. */
export async function listTar(ctx: FunctionContext, path: string, decompress: string | undefined): Promise<Contents> {
  const options = decompress === undefined ? [] : [`--use-compress-program=${decompress}`]
  // Two runs, because a long listing does not say where a name ends and what follows begins.
  const found = await tarLines(ctx, ['tar', ...options, '-tf', path])
  const kinds = await tarLines(ctx, ['tar', ...options, '-tvf', path])
  const contents: Contents = { dirs: [], files: [], links: [] }
  for (const [index, shown] of found.entries()) {
    const name = unescapeName(shown)
    const kind = kinds[index]?.charAt(0)
    if (kind === 'l') contents.links.push(name)
    else if (kind === 'd') contents.dirs.push(name.endsWith('/') ? name : `${name}/`)
    else contents.files.push(name)
  }
  return contents
}

/** The options with which `tar` lists what the given ones would extract; undefined where nothing is extracted. */
export function listingOptions(options: readonly string[]): string[] | undefined {
  let extracts = false
  const listing: string[] = []
  for (const [index, word] of options.entries()) {
    if (word === '--extract' || word === '--get') {
      extracts = true
      listing.push('--list')
    } else if (word === '-P' || word === '--absolute-names') return undefined
    else if (word.startsWith('--')) {
      if (!/^--(?:verbose|to-stdout)/.test(word)) listing.push(word)
    } else if (word.startsWith('-') || index === 0) {
      if (word.includes('P')) return undefined
      if (word.includes('x')) extracts = true
      const letters = word.replaceAll('v', '').replace('x', 't')
      if (letters !== '-' && letters !== '') listing.push(letters)
    } else listing.push(word)
  }
  return extracts ? listing : undefined
}

async function assertTarInside(ctx: FunctionContext, argv: readonly string[], archive: string, options: ExecOptions) {
  const { stdout } = await ctx.exec(argv, options)
  // An absolute name loses its slash: all programs named tar do that.
  for (const shown of linesOf(stdout)) assertInside(archive, unescapeName(shown), { rooted: true })
}

/**
 * Extracts an archive and tells the names. `options` are words of tar, the first of which has the letters; `f` is the last.
 * Throws `bad-path` before anything is written for members that lead out, unless the option P allows them, and tar's own words.
 */
export async function extractTar(
  ctx: FunctionContext,
  options: readonly string[],
  archive: string,
  folder: string,
): Promise<string[]> {
  const listing = listingOptions(options)
  if (listing !== undefined) await assertTarInside(ctx, ['tar', ...listing, archive], archive, { cwd: folder })
  const argv = ['tar', ...options, archive]
  const result = await ctx.exec(argv, { cwd: folder })
  if (result.retcode !== 0) throw new SaltError('execution-failed', complaintOf(argv, result))
  // The tar of BSD tells on the other side, with a mark.
  const shown =
    result.stdout === '' ? linesOf(result.stderr).map((line) => line.replace(/^x /, '')) : linesOf(result.stdout)
  return shown.map(unescapeName)
}

export const tarFunctions = {
  tar: fn({
    doc: 'Make, extract or list an archive with the program tar. Members that would be extracted outside of the destination are refused before anything is written, unless the option P allows them.',
    args: {
      options: s.string('Options of tar, such as cjvf; the last must be f'),
      tarfile: s.path('The archive'),
      sources: s.optional(sourcesArgument),
      dest: s.optional(s.path('Folder to extract into')),
      cwd,
      template,
      runas,
    },
    returns: lines,
    examples: [
      "salt '*' archive.tar czvf /srv/backup/new.tar.gz a.txt,b.txt cwd=/srv/docs",
      "salt '*' archive.tar xf /srv/backup/docs.tar.gz dest=/srv/empty",
    ],
    async run(ctx, given) {
      const args = await renderedArguments(ctx, given, ['tarfile', 'sources', 'dest', 'cwd'])
      const options = args.options.split(/\s+/).filter((word) => word !== '')
      if (options.length === 0) throw new SaltError('bad-arguments', 'Tar options can not be empty')
      const sources = expandSources(args.sources, args.cwd)
      const dest = args.dest === undefined || args.dest === '' ? [] : ['-C', args.dest]
      const listing = listingOptions(options)
      if (listing !== undefined) {
        const argv = ['tar', ...listing, args.tarfile, ...sources]
        await assertTarInside(ctx, argv, args.tarfile, {
          ...(args.cwd === undefined ? {} : { cwd: args.cwd }),
          ...(args.runas === undefined ? {} : { runas: args.runas }),
        })
      }
      return runLines(ctx, ['tar', ...options, args.tarfile, ...sources, ...dest], {
        cwd: args.cwd ?? null,
        runas: args.runas ?? null,
      })
    },
  }),
}
