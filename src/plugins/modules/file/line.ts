import { SaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type FunctionContext, fn } from '../../../engine/plugin.ts'
import { copyWhole, readText, splitLines } from './content.ts'
import { editLines, type LineRequest } from './line-edit.ts'
import { expandUser, realPath } from './paths.ts'
import { changesSchema } from './replace.ts'
import { isRegularFile } from './status.ts'
import { isChanged, shownEdit, type TextEdit, writeEdit } from './text-edit.ts'

const modes = ['ensure', 'replace', 'insert', 'delete'] as const

function modeOf(given: string | undefined): LineRequest['mode'] {
  if (given === undefined) {
    throw new SaltError('execution-failed', 'Mode was not defined. How to process the file?')
  }
  const mode = modes.find((known) => known === given.toLowerCase())
  if (mode === undefined) throw new SaltError('execution-failed', `Unknown mode: "${given.toLowerCase()}"`)
  return mode
}

/** Local time with dashes, for the name of a copy. */
function timeStamp(time: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())]
  return [...day, two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())].join('-')
}

export interface OneLineRequest {
  readonly path: string
  readonly mode?: string | undefined
  readonly content?: string | undefined
  readonly match?: string | undefined
  readonly location?: string | undefined
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly quiet: boolean
  readonly indent: boolean
}

/** What the file would become; undefined for a missing file, quietly. Throws `execution-failed`. */
export function editOneLine(ctx: FunctionContext, args: OneLineRequest): TextEdit | undefined {
  const path = realPath(expandUser(args.path))
  if (!isRegularFile(path)) {
    if (args.quiet) return undefined
    throw new SaltError('execution-failed', `File "${path}" does not exists or is not a file.`)
  }
  const mode = modeOf(args.mode)
  const { content, match, location, before, after, indent } = args
  if (mode !== 'delete' && content === undefined) {
    throw new SaltError('execution-failed', 'Content can only be empty if mode is "delete"')
  }
  const { text, encoding } = readText(path)
  const lines = splitLines(text)
  if (lines.length === 0 && (mode === 'delete' || mode === 'replace')) {
    ctx.log.warning('The file is empty: no line can be found in it', { path, mode })
  }
  const edited = editLines(lines, { mode, content, match, location, before, after, indent })
  return { path, encoding, before: lines, after: edited }
}

/** With a copy of the old file, where that is asked for. */
export async function writeLine(edit: TextEdit, backup: boolean): Promise<void> {
  if (backup) copyWhole(edit.path, `${edit.path}.${timeStamp(new Date())}`)
  await writeEdit(edit)
}

export const lineFunctions = {
  line: fn({
    doc: 'Add, replace or delete one line of a file. Gives the difference.',
    args: {
      path: s.path('The file; links are followed'),
      content: s.optional(s.text('The line; may be left out with `delete`')),
      match: s.optional(s.string('Text or expression of the line to replace or delete; the line itself when left out')),
      mode: s.optional(s.string('ensure, replace, insert or delete')),
      location: s.optional(s.string('With `insert`: `start` or `end` of the file')),
      before: s.optional(s.string('Text or expression of the one line that it goes before')),
      after: s.optional(s.string('Text or expression of the one line that it goes after')),
      show_changes: s.withDefault(s.boolean('Give the difference, not just whether there is one'), true),
      backup: s.withDefault(s.boolean('Leave a copy of the old file, with the time in its name'), false),
      quiet: s.withDefault(s.boolean('A missing file is no error'), false),
      indent: s.withDefault(s.boolean('Indent the line as its neighbor'), true),
    },
    returns: changesSchema,
    examples: [`salt '*' file.line /srv/app/hosts content='10.0.0.5 db1.example.org db1' mode=delete`],
    async run(ctx, args) {
      const edit = editOneLine(ctx, args)
      if (edit === undefined) return false
      const changed = isChanged(edit)
      if (changed && ctx.config.get('test') !== true) await writeLine(edit, args.backup)
      return args.show_changes && changed ? shownEdit(edit, true) : changed
    },
  }),
}
