/** Files of the system that functions read and edit: small texts that belong to others and keep their mode and owner. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { SaltError } from '../../base/errors.ts'
import { readFileIfExists, systemReason } from '../../base/files.ts'
import type { FunctionContext } from '../plugin.ts'
import { type ReplaceOptions, replaceFile } from './replace-file.ts'

/** Content, or undefined where there is no such file. Throws `execution-failed` where it cannot be read. */
export function readSystemFile(ctx: FunctionContext, path: string): string | undefined {
  try {
    return readFileIfExists(ctx.at(path))
  } catch (error) {
    throw new SaltError('execution-failed', `Cannot read ${path}: ${systemReason(error)}`, { cause: error })
  }
}

/** Content of a file that must be there (`execution-failed`). */
export function requireSystemFile(ctx: FunctionContext, path: string): string {
  const text = readSystemFile(ctx, path)
  if (text === undefined) throw new SaltError('execution-failed', `File ${path} was not found.`)
  return text
}

/** Names in a folder, sorted; none where it cannot be read. */
export function listSystemFolder(ctx: FunctionContext, path: string): string[] {
  try {
    return fs.readdirSync(ctx.at(path)).sort()
  } catch {
    return []
  }
}

/** Where a link leads, or undefined where there is none. */
export function readSystemLink(ctx: FunctionContext, path: string): string | undefined {
  try {
    return fs.readlinkSync(ctx.at(path))
  } catch {
    return undefined
  }
}

export type NewFileOptions = Pick<ReplaceOptions, 'mode' | 'owner'>

/**
 * Gives a file its content, as `replaceFile` does; links are followed, mode and owner stay. Reading and writing in one go,
 * without waiting in between, keeps jobs that edit the same file from losing each other's changes. Throws `storage`.
 */
export function writeSystemFile(
  ctx: FunctionContext,
  path: string,
  text: string | Uint8Array,
  isNew: NewFileOptions = {},
): void {
  const place = realPathIfAny(ctx.at(path))
  try {
    fs.mkdirSync(dirname(place), { recursive: true })
    replaceFile(place, text, { mode: 0o644, ...isNew })
  } catch (error) {
    if (error instanceof SaltError) throw error
    throw new SaltError('storage', `cannot write ${path}: ${systemReason(error)}`, { where: path, cause: error })
  }
}

/** Puts `line` in place of every line that matches, or at the end where none does. */
export function setLine(text: string, matches: RegExp, line: string): string {
  let found = false
  const lines = text.split('\n').map((old) => {
    if (!matches.test(old)) return old
    found = true
    return line
  })
  return found ? lines.join('\n') : `${withLineEnd(text)}${line}\n`
}

/** The text, with a line break where its last line has none. */
export function withLineEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function realPathIfAny(path: string): string {
  try {
    return fs.realpathSync(path)
  } catch {
    return path
  }
}
