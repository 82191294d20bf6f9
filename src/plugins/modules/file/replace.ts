/** `file.replace`: every match of a regular expression becomes another text. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { escapePattern, PythonRegex, parseRegexFlags } from '../../../engine/functions/python-regex.ts'
import { fn } from '../../../engine/plugin.ts'
import { type Backup, backupSchema, keepBackup } from './backup.ts'
import { assertTextFile, encodeFor, readText, splitLines } from './content.ts'
import { expandUser, realPath } from './paths.ts'
import { isChanged, shownEdit, type TextEdit, writeEdit } from './text-edit.ts'

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

export interface ReplaceRequest {
  readonly path: string
  readonly pattern: string
  readonly repl: string
  readonly count: number
  readonly flags: unknown
  readonly append_if_not_found: boolean
  readonly prepend_if_not_found: boolean
  readonly not_found_content?: string | undefined
  readonly ignore_if_missing: boolean
  readonly backslash_literal: boolean
  readonly search_only?: boolean
}

function refuseConflicts({ search_only: search = false, ...request }: ReplaceRequest): void {
  const { append_if_not_found: append, prepend_if_not_found: prepend } = request
  if (search && (append || prepend)) {
    throw new SaltError('bad-arguments', 'search_only cannot be used with append/prepend_if_not_found')
  }
  if (append && prepend) {
    throw new SaltError('bad-arguments', 'Only one of append and prepend_if_not_found is permitted')
  }
}

/** What the file would become; undefined for a file that is missing and may be. Throws `bad-arguments`. */
export function editByPattern(request: ReplaceRequest): TextEdit | undefined {
  const path = editablePath(request.path, request.ignore_if_missing)
  if (path === undefined) return undefined
  refuseConflicts(request)
  const { append_if_not_found: append, prepend_if_not_found: prepend, repl } = request
  const { text, encoding } = readText(path)
  const regex = new PythonRegex(encodeFor(encoding, request.pattern), parseRegexFlags(request.flags))
  const template = encodeFor(encoding, repl)
  const literal = request.backslash_literal ? template.replaceAll('\\', '\\\\') : template
  const replaced = regex.replace(text, literal, request.count)
  let after = splitLines(replaced.text)
  if (replaced.count === 0 && (append || prepend)) {
    const content = encodeFor(encoding, request.not_found_content ?? repl)
    after = withAddition(text, request.flags, { content, place: prepend ? 'start' : 'end' }) ?? after
  }
  return { path, encoding, before: splitLines(text), after }
}

/** Writes what differs, with a copy of the old file beside it. `path` is the one that was given: it may be a link. */
export async function writeReplaced(
  edit: TextEdit,
  { path, backup, preserve_inode: keepInode }: { path: string; backup: Backup; preserve_inode: boolean },
): Promise<void> {
  if (!isChanged(edit)) return
  keepBackup(path, backup)
  await writeEdit(edit, keepInode)
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
      if (args.search_only) {
        refuseConflicts(args)
        return searchFile(args.path, args.pattern, args.flags, args.ignore_if_missing)
      }
      const edit = editByPattern(args)
      if (edit === undefined) return false
      if (!args.dry_run) await writeReplaced(edit, args)
      return shownEdit(edit, args.show_changes)
    },
  }),
}
