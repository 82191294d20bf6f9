import { existsSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { pack, unpack } from '../../base/msgpack.ts'
import { openSqliteFile, storageError } from '../storage/sqlite-file.ts'

const schema =
  'CREATE TABLE IF NOT EXISTS entry (bank TEXT NOT NULL, key TEXT NOT NULL, updated INTEGER NOT NULL, ' +
  'data BLOB NOT NULL, PRIMARY KEY (bank, key)) STRICT'
const version = 1
const longestName = 1024

/**
 * Data that outlives the master's process, by bank (`cloud/active`) and key: Salt's cache. A bank lies within another one and is
 * there as long as something lies in it.
 *
 * Nothing is opened before somebody asks. All calls throw `bad-arguments` for a name that is none, and `storage`.
 */
export class DataBanks implements Disposable {
  readonly #path: string
  readonly #clock: Clock
  readonly #log: Log
  #database: DatabaseSync | undefined

  /** `path` is a SQLite file, or `:memory:`. */
  constructor(path: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#path = path
    this.#clock = clock
    this.#log = log
  }

  store(bank: string, key: string, data: unknown): void {
    const place = [bankName(bank), keyName(key)]
    this.#change(
      'INSERT OR REPLACE INTO entry (bank, key, updated, data) VALUES (?, ?, ?, ?)',
      ...place,
      Math.floor(this.#clock.now() / 1000),
      pack(data),
    )
  }

  /** Undefined where there is nothing. */
  fetch(bank: string, key: string): unknown {
    const row = this.#rows('SELECT data FROM entry WHERE bank = ? AND key = ?', bankName(bank), keyName(key))[0]
    return row?.data instanceof Uint8Array ? unpack(row.data) : undefined
  }

  /** When it was stored, in seconds since 1970; undefined where there is nothing. */
  updated(bank: string, key: string): number | undefined {
    const row = this.#rows('SELECT updated FROM entry WHERE bank = ? AND key = ?', bankName(bank), keyName(key))[0]
    return row === undefined ? undefined : Number(row.updated)
  }

  /** Keys of a bank and names of the banks right within it, sorted. */
  list(bank: string): readonly string[] {
    const name = bankName(bank)
    const rows = this.#rows(`SELECT DISTINCT bank, key FROM entry WHERE ${within}`, ...withinValues(name))
    const names = rows.map((row) =>
      row.bank === name
        ? String(row.key)
        : String(row.bank)
            .slice(name.length + 1)
            .split('/', 1)
            .join(''),
    )
    return [...new Set(names)].sort()
  }

  contains(bank: string, key?: string): boolean {
    return key === undefined ? this.list(bank).length > 0 : this.updated(bank, key) !== undefined
  }

  /** Removes one key, or a bank with all that lies in it. False where there was nothing. */
  flush(bank: string, key?: string): boolean {
    const name = bankName(bank)
    if (key !== undefined) return this.#change('DELETE FROM entry WHERE bank = ? AND key = ?', name, keyName(key)) > 0
    return this.#change(`DELETE FROM entry WHERE ${within}`, ...withinValues(name)) > 0
  }

  /** Whether anything was ever stored. */
  get isThere(): boolean {
    return this.#database !== undefined || existsSync(this.#path)
  }

  /** As `flush`, without making a file where there is none. */
  forget(bank: string): void {
    if (this.isThere) this.flush(bank)
  }

  [Symbol.dispose](): void {
    this.#database?.close()
  }

  #rows(statement: string, ...values: readonly SQLInputValue[]): readonly Record<string, unknown>[] {
    return this.#do((database) => database.prepare(statement).all(...values))
  }

  #change(statement: string, ...values: readonly SQLInputValue[]): number {
    return this.#do((database) => Number(database.prepare(statement).run(...values).changes))
  }

  #do<Result>(work: (database: DatabaseSync) => Result): Result {
    this.#database ??= openSqliteFile(this.#path, {
      schema,
      version,
      log: this.#log,
      now: this.#clock.now(),
    }).database
    try {
      return work(this.#database)
    } catch (error) {
      throw storageError(this.#path, error)
    }
  }
}

/** A bank and all within it; `0` follows `/`. */
const within = '(bank = ? OR (bank > ? AND bank < ?))'

function withinValues(bank: string): readonly string[] {
  return [bank, `${bank}/`, `${bank}0`]
}

function bankName(bank: string): string {
  const parts = bank.split('/').filter((part) => part !== '')
  if (parts.length === 0 || bank.length > longestName || parts.some((part) => part === '.' || part === '..')) {
    throw new SaltError('bad-arguments', `'${bank}' cannot be the name of a bank`, {
      hint: 'A bank is one word, or several with slashes between them: cloud/active.',
    })
  }
  return parts.join('/')
}

function keyName(key: string): string {
  if (key !== '' && key.length <= longestName && !key.includes('/')) return key
  throw new SaltError('bad-arguments', `'${key}' cannot be a key of a bank`, {
    hint: 'A key is a word without slashes; those are for banks.',
  })
}
