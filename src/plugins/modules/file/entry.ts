/** Looking at a path that may have nothing at it. */
import * as fs from 'node:fs'
import { systemCode } from '../../../base/errors.ts'

/** The entry itself, a link too; undefined where there is none. Throws what Node throws for other faults. */
export function entryAt(path: string): fs.Stats | undefined {
  return found(() => fs.lstatSync(path, { throwIfNoEntry: false }))
}

/** What links lead to; undefined where there is nothing. */
export function targetAtEntry(path: string): fs.Stats | undefined {
  return found(() => fs.statSync(path, { throwIfNoEntry: false }))
}

/** A file where a folder was meant to be is no fault: there is nothing below it. */
function found(look: () => fs.Stats | undefined): fs.Stats | undefined {
  try {
    return look()
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}
