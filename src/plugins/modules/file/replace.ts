/** `file.replace`: every match of a regular expression becomes another text. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { escapePattern, PythonRegex, parseRegexFlags } from '../../../engine/functions/python-regex.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { fn } from '../../../engine/plugin.ts'
import { backupSchema, keepBackup } from './backup.ts'
import { assertTextFile, encodeFor, readText, replaceContent, splitLines } from './content.ts'
import { expandUser, realPath } from './paths.ts'

export const flagsSchema = s.withDefault(
  s.union([s.integer(), s.string(), s.array(s.any())], "Python's flags: names such as MULTILINE, or their sum"),
  8,
)
export const sizeSchema = s.withDefault(
  s.union([s.integer(), s.string()], 'Accepted, and without effect: the file is read as a whole'),
  1,
)
/** What functions that edit give back. */
export const changesSchema = s.union([s.text(), s.boolean()], 'The difference, or whether there is one')

/** The real path of a file that can be edited; undefined where there is none and that may be. */
function editablePath(given: string, mayBeMissing: boolean): string | undefined {
  const path = realPath(expandUser(given))
  if (!fs.existsSync(path)) {
    if (mayBeMissing) return undefined
    throw new SaltError('bad-arguments', `File not found: ${path}`)
  }
  assertTextFile(path)
  return path
}

/** Whether an expression matches somewhere in a file. */
export function searchFile(given: string, pattern: string, flags: unknown, mayBeMissing: boolean): boolean {
  const path = editablePath(given, mayBeMissing)
  if (path === undefined) return false
  const { text, encoding } = readText(path)
  return new PythonRegex(encodeFor(encoding, pattern), parseRegexFlags(flags)).search(text)
}

interface Addition {
  readonly content: string
  readonly place: 'start' | 'end'
}

/** Lines with one more, unless the text has that line already. */
function withAddition(text: string, flags: unknown, { content, place }: Addition): string[] | undefined {
  const line = new PythonRegex(`^${escapePattern(content)}($|(?=\\r\\n))`, parseRegexFlags(flags))
  if (line.search(text)) return undefined
  const lines = splitLines(text)
  if (place === 'start') return [`${content}\n`, ...lines]
  const last = lines.at(-1)
  if (last !== undefined && !last.endsWith('\n')) lines[lines.length - 1] = `${last}\n`
  return [...lines, `${content}\n`]
}

function refuseConflicts(search: boolean, append: boolean, prepend: boolean): void {
  if (search && (append || prepend)) {
    throw new SaltError('bad-arguments', 'search_only cannot be used with append/prepend_if_not_found')
  }
  if (append && prepend) {
    throw new SaltError('bad-arguments', 'Only one of append and prepend_if_not_found is permitted')
  }
}

export const replaceFunctions = {
  replace: fn({
    doc: 'Replace what matches a regular expression in a file. Gives the difference, and leaves a copy of the old file.',
    args: {
      path: s.path('The file; links are followed'),
      pattern: s.string("The expression, in Python's form"),
      repl: s.text('The text in its place; \\1 and \\g<name> stand for groups'),
      count: s.withDefault(s.integer('How many to replace at most; 0: all'), 0),
      flags: flagsSchema,
      bufsize: sizeSchema,
      append_if_not_found: s.withDefault(s.boolean('Add the text at the end where nothing matches'), false),
      prepend_if_not_found: s.withDefault(s.boolean('Add the text at the start where nothing matches'), false),
      not_found_content: s.optional(s.text('What to add in place of the text')),
      backup: backupSchema,
      dry_run: s.withDefault(s.boolean('Change nothing, only tell'), false),
      search_only: s.withDefault(s.boolean('Only tell whether it matches'), false),
      show_changes: s.withDefault(s.boolean('Give the difference, not just whether there is one'), true),
      ignore_if_missing: s.withDefault(s.boolean('A missing file is no error'), false),
      preserve_inode: s.withDefault(s.boolean('Write into the same file, which may have other names'), true),
      backslash_literal: s.withDefault(s.boolean('A backslash in the text is nothing special'), false),
    },
    returns: changesSchema,
    examples: [
      `salt '*' file.replace /etc/hosts 'no such name' 'some name' dry_run=True`,
      `salt '*' file.replace /etc/hosts pattern='^NO SUCH LINE$' repl=x flags='[MULTILINE, IGNORECASE]'`,
    ],
    async run(_ctx, args) {
      const path = editablePath(args.path, args.ignore_if_missing)
      if (path === undefined) return false
      const { append_if_not_found: append, prepend_if_not_found: prepend } = args
      refuseConflicts(args.search_only, append, prepend)
      const { text, encoding } = readText(path)
      const regex = new PythonRegex(encodeFor(encoding, args.pattern), parseRegexFlags(args.flags))
      if (args.search_only) return regex.search(text)
      const template = encodeFor(encoding, args.repl)
      const replaced = regex.replace(
        text,
        args.backslash_literal ? template.replaceAll('\\', '\\\\') : template,
        args.count,
      )
      let lines = splitLines(replaced.text)
      if (replaced.count === 0 && (append || prepend)) {
        const content = encodeFor(encoding, args.not_found_content ?? args.repl)
        lines = withAddition(text, args.flags, { content, place: prepend ? 'start' : 'end' }) ?? lines
      }
      const result = lines.join('')
      if (result !== text && !args.dry_run) {
        keepBackup(args.path, args.backup)
        await replaceContent(path, Buffer.from(result, encoding), { keepInode: args.preserve_inode })
      }
      return args.show_changes ? unifiedDiff(splitLines(text), lines) : result !== text
    },
  }),
}
