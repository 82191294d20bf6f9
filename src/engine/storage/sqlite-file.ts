/** Opening a SQLite file for one process alone: private, in WAL mode, moved aside when it is damaged. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SaltError } from '../../base/errors.ts'
import { ensurePrivateFolder } from '../../base/files.ts'
import type { Log } from '../../base/log.ts'

export interface SqliteFileOptions {
  /** Statements that make the tables where they are missing. */
  readonly schema: string
  /** Grows with every schema that cannot read the former one's file; such a file is moved aside. */
  readonly version: number
  readonly log: Log
  /** Milliseconds since 1970, for the name of a file moved aside. */
  readonly now: number
  /** Upper bound of the file in pages of 4 KiB; a write beyond it fails as on a full disk. */
  readonly maximumPages?: number
}

export interface SqliteFile {
  readonly database: DatabaseSync
  /** Where the former file is now, when it was damaged. */
  readonly movedTo?: string
}

const primaryCode = { readonly: 8, busy: 5, locked: 6, corrupt: 11, full: 13, notDatabase: 26 } as const
/** Checking takes about a millisecond per megabyte; damage in a larger file is found when it is met. */
const checkedBytes = 8 * 1024 * 1024

/** Throws `storage` when the file cannot be used at all: no permission, another process has it open, a full disk. */
export function openSqliteFile(path: string, options: SqliteFileOptions): SqliteFile {
  if (path === ':memory:') return { database: prepare(new DatabaseSync(path), options, false) }
  ensurePrivateFolder(dirname(path))
  try {
    return { database: openOnce(path, options) }
  } catch (error) {
    if (!isDamage(error)) throw storageError(path, error)
    const movedTo = moveAside(path, options.now)
    options.log.warning('a damaged file was moved aside and a new one made', { file: path, moved_to: movedTo })
    try {
      return { database: openOnce(path, options), movedTo }
    } catch (second) {
      throw storageError(path, second)
    }
  }
}

function openOnce(path: string, options: SqliteFileOptions): DatabaseSync {
  // SQLite would make it with the process's umask; its side files take over this mode.
  fs.closeSync(fs.openSync(path, 'a', 0o600))
  if (process.platform !== 'win32') fs.chmodSync(path, 0o600)
  const database = new DatabaseSync(path)
  try {
    return prepare(database, options, fs.statSync(path).size <= checkedBytes)
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, options: SqliteFileOptions, check: boolean): DatabaseSync {
  database.exec(
    'PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;' +
      'PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY',
  )
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (version !== 0 && version !== options.version) throw new DamageError(`its version is ${version}`)
  if (check && database.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') {
    throw new DamageError('its pages do not fit together')
  }
  if (options.maximumPages !== undefined) database.exec(`PRAGMA max_page_count = ${options.maximumPages}`)
  database.exec(`BEGIN; ${options.schema}; PRAGMA user_version = ${options.version}; COMMIT`)
  return database
}

/** Runs the work in one transaction: all or nothing. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    // After some faults SQLite has rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

class DamageError extends Error {}

function moveAside(path: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  let target = `${path}.damaged-${stamp}`
  for (let count = 2; fs.existsSync(target); count++) target = `${path}.damaged-${stamp}-${count}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (fs.existsSync(path + suffix)) fs.renameSync(path + suffix, target + suffix)
  }
  return target
}

/** Whether the file itself is wrong, so that trying again cannot help. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error)
  return error instanceof DamageError || code === primaryCode.corrupt || code === primaryCode.notDatabase
}

export function storageError(path: string, error: unknown): SaltError {
  if (error instanceof SaltError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new SaltError('storage', `cannot use ${path}: ${reason}`, { where: path, cause: error, ...hintFor(error) })
}

function hintFor(error: unknown): { hint: string } | undefined {
  switch (resultCode(error)) {
    case primaryCode.full:
      return { hint: 'Free space on the disk.' }
    case primaryCode.busy:
    case primaryCode.locked:
      return { hint: 'Another process has the file open. Does a second daemon run with the same folders?' }
    case primaryCode.readonly:
      return { hint: 'The file or its folder cannot be written to by this user.' }
    default:
      return undefined
  }
}

/** SQLite's primary result code; extended ones carry it in their low byte. */
function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
