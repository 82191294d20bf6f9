/** The plan of an edit of a text file: the difference, and how it is written. */
import * as fs from 'node:fs'
import { posix } from 'node:path'
import {
  done,
  failed,
  impossible,
  pending,
  right,
  type SettledPlan,
  type StatePlan,
} from '../../../engine/state/plan.ts'
import { reasonOf } from '../../modules/file/managing/plan-words.ts'
import { isChanged, shownEdit, type TextEdit } from '../../modules/file/text-edit.ts'
import { notAbsolute } from './arguments.ts'

export interface EditWords {
  /** What a dry run says of an edit, and a run. */
  readonly test: string
  readonly done: string
  readonly same: string
}

export const usualWords: EditWords = {
  test: 'Changes would be made',
  done: 'Changes were made',
  same: 'No changes needed to be made',
}

/** Undefined for an edit: nothing to edit. */
export function planEdit(
  edit: TextEdit | undefined,
  showChanges: boolean,
  words: EditWords,
  write: (edit: TextEdit) => Promise<void>,
): StatePlan {
  if (edit === undefined || !isChanged(edit)) return right(words.same)
  const changes = { diff: shownEdit(edit, showChanges) }
  return pending({
    comment: words.test,
    changes,
    async apply() {
      try {
        await write(edit)
      } catch (error) {
        return failed(reasonOf(error))
      }
      return done(words.done, changes)
    },
  })
}

/** Why a file cannot be edited, in Salt's words; undefined where it can. */
export function missingFile(path: string): SettledPlan | undefined {
  if (!posix.isAbsolute(path)) return impossible(notAbsolute(path))
  return fs.existsSync(path) ? undefined : impossible(`${path}: file not found`)
}
