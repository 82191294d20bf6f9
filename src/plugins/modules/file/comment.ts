/** Functions of `file` that put lines into comments and take them out. */
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { fn } from '../../../engine/plugin.ts'
import { type Backup, backupSchema, keepBackup } from './backup.ts'
import { assertTextFile, readText, replaceContent, splitFeeds, withoutStart } from './content.ts'
import { expandUser, realPath } from './paths.ts'
import { changesSchema } from './replace.ts'
import { isRegularFile } from './status.ts'

interface CommentRequest {
  readonly path: string
  readonly regex: string
  readonly char: string
  readonly backup: Backup
}

/** The difference of the lines that changed, or false where none matches. */
async function setComment(request: CommentRequest, on: boolean): Promise<string | false> {
  const { regex, char } = request
  const path = realPath(expandUser(request.path))
  if (!isRegularFile(path)) throw new SaltError('bad-arguments', `File not found: ${path}`)
  assertTextFile(path)
  const inner = regex.replace(/^\^+/, '').replace(/\$+$/, '')
  const end = regex.endsWith('$') ? '$' : ''
  const wanted = on ? `${regex.startsWith('^') ? '^' : ''}(${inner})${end}` : `^${char}\\s*(${inner})${end}`
  const { text, encoding } = readText(path)
  const lines = splitFeeds(text)
  const matching = new PythonRegex(wanted).matchEach(lines)
  if (!matching.includes(true)) return false
  const edited = lines.map((line, index) => (matching[index] ? (on ? char + line : withoutStart(line, char)) : line))
  keepBackup(path, request.backup)
  await replaceContent(path, Buffer.from(edited.join(''), encoding))
  const changed = (all: readonly string[]) => all.filter((_, index) => matching[index])
  return unifiedDiff(changed(lines), changed(edited))
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
