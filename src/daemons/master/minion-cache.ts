import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { pack, unpack } from '../../base/msgpack.ts'
import { isRecord } from '../../base/narrow.ts'
import type { Grains } from '../../engine/plugin.ts'
import { inTransaction, openSqliteFile } from '../../engine/storage/sqlite-file.ts'
import { StorageFault } from '../../engine/storage/storage-fault.ts'
import { WriteBehind } from '../../engine/storage/write-behind.ts'

const schema =
  'CREATE TABLE IF NOT EXISTS minion (id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, grains BLOB NOT NULL) STRICT'
const version = 1

interface KnownMinion {
  readonly fingerprint: string
  readonly grains: Grains
}

/**
 * The last known grains of each minion, bound to the key that they came from: a reused id inherits nothing. Memory answers; the
 * file follows, and is not needed for anything but the next start.
 */
export class MinionCache implements Disposable {
  readonly #fault: StorageFault
  readonly #database: DatabaseSync
  readonly #save: StatementSync
  readonly #remove: StatementSync
  readonly #writer: WriteBehind
  readonly #known = new Map<string, KnownMinion>()
  readonly #dirty = new Set<string>()

  /** `path` is a SQLite file, or `:memory:`. Throws `storage`. */
  constructor(path: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#fault = new StorageFault({ path, log, what: 'what is known of minions', meanwhile: 'it stays in memory' })
    this.#database = openSqliteFile(path, { schema, version, log, now: clock.now() }).database
    this.#save = this.#database.prepare('INSERT OR REPLACE INTO minion (id, fingerprint, grains) VALUES (?, ?, ?)')
    this.#remove = this.#database.prepare('DELETE FROM minion WHERE id = ?')
    this.#writer = new WriteBehind({
      clock,
      write: () => this.#write(),
      failed: (error) => this.#failed(error),
      recovered: () => this.#fault.end(),
    })
    for (const row of this.#database.prepare('SELECT id, fingerprint, grains FROM minion').iterate()) {
      const grains = row.grains instanceof Uint8Array ? unpack(row.grains) : undefined
      if (isRecord(grains)) this.#known.set(String(row.id), { fingerprint: String(row.fingerprint), grains })
    }
  }

  grains(id: string): Grains | undefined {
    return this.#known.get(id)?.grains
  }

  set(id: string, fingerprint: string, grains: Grains): void {
    this.#known.set(id, { fingerprint, grains })
    this.#changed(id)
  }

  /** Forgets what is known of an id, unless it comes from this key. True when there was something to forget. */
  keepOnly(id: string, fingerprint: string | undefined): boolean {
    const known = this.#known.get(id)
    if (known === undefined || known.fingerprint === fingerprint) return false
    this.#known.delete(id)
    this.#changed(id)
    return true
  }

  [Symbol.dispose](): void {
    this.#writer.close()
    this.#database.close()
  }

  #changed(id: string): void {
    this.#dirty.add(id)
    this.#writer.schedule()
  }

  #write(): void {
    inTransaction(this.#database, () => {
      for (const id of this.#dirty) {
        const known = this.#known.get(id)
        if (known === undefined) this.#remove.run(id)
        else this.#save.run(id, known.fingerprint, pack(known.grains))
      }
    })
    this.#dirty.clear()
  }

  #failed(error: unknown): 'later' {
    this.#fault.begin(error)
    return 'later'
  }
}
