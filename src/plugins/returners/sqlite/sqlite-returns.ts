/** A SQLite file of returns, jobs and events, in tables like those of Salt. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../base/clock.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { JobReturn } from '../../../client/api.ts'
import type { Delivery, JobCacheReader, JobLoadRecord } from '../../../engine/returner.ts'
import { deliveryJson, functionName, timeOf } from '../../../engine/returners/delivery-record.ts'
import { inTransaction, storageError } from '../../../engine/storage/sqlite-file.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS jids (jid TEXT PRIMARY KEY, load TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS salt_returns (
    fun TEXT, jid TEXT, id TEXT, fun_args TEXT, date TEXT NOT NULL, full_ret TEXT NOT NULL, success TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS salt_returns_jid ON salt_returns (jid, id);
  CREATE TABLE IF NOT EXISTS salt_events (
    id INTEGER PRIMARY KEY, tag TEXT NOT NULL, data TEXT NOT NULL, alter_time TEXT NOT NULL, master_id TEXT NOT NULL,
    seq INTEGER NOT NULL, UNIQUE (master_id, alter_time, seq)
  )`

export interface SqliteReturnsOptions {
  readonly path: string
  /** How long to wait for another process that writes. */
  readonly timeoutMs: number
  /** Id of who delivers. */
  readonly origin: string
  readonly clock: Clock
}

export class SqliteReturns implements Disposable {
  readonly #options: SqliteReturnsOptions
  readonly #database: DatabaseSync

  /** Opens or makes the file (0600). Throws `storage`. */
  constructor(options: SqliteReturnsOptions) {
    const { path, timeoutMs } = options
    this.#options = options
    try {
      if (path !== ':memory:') {
        // Not recursively: Node never comes back from that below /proc.
        if (!fs.existsSync(dirname(path))) fs.mkdirSync(dirname(path), { mode: 0o700 })
        fs.closeSync(fs.openSync(path, 'a', 0o600))
      }
      this.#database = new DatabaseSync(path, { timeout: timeoutMs })
    } catch (error) {
      throw storageError(path, error)
    }
    try {
      this.#database.exec(schema)
    } catch (error) {
      this.#database.close()
      throw storageError(path, error)
    }
  }

  /** All of them or none. What was written before is written once all the same. Throws `storage`. */
  write(batch: readonly Delivery[]): void {
    try {
      inTransaction(this.#database, () => {
        for (const delivery of batch) this.#write(delivery)
      })
    } catch (error) {
      throw storageError(this.#options.path, error)
    }
  }

  get reader(): JobCacheReader {
    return {
      load: async (jid) => loadFrom(this.#rows('SELECT load FROM jids WHERE jid = ?', jid)[0]?.load),
      returns: async (jid) =>
        this.#rows('SELECT * FROM salt_returns WHERE jid = ? ORDER BY id', jid).map((row) => returnFrom(row)),
      list: async (limit) =>
        this.#rows('SELECT load FROM jids ORDER BY jid DESC LIMIT ?', limit)
          .flatMap(({ load }) => loadFrom(load) ?? [])
          .reverse(),
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #write(delivery: Delivery): void {
    const date = new Date(timeOf(delivery) ?? this.#options.clock.now()).toISOString()
    if (delivery.kind === 'return') this.#writeReturn(delivery.ret, date)
    else if (delivery.kind === 'job') this.#writeJob(delivery.job)
    else {
      const { tag, data, seq } = delivery.event
      this.#run(
        'INSERT OR IGNORE INTO salt_events (tag, data, alter_time, master_id, seq) VALUES (?, ?, ?, ?, ?)',
        ...[tag, deliveryJson(data), String(data._stamp ?? date), this.#options.origin, seq],
      )
    }
  }

  /** Salt's own tables may hold a return twice, so no index keeps it from that. */
  #writeReturn(ret: JobReturn, date: string): void {
    this.#run('DELETE FROM salt_returns WHERE jid = ? AND id = ?', ret.jid, ret.id)
    this.#run(
      'INSERT INTO salt_returns (fun, jid, id, fun_args, date, full_ret, success) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[functionName(ret.fun), ret.jid, ret.id, deliveryJson(ret.fun_args), date],
      ...[deliveryJson(ret), ret.success ? '1' : '0'],
    )
  }

  #writeJob(job: JobLoadRecord): void {
    this.#run('INSERT OR REPLACE INTO jids (jid, load) VALUES (?, ?)', job.jid, deliveryJson(job))
  }

  #run(sql: string, ...values: (string | number)[]): void {
    this.#database.prepare(sql).run(...values)
  }

  #rows(sql: string, value: string | number): Record<string, unknown>[] {
    try {
      return this.#database.prepare(sql).all(value)
    } catch (error) {
      throw storageError(this.#options.path, error)
    }
  }
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}

/** Undefined for a row that is no load: others may write to the table. */
function loadFrom(text: unknown): JobLoadRecord | undefined {
  const load = parsed(text)
  if (!isRecord(load) || typeof load.jid !== 'string') return undefined
  return {
    jid: load.jid,
    fun: textOrTexts(load.fun),
    arg: Array.isArray(load.arg) ? load.arg : [],
    tgt: textOrTexts(load.tgt),
    tgt_type: String(load.tgt_type ?? 'glob'),
    user: String(load.user ?? ''),
    minions: Array.isArray(load.minions) ? load.minions.map(String) : [],
    ...(isRecord(load.metadata) ? { metadata: load.metadata } : {}),
  }
}

/** Salt's own rows have only the value of the return in `full_ret`. */
function returnFrom(row: Readonly<Record<string, unknown>>): JobReturn {
  const full = parsed(row.full_ret)
  const ours = isRecord(full) && full.jid === row.jid && full.id === row.id && 'return' in full ? full : undefined
  const success = row.success === '1' || row.success === 'True' || row.success === 1
  return {
    id: String(row.id),
    jid: String(row.jid),
    fun: ours === undefined ? String(row.fun) : textOrTexts(ours.fun),
    fun_args: ours !== undefined && Array.isArray(ours.fun_args) ? ours.fun_args : [],
    return: ours === undefined ? full : ours.return,
    retcode: typeof ours?.retcode === 'number' ? ours.retcode : Number(!success),
    success,
    ...(typeof ours?.out === 'string' ? { out: ours.out } : {}),
    ...(typeof ours?.user === 'string' ? { user: ours.user } : {}),
    ...(isRecord(ours?.metadata) ? { metadata: ours.metadata } : {}),
  }
}

function textOrTexts(value: unknown): string | readonly string[] {
  return Array.isArray(value) ? value.map(String) : String(value ?? '')
}
