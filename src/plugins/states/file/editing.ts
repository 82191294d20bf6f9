/** `file.line`, `file.replace` and `file.blockreplace`. */
import * as fs from 'node:fs'
import { asSaltError } from '../../../base/errors.ts'
import { s } from '../../../base/schema.ts'
import { type StateContext, state } from '../../../engine/plugin.ts'
import {
  done,
  failed,
  impossible,
  type PendingPlan,
  pending,
  right,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { backupSchema } from '../../modules/file/backup.ts'
import { editBlock, writeBlock } from '../../modules/file/block.ts'
import { editOneLine, type OneLineRequest, writeLine } from '../../modules/file/line.ts'
import { expandUser } from '../../modules/file/paths.ts'
import { editByPattern, flagsSchema, sizeSchema, writeReplaced } from '../../modules/file/replace.ts'
import { textsFor } from './accumulators.ts'
import { fileMode, owners, pathName, showChanges, sourceHashes, templateArguments } from './arguments.ts'
import { missingFile, planEdit, usualWords } from './edit-plan.ts'
import { planManaged } from './managed.ts'
import { withManagedDefaults } from './managed-arguments.ts'
import { severalSources, textsOfSources } from './source-texts.ts'

const lineArguments = {
  name: pathName,
  content: s.optional(s.text('The line; may be left out with `delete`')),
  match: s.optional(s.string('Text or expression of the line to replace or delete; the line itself when left out')),
  mode: s.optional(s.string('ensure, replace, insert or delete')),
  location: s.optional(s.string('With `insert`: `start` or `end` of the file')),
  before: s.optional(s.string('Text or expression of the one line that it goes before')),
  after: s.optional(s.string('Text or expression of the one line that it goes after')),
  show_changes: showChanges,
  backup: s.withDefault(s.boolean('Leave a copy of the old file, with the time in its name'), false),
  quiet: s.withDefault(s.boolean('A missing file is no error'), false),
  indent: s.withDefault(s.boolean('Indent the line as its neighbor'), true),
  create: s.withDefault(s.boolean('Make the file where it is missing'), false),
  ...owners,
  file_mode: fileMode,
}

const replaceArguments = {
  name: pathName,
  pattern: s.string("The expression, in Python's form"),
  repl: s.text('The text in its place; \\1 and \\g<name> stand for groups'),
  count: s.withDefault(s.integer('How many to replace at most; 0: all'), 0),
  flags: flagsSchema,
  bufsize: sizeSchema,
  append_if_not_found: s.withDefault(s.boolean('Add the text at the end where nothing matches'), false),
  prepend_if_not_found: s.withDefault(s.boolean('Add the text at the start where nothing matches'), false),
  not_found_content: s.optional(s.text('What to add in place of the text')),
  backup: backupSchema,
  show_changes: showChanges,
  ignore_if_missing: s.withDefault(s.boolean('A missing file is no error'), false),
  backslash_literal: s.withDefault(s.boolean('A backslash in the text is nothing special'), false),
}

const blockArguments = {
  name: pathName,
  marker_start: s.withDefault(s.string('Part of the line that begins the block'), '#-- start managed zone --'),
  marker_end: s.withDefault(s.string('Part of the line that ends it'), '#-- end managed zone --'),
  source: s.optional(s.any('Where its content comes from; it stands behind `content`')),
  ...severalSources,
  source_hash: sourceHashes.source_hash,
  ...templateArguments,
  template: s.withDefault(s.union([s.string(), s.null()], 'Template engine that sources go through'), 'jinja'),
  content: s.withDefault(s.text('What shall stand between'), ''),
  append_if_not_found: s.withDefault(s.boolean('Add the block at the end where there is none'), false),
  prepend_if_not_found: s.withDefault(s.boolean('Add the block at the start where there is none'), false),
  backup: backupSchema,
  show_changes: showChanges,
  append_newline: s.withDefault(
    s.union([s.boolean(), s.null()], 'Begin a new line after the content; null: where it does not end with one'),
    null,
  ),
  insert_before_match: s.optional(s.string('Add the block before the first line that matches this expression')),
  insert_after_match: s.optional(s.string('Add the block after the first line that matches this expression')),
}

export const editingStates = {
  line: state({
    doc: 'Make sure that a line is in a file at its place, or is not.',
    args: lineArguments,
    examples: ['/etc/hosts:\n  file.line:\n    - mode: ensure\n    - content: 10.0.0.5 db1\n    - after: localhost$'],
    async plan(ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.line')
      const { user, group } = want
      const isMade = want.create && !fs.existsSync(path)
      const fault = isMade ? undefined : missingFile(path)
      if (fault !== undefined) return fault
      if (want.mode === undefined) return impossible('Mode was not defined. How to process the file?')
      if (want.mode.toLowerCase() !== 'delete' && want.content === undefined) {
        return impossible("Content can only be empty if mode is ['delete']")
      }
      const basis = { name: path, create: want.create, user, group, mode: want.file_mode, replace: false }
      const file = await planManaged(ctx, withManagedDefaults(basis), {})
      if (file.kind === 'settled' && !file.result) return file
      const line = (): StatePlan => planLine(ctx, { ...want, path })
      return file.kind === 'settled' || isUnchanged(file) ? line() : planBoth(file, line, isMade)
    },
  }),
  replace: state({
    doc: 'Replace what matches a regular expression in a file.',
    args: replaceArguments,
    examples: [
      "/etc/ssh/sshd_config:\n  file.replace:\n    - pattern: '^#?PermitRootLogin .*$'\n    - repl: PermitRootLogin no\n    - append_if_not_found: True",
    ],
    plan(_ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.replace')
      const fault = missingFile(path)
      if (fault !== undefined) {
        return want.ignore_if_missing && fault.comment.includes('file not found') ? right(usualWords.same) : fault
      }
      const request = { ...want, path, preserve_inode: true }
      const words = { ...usualWords, test: 'Changes would have been made' }
      return planEdit(editByPattern(request), want.show_changes, words, (edit) => writeReplaced(edit, request))
    },
  }),
  blockreplace: state({
    doc: 'Make sure what stands between two marked lines of a file. What `file.accumulated` has collected for the file is added.',
    args: blockArguments,
    examples: [
      "/etc/hosts:\n  file.blockreplace:\n    - marker_start: '# BEGIN app'\n    - marker_end: '# END app'\n    - content: 10.0.1.1 db\n    - append_if_not_found: True",
    ],
    async plan(ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.blockreplace')
      try {
        const texts = await textsOfSources(ctx, want)
        const fault = missingFile(path)
        if (fault !== undefined) return fault
        const collected = textsFor(ctx, path, ctx.chunk).map(String)
        const content = [want.content, ...collected].filter((text, index) => index > 0 || text !== '').join('\n')
        const request = { ...want, path, content: content + (texts ?? []).join('') }
        return planEdit(editBlock(request), want.show_changes, usualWords, (edit) => writeBlock(edit, want))
      } catch (error) {
        ctx.signal.throwIfAborted()
        const { message, code } = asSaltError(error)
        if (code === 'render-failed') return impossible(message)
        return impossible(`Encountered error managing block: ${message}. See the log for details.`)
      }
    },
  }),
}

function planLine(
  ctx: StateContext,
  want: OneLineRequest & { readonly show_changes: boolean; readonly backup: boolean },
): StatePlan {
  const edit = editOneLine(ctx, want)
  return planEdit(edit, want.show_changes, usualWords, (found) => writeLine(found, want.backup))
}

function isUnchanged({ changes }: StatePlan): boolean {
  return Object.keys(changes).length === 0
}

/** First the file itself, then its line, which can be told only when the file is there. */
function planBoth(file: PendingPlan, line: () => StatePlan, isMade: boolean): StatePlan {
  const known = isMade ? undefined : line()
  if (known?.kind === 'settled' && !known.result) return known
  return pending({
    comment: usualWords.test,
    changes: { ...file.changes, ...known?.changes },
    async apply() {
      const first = await file.apply()
      if (!first.result) return first
      const plan = known ?? line()
      const second = plan.kind === 'settled' ? plan : await plan.apply()
      if (!second.result) return failed(second.comment, first.changes)
      return done(usualWords.done, { ...first.changes, ...second.changes })
    },
  })
}
