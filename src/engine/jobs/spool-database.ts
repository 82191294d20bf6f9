/** The tables of a minion's return spool. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction, openSqliteFile, type SqliteFileOptions } from '../storage/sqlite-file.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS job (jid TEXT PRIMARY KEY, expires_at REAL NOT NULL, load BLOB) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS ended ON job (expires_at) WHERE load IS NULL;
  CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY, jid TEXT NOT NULL, ret BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`
const version = 1

export interface StoredJob {
  readonly jid: string
  readonly expiresAt: number
  /** Packed. */
  readonly load: Uint8Array
}

export class SpoolDatabase {
  readonly #database: DatabaseSync
  readonly #saveJob: StatementSync
  readonly #findJob: StatementSync
  readonly #removeExpired: StatementSync
  readonly #saveReturn: StatementSync
  readonly #removeReturn: StatementSync
  readonly #saveCounter: StatementSync

  constructor(path: string, options: Omit<SqliteFileOptions, 'schema' | 'version'>) {
    const { database } = openSqliteFile(path, { ...options, schema, version })
    this.#database = database
    this.#saveJob = database.prepare('INSERT OR REPLACE INTO job (jid, expires_at, load) VALUES (?, ?, ?)')
    this.#findJob = database.prepare('SELECT 1 FROM job WHERE jid = ?')
    this.#removeExpired = database.prepare(
      'DELETE FROM job WHERE jid IN (SELECT jid FROM job WHERE load IS NULL AND expires_at < ? LIMIT ?)',
    )
    this.#saveReturn = database.prepare('INSERT OR REPLACE INTO waiting (seq, jid, ret) VALUES (?, ?, ?)')
    this.#removeReturn = database.prepare('DELETE FROM waiting WHERE seq = ?')
    this.#saveCounter = database.prepare("INSERT OR REPLACE INTO counter (name, value) VALUES ('next_seq', ?)")
  }

  /** Runs the work in one transaction: all or nothing. */
  transaction(work: () => void): void {
    inTransaction(this.#database, work)
  }

  saveJob(jid: string, expiresAt: number, load: Uint8Array | null): void {
    this.#saveJob.run(jid, expiresAt, load)
  }

  hasJob(jid: string): boolean {
    return this.#findJob.get(jid) !== undefined
  }

  /** Jobs that have ended and expired before this time, `most` of them. */
  removeExpired(now: number, most: number): void {
    this.#removeExpired.run(now, most)
  }

  saveReturn(seq: number, jid: string, ret: Uint8Array): void {
    this.#saveReturn.run(seq, jid, ret)
  }

  removeReturn(seq: number): void {
    this.#removeReturn.run(seq)
  }

  saveNextSeq(seq: number): void {
    this.#saveCounter.run(seq)
  }

  nextSeq(): number {
    const counter = this.#database.prepare("SELECT value FROM counter WHERE name = 'next_seq'").get()
    const last = this.#database.prepare('SELECT max(seq) AS seq FROM waiting').get()
    return Math.max(Number(counter?.value ?? 1), Number(last?.seq ?? 0) + 1)
  }

  runningJobs(): StoredJob[] {
    const rows = this.#database
      .prepare('SELECT jid, expires_at, load FROM job WHERE load IS NOT NULL ORDER BY jid')
      .all()
    return rows.flatMap(({ jid, expires_at: expiresAt, load }) =>
      load instanceof Uint8Array ? [{ jid: String(jid), expiresAt: Number(expiresAt), load }] : [],
    )
  }

  /** What waits, without the values. */
  waiting(): { readonly seq: number; readonly jid: string; readonly bytes: number }[] {
    return this.#database
      .prepare('SELECT seq, jid, length(ret) AS bytes FROM waiting ORDER BY seq')
      .all()
      .map((row) => ({ seq: Number(row.seq), jid: String(row.jid), bytes: Number(row.bytes) }))
  }

  returns(): Map<number, Uint8Array> {
    const rows = this.#database.prepare('SELECT seq, ret FROM waiting').all()
    return new Map(rows.flatMap((row) => (row.ret instanceof Uint8Array ? [[Number(row.seq), row.ret]] : [])))
  }

  close(): void {
    this.#database.close()
  }
}
