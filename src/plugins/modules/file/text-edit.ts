/** A change of a text file that was made in memory, and is to be written or only shown. */
import { unifiedDiff } from '../../../engine/functions/unified-diff.ts'
import { replaceContent, type TextContent } from './content.ts'

export interface TextEdit {
  /** Real path of the file. */
  readonly path: string
  readonly encoding: TextContent['encoding']
  /** Lines with their ends. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

export function isChanged({ before, after }: TextEdit): boolean {
  return before.join('') !== after.join('')
}

/** The difference, or whether there is one. */
export function shownEdit(edit: TextEdit, showChanges: boolean): string | boolean {
  return showChanges ? unifiedDiff(edit.before, edit.after) : isChanged(edit)
}

export async function writeEdit({ path, encoding, after }: TextEdit, keepInode = false): Promise<void> {
  await replaceContent(path, Buffer.from(after.join(''), encoding), { keepInode })
}
