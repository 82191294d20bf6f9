import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pack, unpack } from '../../base/msgpack.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Grains } from '../../engine/plugin.ts'

/** The last known grains of each minion, bound to the key that they came from: a reused id inherits nothing. */
export class MinionCache {
  readonly #database: DatabaseSync
  readonly #save: StatementSync
  readonly #remove: StatementSync
  readonly #grains = new Map<string, { fingerprint: string; grains: Grains }>()

  /** `path` is a SQLite file, or `:memory:`. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;' +
        'CREATE TABLE IF NOT EXISTS minion (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, grains BLOB NOT NULL) STRICT',
    )
    this.#save = this.#database.prepare('INSERT OR REPLACE INTO minion (id, fingerprint, grains) VALUES (?, ?, ?)')
    this.#remove = this.#database.prepare('DELETE FROM minion WHERE id = ?')
    for (const row of this.#database.prepare('SELECT id, fingerprint, grains FROM minion').iterate()) {
      const grains = row.grains instanceof Uint8Array ? unpack(row.grains) : undefined
      if (isRecord(grains)) this.#grains.set(String(row.id), { fingerprint: String(row.fingerprint), grains })
    }
  }

  grains(id: string): Grains | undefined {
    return this.#grains.get(id)?.grains
  }

  set(id: string, fingerprint: string, grains: Grains): void {
    const bytes = pack(grains)
    this.#grains.set(id, { fingerprint, grains })
    this.#save.run(id, fingerprint, bytes)
  }

  /** Forgets what is known of an id, unless it comes from this key. */
  keepOnly(id: string, fingerprint: string | undefined): void {
    if (!this.#grains.has(id) || this.#grains.get(id)?.fingerprint === fingerprint) return
    this.#grains.delete(id)
    this.#remove.run(id)
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
