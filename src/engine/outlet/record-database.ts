/** The table of a record spool. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction, openSqliteFile, type SqliteFileOptions } from '../storage/sqlite-file.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS record (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`
const version = 1
/** So much free room in the file is given back when nothing waits any more; less is used again soon. */
const keptFreePages = 256

export interface SpooledRecord {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** `epoch` and `acknowledged`: see the record spool. */
type CounterName = 'next_seq' | 'epoch' | 'acknowledged'

/** How many records, and how large they are together. */
export interface Extent {
  readonly count: number
  readonly bytes: number
}

export class RecordDatabase {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #removeBefore: StatementSync
  readonly #extent: StatementSync
  readonly #oldest: StatementSync
  readonly #from: StatementSync
  readonly #saveCounter: StatementSync
  readonly #counter: StatementSync

  constructor(path: string, options: Omit<SqliteFileOptions, 'schema' | 'version'>) {
    const { database } = openSqliteFile(path, { ...options, schema, version })
    this.#database = database
    this.#insert = database.prepare('INSERT OR REPLACE INTO record (seq, bytes) VALUES (?, ?)')
    this.#removeBefore = database.prepare('DELETE FROM record WHERE seq < ?')
    this.#extent = database.prepare(
      'SELECT count(*) AS count, total(length(bytes)) AS bytes FROM record WHERE seq BETWEEN ? AND ?',
    )
    this.#oldest = database.prepare(
      'SELECT seq, length(bytes) AS bytes FROM record WHERE seq >= ? ORDER BY seq LIMIT 1',
    )
    this.#from = database.prepare('SELECT seq, bytes FROM record WHERE seq >= ? ORDER BY seq LIMIT ?')
    this.#saveCounter = database.prepare('INSERT OR REPLACE INTO counter (name, value) VALUES (?, ?)')
    this.#counter = database.prepare('SELECT value FROM counter WHERE name = ?')
  }

  /** Runs the work in one transaction: all or nothing. */
  transaction(work: () => void): void {
    inTransaction(this.#database, work)
  }

  insert(seq: number, bytes: Uint8Array): void {
    this.#insert.run(seq, bytes)
  }

  removeBefore(seq: number): void {
    this.#removeBefore.run(seq)
  }

  saveCounter(name: CounterName, value: number): void {
    this.#saveCounter.run(name, value)
  }

  counter(name: CounterName): number | undefined {
    const row = this.#counter.get(name)
    return row && Number(row.value)
  }

  nextSeq(): number {
    const last = this.#database.prepare('SELECT max(seq) AS seq FROM record').get()
    return Math.max(this.counter('next_seq') ?? 1, Number(last?.seq ?? 0) + 1)
  }

  /** Of the records with these numbers, both ends included. */
  extent(from: number, to: number): Extent {
    const row = this.#extent.get(from, to)
    return { count: Number(row?.count ?? 0), bytes: Number(row?.bytes ?? 0) }
  }

  /** The first record from this number on, without its bytes. */
  oldest(from: number): { readonly seq: number; readonly bytes: number } | undefined {
    const row = this.#oldest.get(from)
    return row && { seq: Number(row.seq), bytes: Number(row.bytes) }
  }

  /** In their order; read from the disk as they are taken. */
  *records(from: number, limit: number): Generator<SpooledRecord> {
    for (const { seq, bytes } of this.#from.iterate(from, limit)) {
      if (bytes instanceof Uint8Array) yield { seq: Number(seq), bytes }
    }
  }

  /** Gives the room of all that has gone back to the disk. Only for a table that is empty: then it writes a few pages, however large the file was. */
  shrink(): void {
    const free = Number(this.#database.prepare('PRAGMA freelist_count').get()?.freelist_count)
    if (free > keptFreePages) this.#database.exec('VACUUM')
  }

  close(): void {
    this.#database.close()
  }
}
