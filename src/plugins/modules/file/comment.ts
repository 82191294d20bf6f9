/** Functions of `file` that put lines into comments and take them out. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { fn } from '../../../engine/plugin.ts'
import { type Backup, backupSchema, keepBackup } from './backup.ts'
import { assertTextFile, readText, splitFeeds, withoutStart } from './content.ts'
import { expandUser, realPath } from './paths.ts'
import { changesSchema } from './replace.ts'
import { isRegularFile } from './status.ts'
import { type TextEdit, writeEdit } from './text-edit.ts'

interface CommentRequest {
  readonly path: string
  readonly regex: string
  readonly char: string
  readonly backup: Backup
}

/** What the file would become; the lines that match are told apart. */
export function editComments(
  request: Omit<CommentRequest, 'backup'>,
  on: boolean,
): TextEdit & { readonly matching: readonly boolean[] } {
  const { regex, char } = request
  const path = realPath(expandUser(request.path))
  if (!isRegularFile(path)) throw new SaltError('bad-arguments', `File not found: ${path}`)
  assertTextFile(path)
  const inner = regex.replace(/^\^+/, '').replace(/\$+$/, '')
  const end = regex.endsWith('$') ? '$' : ''
  const wanted = on ? `${regex.startsWith('^') ? '^' : ''}(${inner})${end}` : `^${char}\\s*(${inner})${end}`
  const { text, encoding } = readText(path)
  const before = splitFeeds(text)
  const matching = new PythonRegex(wanted).matchEach(before)
  const after = before.map((line, index) => (matching[index] ? (on ? char + line : withoutStart(line, char)) : line))
  return { path, encoding, before, after, matching }
}

/** Writes what differs, with a copy of the old file beside the path that was given. */
export async function writeComments(
  edit: TextEdit,
  { path, backup }: Pick<CommentRequest, 'path' | 'backup'>,
): Promise<void> {
  keepBackup(path, backup)
  await writeEdit(edit)
}

/** The difference of the lines that changed, or false where none matches. */
async function setComment(request: CommentRequest, on: boolean): Promise<string | false> {
  const edit = editComments(request, on)
  if (!edit.matching.includes(true)) return false
  await writeComments(edit, request)
  const changed = (all: readonly string[]) => all.filter((_, index) => edit.matching[index])
  return unifiedDiff(changed(edit.before), changed(edit.after))
}

const base = {
  path: s.path('The file; links are followed'),
  regex: s.string('Expression that the line starts with; `^` and `$` may bound it'),
  char: s.withDefault(s.string('What makes a line a comment'), '#'),
}

export const commentFunctions = {
  comment_line: fn({
    doc: 'Make lines comments, or take the comment sign away. Gives the difference, or false where no line matches.',
    args: {
      ...base,
      cmnt: s.withDefault(s.boolean('Make it a comment; false: take the sign away'), true),
      backup: backupSchema,
    },
    returns: changesSchema,
    examples: [`salt '*' file.comment_line /srv/app/hosts '^10'`],
    run: (_ctx, { cmnt, ...request }) => setComment(request, cmnt),
  }),
  comment: fn({
    doc: 'Make lines comments. Gives the difference, or false where no line matches.',
    args: { ...base, backup: backupSchema },
    returns: changesSchema,
    examples: [`salt '*' file.comment /srv/app/hosts '^10'`],
    run: (_ctx, request) => setComment(request, true),
  }),
  uncomment: fn({
    doc: 'Take the comment sign from lines. Gives the difference, or false where no line matches.',
    args: { ...base, backup: backupSchema },
    returns: changesSchema,
    examples: [`salt '*' file.uncomment /srv/app/hosts '192'`],
    run: (_ctx, request) => setComment(request, false),
  }),
}
