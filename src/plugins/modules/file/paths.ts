/** Paths as Python's `os.path` and `glob` treat them. */

import * as fs from 'node:fs'
import { homedir } from 'node:os'
import { posix } from 'node:path'
import { SaltError } from '../../../base/errors.ts'
import { namesIn } from '../../../base/files.ts'
import { compareText } from '../../../base/text.ts'
import { findAccount } from '../../../engine/functions/accounts.ts'
import { compileGlob } from '../../../engine/target/glob.ts'

/** `~` and `~user` at the start become home folders. */
export function expandUser(path: string): string {
  const match = /^~([^/]*)/.exec(path)
  if (match === null) return path
  const home = match[1] === '' ? homedir() : findAccount(match[1] ?? '')?.home
  if (home === undefined) return path
  return home.replace(/\/+$/, '') + path.slice(match[0].length) || '/'
}

/** The path with its home folder. Throws `bad-arguments` with the sentence when it is not absolute. */
export function absolutePath(path: string, otherwise = 'File path must be absolute.'): string {
  const full = expandUser(path)
  if (!posix.isAbsolute(full)) throw new SaltError('bad-arguments', otherwise)
  return full
}

/** The path without its links; parts that do not exist stay as they are. */
export function realPath(path: string): string {
  const full = posix.resolve(path)
  try {
    return fs.realpathSync(full)
  } catch {
    const link = linkTarget(full)
    const parent = posix.dirname(full)
    if (parent === full) return full
    if (link === undefined) return posix.join(realPath(parent), posix.basename(full))
    const target = posix.resolve(realPath(parent), link)
    return target === full || linkTarget(target) !== undefined ? target : realPath(target)
  }
}

export function linkTarget(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}

/** All before the last slash, and what follows it (`os.path.split`). */
export function splitPath(path: string): readonly [head: string, tail: string] {
  const at = path.lastIndexOf('/') + 1
  const head = path.slice(0, at)
  return [/^\/*$/.test(head) ? head : head.replace(/\/+$/, ''), path.slice(at)]
}

export function joinPath(first: string, ...others: readonly string[]): string {
  return others.reduce((path, part) => {
    if (part.startsWith('/')) return part
    return path === '' || path.endsWith('/') ? path + part : `${path}/${part}`
  }, first)
}

export function normalizePath(path: string): string {
  const normal = posix.normalize(path)
  const plain = normal.length > 1 ? normal.replace(/\/$/, '') : normal
  return /^\/\/(?!\/)/.test(path) ? `/${plain}` : plain
}

/** Paths that exist and match (`glob.glob`): a wildcard stands for no slash and for no dot at the start of a name. */
export function globPaths(pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) return fs.existsSync(pattern) || linkTarget(pattern) !== undefined ? [pattern] : []
  const [head, tail] = splitPath(pattern)
  const folders = /[*?[]/.test(head) ? globPaths(head) : [head]
  const found = folders.flatMap((folder) => {
    if (!/[*?[]/.test(tail)) {
      const path = joinPath(folder, tail)
      return fs.existsSync(path) ? [path] : []
    }
    const glob = compileGlob(tail)
    const names = namesIn(folder === '' ? '.' : folder)
    return names
      .filter((name) => glob.matches(name) && (tail.startsWith('.') || !name.startsWith('.')))
      .map((name) => joinPath(folder, name))
  })
  return found.sort(compareText)
}
