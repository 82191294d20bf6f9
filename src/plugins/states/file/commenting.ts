/** `file.comment` and `file.uncomment`. */
import { s } from '../../../base/schema.ts'
import { PythonRegex } from '../../../engine/functions/python-regex.ts'
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { state } from '../../../engine/plugin.ts'
import { done, failed, impossible, pending, right, type StatePlan } from '../../../engine/state/plan.ts'
import { type Backup, backupSchema } from '../../modules/file/backup.ts'
import { editComments, writeComments } from '../../modules/file/comment.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { expandUser } from '../../modules/file/paths.ts'
import { searchFile } from '../../modules/file/replace.ts'
import { pathName } from './arguments.ts'
import { missingFile } from './edit-plan.ts'

const shared = {
  name: pathName,
  regex: s.string('Expression of the lines; it begins with `^` where whole lines are meant'),
  char: s.withDefault(s.string('What makes a line a comment'), '#'),
  backup: backupSchema,
}

interface CommentRequest {
  readonly path: string
  readonly regex: string
  readonly char: string
  readonly backup: Backup
}

export const commentingStates = {
  comment: state({
    doc: 'Make lines of a file comments.',
    args: { ...shared, ignore_missing: s.withDefault(s.boolean('No such line is no error'), false) },
    examples: ['/etc/fstab:\n  file.comment:\n    - regex: ^/dev/sdb1'],
    plan(_ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.comment')
      const fault = missingFile(path)
      if (fault !== undefined) return fault
      const inner = want.regex.replace(/^(?:\(\?[iLmsux]\))?\^?(.*?)\$?$/s, '$1')
      const commented = want.char + inner
      if (!finds(path, `^(?!\\s*${want.char}).*${inner}`)) {
        if (finds(path, commented)) return right('Pattern already commented')
        if (want.ignore_missing) return right('Pattern not found and ignore_missing set to True')
        return impossible(`${inner}: Pattern not found`)
      }
      return planComments({ ...want, path }, true, commented)
    },
  }),
  uncomment: state({
    doc: 'Take the comment sign from lines of a file.',
    args: shared,
    examples: ['/etc/adduser.conf:\n  file.uncomment:\n    - regex: EXTRA_GROUPS'],
    plan(_ctx, want) {
      const path = expandUser(want.name)
      if (path === '') return impossible('Must provide name to file.uncomment')
      const fault = missingFile(path)
      if (fault !== undefined) return fault
      const inner = want.regex.replace(/^\^+/, '')
      const plain = `^[ \t]*${inner}`
      if (!finds(path, `${want.char}[ \t]*${inner}`)) {
        return finds(path, plain)
          ? right('Pattern already uncommented')
          : impossible(`${want.regex}: Pattern not found`)
      }
      return planComments({ ...want, path }, false, plain)
    },
  }),
}

function finds(path: string, pattern: string): boolean {
  return searchFile(path, pattern, 'MULTILINE', false)
}

/** @param expected matches in the file when it is done. */
function planComments(request: CommentRequest, on: boolean, expected: string): StatePlan {
  const { path } = request
  const edit = editComments(request, on)
  const diff = unifiedDiff(edit.before, edit.after)
  const isRight = new PythonRegex(expected, { multiline: true }).search(edit.after.join(''))
  return pending({
    comment: `File ${path} is set to be updated`,
    changes: { [path]: 'updated', ...(diff === '' ? {} : { diff }) },
    async apply() {
      try {
        if (edit.matching.includes(true)) await writeComments(edit, request)
      } catch (error) {
        return failed(reasonOf(error))
      }
      const changes = diff === '' ? {} : { diff }
      if (!isRight)
        return failed(on ? 'Expected commented lines not found' : 'Expected uncommented lines not found', changes)
      return done(on ? 'Commented lines successfully' : 'Uncommented lines successfully', changes)
    },
  })
}
