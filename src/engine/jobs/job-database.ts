/** The tables of the job cache: jobs as packed records, and one row per target that has a state. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { pack, unpack } from '../../base/msgpack.ts'
import { isRecord } from '../../base/narrow.ts'
import type { TargetState } from '../../client/api.ts'
import { inTransaction, openSqliteFile, type SqliteFileOptions } from '../storage/sqlite-file.ts'
import type { JobRecord } from './types.ts'

/** Outcome of one target as a row: `ret` is a packed `JobReturn`. */
export interface OutcomeRow {
  readonly id: string
  readonly state: TargetState
  readonly reason: string | null
  readonly ret: Uint8Array | null
}

const schema = `
  CREATE TABLE IF NOT EXISTS job (
    job INTEGER PRIMARY KEY, jid TEXT NOT NULL UNIQUE, started_at REAL NOT NULL, closed_at REAL, data BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS job_started ON job (started_at);
  CREATE INDEX IF NOT EXISTS job_open ON job (jid) WHERE closed_at IS NULL;
  CREATE TABLE IF NOT EXISTS outcome (
    job INTEGER NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, ret BLOB, PRIMARY KEY (job, id)
  ) STRICT, WITHOUT ROWID`
const version = 1
/** Jobs removed in one transaction. */
const removedAtOnce = 500

export class JobDatabase {
  readonly #database: DatabaseSync
  readonly #saveJob: StatementSync
  readonly #saveOutcome: StatementSync
  readonly #findJob: StatementSync
  readonly #findOutcomes: StatementSync
  readonly #findStates: StatementSync
  readonly #findOpen: StatementSync
  readonly #findBetween: StatementSync

  constructor(path: string, options: Omit<SqliteFileOptions, 'schema' | 'version'>) {
    const database = openSqliteFile(path, { ...options, schema, version }).database
    this.#database = database
    this.#saveJob = database.prepare(
      'INSERT INTO job (jid, started_at, closed_at, data) VALUES (?, ?, ?, ?) ON CONFLICT (jid) DO UPDATE SET ' +
        'started_at = excluded.started_at, closed_at = excluded.closed_at, data = excluded.data RETURNING job',
    )
    this.#saveOutcome = database.prepare(
      'INSERT OR REPLACE INTO outcome (job, id, state, reason, ret) VALUES (?, ?, ?, ?, ?)',
    )
    this.#findJob = database.prepare('SELECT * FROM job WHERE jid = ?')
    this.#findOutcomes = database.prepare('SELECT id, state, reason, ret FROM outcome WHERE job = ? ORDER BY id')
    this.#findStates = database.prepare(
      'SELECT id, state, reason, ret IS NOT NULL AS has_ret FROM outcome WHERE job = ? ORDER BY id',
    )
    this.#findOpen = database.prepare('SELECT * FROM job WHERE closed_at IS NULL ORDER BY jid')
    this.#findBetween = database.prepare(
      'SELECT * FROM job WHERE started_at >= ? AND started_at <= ? ORDER BY jid DESC',
    )
  }

  /** Runs the work in one transaction: all or nothing. */
  transaction(work: () => void): void {
    inTransaction(this.#database, work)
  }

  /** Answers the row number under which its outcomes are kept. */
  saveJob(record: JobRecord): number {
    const { jid, startedAt, closedAt, ...data } = record
    return Number(this.#saveJob.get(jid, startedAt, closedAt ?? null, pack(data))?.job)
  }

  saveOutcome(job: number, { id, state, reason, ret }: OutcomeRow): void {
    this.#saveOutcome.run(job, id, state, reason, ret)
  }

  find(jid: string): { readonly job: number; readonly record: JobRecord } | undefined {
    const row = this.#findJob.get(jid)
    return row ? { job: Number(row.job), record: recordFrom(row) } : undefined
  }

  outcomes(job: number): OutcomeRow[] {
    return this.#findOutcomes.all(job).map((row) => ({
      id: String(row.id),
      state: row.state as TargetState,
      reason: typeof row.reason === 'string' ? row.reason : null,
      ret: row.ret instanceof Uint8Array ? row.ret : null,
    }))
  }

  /** As `outcomes`, without reading the returns. */
  states(job: number): {
    readonly id: string
    readonly state: TargetState
    readonly reason: string | null
    readonly hasReturn: boolean
  }[] {
    return this.#findStates.all(job).map((row) => ({
      id: String(row.id),
      state: row.state as TargetState,
      reason: typeof row.reason === 'string' ? row.reason : null,
      hasReturn: row.has_ret === 1,
    }))
  }

  open(): JobRecord[] {
    return this.#findOpen.all().map(recordFrom)
  }

  /** Newest first. */
  *between(fromMs: number, toMs: number): Generator<JobRecord> {
    for (const row of this.#findBetween.iterate(fromMs, toMs)) yield recordFrom(row)
  }

  /** Removes jobs that were closed before; answers their jids. */
  removeBefore(timeMs: number): string[] {
    // The first condition is for the index: a job starts before it is closed.
    const select = 'FROM job WHERE started_at < ? AND closed_at < ? ORDER BY started_at LIMIT ?'
    const removed: string[] = []
    for (let more = true; more; ) {
      const rows = this.#database.prepare(`SELECT jid, job ${select}`).all(timeMs, timeMs, removedAtOnce)
      this.transaction(() => {
        const outcomes = this.#database.prepare('DELETE FROM outcome WHERE job = ?')
        const jobs = this.#database.prepare('DELETE FROM job WHERE job = ?')
        for (const { job } of rows) {
          outcomes.run(Number(job))
          jobs.run(Number(job))
        }
      })
      removed.push(...rows.map(({ jid }) => String(jid)))
      more = rows.length === removedAtOnce
    }
    if (removed.length > 0) this.#database.exec('PRAGMA incremental_vacuum')
    return removed
  }

  close(): void {
    this.#database.close()
  }
}

function recordFrom(row: Readonly<Record<string, unknown>>): JobRecord {
  const data = row.data instanceof Uint8Array ? unpack(row.data) : undefined
  const closedAt = typeof row.closed_at === 'number' ? { closedAt: row.closed_at } : {}
  return {
    ...((isRecord(data) ? data : {}) as Omit<JobRecord, 'jid' | 'startedAt'>),
    jid: String(row.jid),
    startedAt: Number(row.started_at),
    ...closedAt,
  }
}
