/** `file.blockreplace`: what stands between two marked lines. */
import * as fs from 'node:fs'
import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { fn } from '../../../engine/plugin.ts'
import { type Backup, backupSchema, keepBackup } from './backup.ts'
import { assertTextFile, encodeFor, readText, splitLines } from './content.ts'
import { expandUser } from './paths.ts'
import { changesSchema } from './replace.ts'
import { isChanged, shownEdit, type TextEdit, writeEdit } from './text-edit.ts'

interface Block {
  readonly start: string
  readonly end: string
  readonly content: string
  /** The end mark stands on a line of its own. */
  readonly newline: boolean
  readonly lineEnd: string
}

/** Lines of the content, with the end mark after them. `end` may have more text after the mark. */
function innerLines({ content, newline, lineEnd }: Block, end: string): string[] {
  const lines = content.split(/\r?\n/).map((line) => line + lineEnd)
  const closing = end.replace(/[\r\n]+$/, '') + lineEnd
  if (newline) return [...lines, closing]
  const last = lines.pop() ?? ''
  return [...lines, last.slice(0, last.length - lineEnd.length) + closing]
}

function wholeBlock(block: Block): string[] {
  return [block.start + block.lineEnd, ...innerLines(block, block.end)]
}

/** The lines with other content in each block, or undefined where there is none. */
function withContent(lines: readonly string[], block: Block): string[] | undefined {
  const result: string[] = []
  let inside = false
  let found = false
  for (const line of lines) {
    const end = line.indexOf(block.end)
    if (line.includes(block.start)) {
      inside = true
      result.push(line)
    } else if (!inside) result.push(line)
    else if (end >= 0) {
      inside = false
      found = true
      result.push(...innerLines(block, line.slice(end)))
    }
  }
  if (inside) {
    throw new SaltError('execution-failed', 'Unterminated marked block. End of file reached before marker_end.')
  }
  return found ? result : undefined
}

type Place = 'start' | 'end' | { readonly before: PythonRegex } | { readonly after: PythonRegex } | undefined

function withBlock(lines: readonly string[], block: Block, place: Place): string[] | undefined {
  const added = wholeBlock(block)
  if (place === 'start') return [...added, ...lines]
  if (place === 'end') {
    const last = lines.at(-1)
    if (last === undefined || last.endsWith(block.lineEnd)) return [...lines, ...added]
    return [...lines.slice(0, -1), last + block.lineEnd, ...added]
  }
  if (place === undefined) return undefined
  const before = 'before' in place
  const index = (before ? place.before : place.after).searchEach(lines).indexOf(true)
  if (index < 0) return undefined
  const at = before ? index : index + 1
  return [...lines.slice(0, at), ...added, ...lines.slice(at)]
}

export interface BlockRequest {
  readonly path: string
  readonly marker_start: string
  readonly marker_end: string
  readonly content: string
  readonly append_if_not_found: boolean
  readonly prepend_if_not_found: boolean
  readonly append_newline: boolean | null
  readonly insert_before_match?: string | undefined
  readonly insert_after_match?: string | undefined
}

/** What the file would become. Throws `bad-arguments` for a missing file, `execution-failed` where there is no place for the block. */
export function editBlock(request: BlockRequest): TextEdit {
  const { append_if_not_found: append, prepend_if_not_found: prepend } = request
  const { insert_before_match: before, insert_after_match: after } = request
  if ([append, prepend, before, after].filter(Boolean).length > 1) {
    throw new SaltError(
      'bad-arguments',
      'Only one of append_if_not_found, prepend_if_not_found, insert_before_match, and insert_after_match is permitted',
    )
  }
  const path = expandUser(request.path)
  if (!fs.existsSync(path)) throw new SaltError('bad-arguments', `File not found: ${path}`)
  assertTextFile(path)
  const { text, encoding } = readText(path)
  const lines = splitLines(text)
  const own = (given: string) => encodeFor(encoding, given)
  const block: Block = {
    start: own(request.marker_start),
    end: own(request.marker_end),
    content: own(request.content),
    newline: request.append_newline ?? !request.content.endsWith('\n'),
    lineEnd: lines[0]?.endsWith('\r\n') ? '\r\n' : '\n',
  }
  let place: Place
  if (prepend) place = 'start'
  else if (append) place = 'end'
  else if (before) place = { before: new PythonRegex(own(before)) }
  else if (after) place = { after: new PythonRegex(own(after)) }
  const result = withContent(lines, block) ?? withBlock(lines, block, place)
  if (result === undefined) {
    throw new SaltError('execution-failed', 'Cannot edit marked block. Markers were not found in file.')
  }
  return { path, encoding, before: lines, after: result }
}

/** Writes what differs, with a copy of the old file. */
export async function writeBlock(edit: TextEdit, { backup }: { readonly backup: Backup }): Promise<void> {
  if (!isChanged(edit)) return
  keepBackup(edit.path, backup)
  await writeEdit(edit)
}

export const blockFunctions = {
  blockreplace: fn({
    doc: 'Replace what stands between two marked lines of a file. Gives the difference, and leaves a copy of the old file.',
    args: {
      path: s.path('The file'),
      marker_start: s.withDefault(s.string('Part of the line that begins the block'), '#-- start managed zone --'),
      marker_end: s.withDefault(s.string('Part of the line that ends it'), '#-- end managed zone --'),
      content: s.withDefault(s.text('What shall stand between'), ''),
      append_if_not_found: s.withDefault(s.boolean('Add the block at the end where there is none'), false),
      prepend_if_not_found: s.withDefault(s.boolean('Add the block at the start where there is none'), false),
      backup: backupSchema,
      dry_run: s.withDefault(s.boolean('Change nothing, only tell'), false),
      show_changes: s.withDefault(s.boolean('Give the difference, not just whether there is one'), true),
      append_newline: s.withDefault(
        s.union([s.boolean(), s.null()], 'Begin a new line after the content; null: where it does not end with one'),
        false,
      ),
      insert_before_match: s.optional(s.string('Add the block before the first line that matches this expression')),
      insert_after_match: s.optional(s.string('Add the block after the first line that matches this expression')),
    },
    returns: changesSchema,
    examples: [
      `salt '*' file.blockreplace /srv/app/hosts '# managed: begin' '# managed: end' '10.0.1.1 db' append_if_not_found=True dry_run=True`,
    ],
    async run(_ctx, args) {
      const edit = editBlock(args)
      if (!args.dry_run) await writeBlock(edit, args)
      return shownEdit(edit, args.show_changes)
    },
  }),
}
