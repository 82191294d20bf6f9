/** Salt's filters that look at files, accounts and programs of this host. */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../../base/errors.ts'
import { namesIn, systemReason } from '../../../base/files.ts'
import { findAccount } from '../../functions/accounts.ts'
import { findProgram } from '../../functions/process-identity.ts'
import { expectText } from '../values/arguments.ts'
import type { Value } from '../values/kinds.ts'
import { str } from '../values/print.ts'
import { PyError, valueError } from '../values/py-error.ts'
import { type Filter, filter } from './filter.ts'

/** The first bytes of a file; undefined where it cannot be read. */
function firstBytes(path: string, count: number): Buffer | undefined {
  let descriptor: number | undefined
  try {
    if (!fs.statSync(path).isFile()) return undefined
    descriptor = fs.openSync(path, 'r')
    const bytes = Buffer.alloc(count)
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, count, 0))
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor)
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Share of bytes that are neither printable ASCII nor in `others`. */
function oddShare(bytes: Uint8Array, others: string): number {
  const odd = bytes.filter((byte) => !(byte >= 32 && byte < 127) && !others.includes(String.fromCharCode(byte)))
  return odd.length / bytes.length
}

const oddLimit = 0.3

function isBinary(path: string): boolean {
  const bytes = firstBytes(path, 2048)
  if (bytes === undefined || bytes.length === 0) return false
  if (!isUtf8(bytes) || bytes.includes(0)) return true
  const text = bytes.toString()
  const odd = [...text].filter((character) => !/[\x20-\x7e\n\r\t]/.test(character) && character !== '\b')
  return odd.length / [...text].length > oddLimit
}

function isText(path: string): boolean {
  const bytes = firstBytes(path, 512)
  if (bytes === undefined || bytes.includes(0)) return false
  return bytes.length === 0 || isUtf8(bytes) || oddShare(bytes, '\n\r\t\f\b') <= oddLimit
}

async function fileHash(path: string, form: string): Promise<string> {
  if (!hashForms.includes(form)) throw valueError(`Invalid hash type: ${form}`)
  const hash = createHash(form)
  try {
    // A device or a pipe might never end.
    if (!(await stat(path)).isFile()) throw new PyError('OSError', `'${path}' is no regular file`)
    for await (const chunk of fs.createReadStream(path)) hash.update(chunk)
  } catch (error) {
    if (error instanceof PyError) throw error
    throw systemError(path, error)
  }
  return hash.digest('hex')
}

const hashForms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']

/** What the system says, under Python's name for it. */
function systemError(path: string, error: unknown): PyError {
  const names: Readonly<Record<string, string>> = { ENOENT: 'FileNotFoundError', EACCES: 'PermissionError' }
  return new PyError(names[systemCode(error) ?? ''] ?? 'OSError', `${systemReason(error)}: '${path}'`, { cause: error })
}

function isEmptyFile(path: string): boolean {
  try {
    return fs.statSync(path).size === 0
  } catch {
    return false
  }
}

/** A template must not gather a whole disk. */
const mostFiles = 100_000

/** The folder and all that is below it, behind links too; sorted. No folder is entered twice. */
function filesBelow(folder: string): string[] {
  const found = [folder]
  const open = [folder]
  const entered = new Set<string>()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const identity = folderIdentity(next)
    if (identity === undefined || entered.has(identity)) continue
    entered.add(identity)
    const parent = next
    const paths = namesIn(parent).map((name) => join(parent, name))
    found.push(...paths)
    open.push(...paths)
    if (found.length > mostFiles) throw new PyError('MemoryError', `more than ${mostFiles} files are below ${folder}`)
  }
  return found.sort()
}

/** The same for every path to one folder; undefined for what is no folder. */
function folderIdentity(path: string): string | undefined {
  try {
    const status = fs.statSync(path)
    return status.isDirectory() ? `${status.dev}:${status.ino}` : undefined
  } catch {
    return undefined
  }
}

/** A path without `.`, `..` and repeated slashes, as Python's `normpath`. */
function normalPath(path: string): string {
  const root = /^\/{1,2}(?!\/)/.exec(path)?.[0] ?? (path.startsWith('/') ? '/' : '')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..' || (parts.length === 0 && root === '') || parts.at(-1) === '..') parts.push(part)
    else parts.pop()
  }
  return root + parts.join('/') || '.'
}

/** Later parts never start from the root again. */
function joinedPath(first: string, rest: readonly string[]): string {
  const stripped = rest.map((part) => normalPath(part).replace(/^\/+/, ''))
  const whole = stripped.reduce(
    (path, part) => (path === '' || path.endsWith('/') ? path + part : `${path}/${part}`),
    normalPath(first),
  )
  return normalPath(whole)
}

function refuseOptions(options: Value): void {
  const wrong = options instanceof Map ? [...options].filter(([name]) => name !== 'use_posixpath') : []
  if (wrong.length === 0) return
  const shown = wrong.map(([name, value]) => `${str(name)}=${str(value)}`).join(', ')
  throw new PyError('SaltInvocationError', `The following keyword arguments are not valid: ${shown}`)
}

function onPath(name: string, body: (path: string) => Value): Filter {
  return filter(name, 'path', (_context, path) => body(expectText(path)))
}

export const fileFilters: readonly (readonly [string, Filter])[] = [
  [
    'file_hashsum',
    filter('get_hash', "path, form='sha256', chunk_size=65536", (_context, path, form) =>
      fileHash(expectText(path), expectText(form)),
    ),
  ],
  ['get_uid', filter('get_uid', 'username', (_context, name) => findAccount(str(name))?.uid ?? null)],
  ['is_bin_file', onPath('is_bin_file', isBinary)],
  ['is_empty', onPath('is_empty', isEmptyFile)],
  ['is_text_file', onPath('is_text', isText)],
  ['list_files', onPath('list_files', filesBelow)],
  [
    'path_join',
    filter('join', 'first, *parts, **kwargs', (_context, first, rest, options) => {
      refuseOptions(options)
      return joinedPath(expectText(first), Array.isArray(rest) ? rest.map((part) => expectText(part)) : [])
    }),
  ],
  ['which', filter('which', 'exe=None', (_context, name) => (name === null ? null : (findProgram(str(name)) ?? null)))],
]
