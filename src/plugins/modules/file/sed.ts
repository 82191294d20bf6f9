/** Functions of `file` that edit or look with `sed` and `patch`, or as sed does. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { PythonRegex, parseRegexFlags } from '../../../engine/functions/python-regex.ts'
import { fn } from '../../../engine/plugin.ts'
import { splitShellWords } from '../cmd/shell-words.ts'
import { copyWhole, readText, replaceContent } from './content.ts'
import { expandUser } from './paths.ts'
import { programResult, runAll } from './program.ts'
import { isFolder } from './status.ts'

const path = s.path('The file')
const before = s.string('Expression to look for')
const after = s.text('The text in its place')
const limit = s.withDefault(s.string('Expression of the lines to edit; all of them when empty'), '')
const backup = s.withDefault(s.string('Ending of the name of a copy of the old file; empty for none'), '.bak')
const escapeAll = s.withDefault(s.boolean('Nothing in the expression is special'), false)

/** Slashes end an expression of sed, and quotes are doubled as for a shell. */
function escapeForSed(text: string, all: boolean): string {
  const escaped = text.replaceAll("'", `'"'"'`).replaceAll('/', '\\/')
  return all ? escaped.replace(/[\^.[$()|*+?{]/g, '\\$&') : escaped
}

function sedOptions(options: string): string[] {
  return splitShellWords(process.platform === 'darwin' ? options.replaceAll('-r', '-E') : options)
}

/** The text from behind the first match of the limit on; all of it where there is no limit. */
function splitAt(text: string, limit: string): readonly [kept: string, edited: string] {
  if (limit === '') return ['', text]
  const place = new PythonRegex(limit).find(text)
  return place === undefined ? [text, ''] : [text.slice(0, place.end), text.slice(place.end)]
}

export const sedFunctions = {
  sed: fn({
    doc: 'Edit a file with sed. `file.replace` does more.',
    args: {
      path,
      before,
      after,
      limit,
      backup,
      options: s.withDefault(s.string('Options of sed'), '-r -e'),
      flags: s.withDefault(s.string('Flags of its s command'), 'g'),
      escape_all: escapeAll,
      negate_match: s.withDefault(s.boolean('Edit the lines that do not match the limit'), false),
    },
    returns: s.union([programResult, s.boolean()]),
    examples: [`salt '*' file.sed /srv/www/httpd.conf 'LogLevel warn' 'LogLevel info'`],
    async run(ctx, args) {
      const full = expandUser(args.path)
      if (!fs.existsSync(full)) return false
      const escaped = (text: string) => escapeForSed(text, args.escape_all)
      const address = args.limit === '' ? '' : `/${escaped(args.limit)}/ `
      const command = `s/${escaped(args.before)}/${escaped(args.after)}/${args.flags}`
      const words = [
        `-i${args.backup}`,
        ...sedOptions(args.options),
        address + (args.negate_match ? '!' : '') + command,
      ]
      return runAll(ctx, ['sed', ...words, full])
    },
  }),
  sed_contains: fn({
    doc: 'Tell whether sed finds an expression in a file, line by line.',
    args: {
      path,
      text: before,
      limit,
      flags: s.withDefault(s.string('Flags of the s command, besides p'), 'g'),
    },
    returns: s.boolean(),
    examples: [`salt '*' file.sed_contains /srv/www/httpd.conf LogLevel`],
    async run(ctx, args) {
      const full = expandUser(args.path)
      if (!fs.existsSync(full)) return false
      const address = args.limit === '' ? '' : `/${escapeForSed(args.limit, false)}/ `
      const command = `${address}s/${escapeForSed(args.text, false)}/$/p${args.flags}`
      const { stdout } = await ctx.exec(['sed', ...sedOptions('-n -r -e'), command, full], { mergeStderr: true })
      return stdout.trimEnd() !== ''
    },
  }),
  psed: fn({
    doc: "Edit a file as sed does, with expressions in Python's form. `file.replace` does more.",
    args: {
      path,
      before,
      after,
      limit: s.withDefault(s.string('Leave all as it is up to the first match of this expression'), ''),
      backup,
      flags: s.withDefault(s.string('Any of g (all matches), I, L, M, S, U and X'), 'gMS'),
      escape_all: escapeAll,
      multi: s.withDefault(s.boolean('Accepted, and without effect: the file is always one text'), false),
    },
    returns: s.null(),
    examples: [`salt '*' file.psed /srv/www/httpd.conf 'LogLevel warn' 'LogLevel info'`],
    async run(_ctx, args) {
      const full = expandUser(args.path)
      const { text, encoding } = readText(full)
      const unknown = /[^gILMSUX]/.exec(args.flags)?.[0]
      if (unknown !== undefined) throw new SaltError('bad-arguments', `The flag ${unknown} is not known.`)
      const regex = new PythonRegex(
        escapeForSed(args.before, args.escape_all),
        parseRegexFlags([...args.flags].filter((flag) => flag !== 'g')),
      )
      const [kept, edited] = splitAt(text, args.limit)
      const result = kept + regex.replace(edited, args.after, args.flags.includes('g') ? 0 : 1).text
      if (args.backup !== '') copyWhole(full, `${full}${args.backup}`)
      await replaceContent(full, Buffer.from(result, encoding), { keepInode: true })
      return null
    },
  }),
  patch: fn({
    doc: 'Apply a patch to a file or a folder.',
    args: {
      originalfile: s.path('The file or folder'),
      patchfile: s.path('The patch'),
      options: s.withDefault(s.string('Options of patch'), ''),
      dry_run: s.withDefault(s.boolean('Change nothing, only tell'), false),
    },
    returns: programResult,
    examples: [`salt '*' file.patch /srv/app/app.conf /srv/app/app.patch`],
    async run(ctx, args) {
      const options = splitShellWords(args.options)
      const has = (pattern: RegExp) => options.some((option) => pattern.test(option))
      const dry = ['FreeBSD', 'OpenBSD'].includes(String(ctx.grains.kernel)) ? '-C' : '--dry-run'
      const words = [
        ...options,
        ...(args.dry_run ? [dry] : []),
        // Without these it would ask, or leave files with what could not be applied.
        ...(has(/^(?:-N|--forward)$/) ? [] : ['--forward']),
        ...(has(/^(?:-r$|-r |--reject-file)/) ? [] : ['--reject-file=-']),
        '-i',
        args.patchfile,
      ]
      const strip = has(/^(?:-p|--strip=)/) ? [] : ['--strip=0']
      const target = isFolder(args.originalfile) ? ['-d', args.originalfile, ...strip] : [args.originalfile]
      return runAll(ctx, ['patch', ...words, ...target])
    },
  }),
}
