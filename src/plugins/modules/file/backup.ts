/** Copies that editing functions leave beside a file, and the schema of the argument that asks for them. */
import * as fs from 'node:fs'
import { s } from '../../../base/schema.ts'
import { copyWhole } from './content.ts'
import { expandUser, linkTarget, realPath } from './paths.ts'

export const backupSchema = s.withDefault(
  s.union([s.string(), s.boolean(), s.null()], 'Ending of the name of a copy of the old file, or false for none'),
  '.bak',
)

export type Backup = string | boolean | null

/** The ending, or undefined where no copy is wanted. */
function backupEnding(backup: Backup): string | undefined {
  if (backup === true) return '.bak'
  return backup === false || backup === null || backup === '' ? undefined : backup
}

/** Copies the file before it changes. A copy of a link's target gets a link beside the link. */
export function keepBackup(given: string, backup: Backup): void {
  const ending = backupEnding(backup)
  if (ending === undefined) return
  const path = expandUser(given)
  const target = realPath(path)
  copyWhole(target, `${target}${ending}`)
  const link = linkTarget(path)
  if (link === undefined) return
  fs.rmSync(`${path}${ending}`, { force: true })
  fs.symlinkSync(`${link}${ending}`, `${path}${ending}`)
}
