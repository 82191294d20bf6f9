import type { Clock } from '../../base/clock.ts'
import type { SaltError } from '../../base/errors.ts'
import type { Log, LogFields } from '../../base/log.ts'
import { isDamage, storageError } from './sqlite-file.ts'
import { StorageFault } from './storage-fault.ts'
import { WriteBehind } from './write-behind.ts'

export interface FollowingDatabaseOptions<Database> {
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /** `the job cache` */
  readonly what: string
  /** What happens while the disk takes nothing: `jobs go on in memory`. */
  readonly meanwhile: string
  /** The disk takes nothing (the error), or takes it again (undefined). */
  readonly onFault: ((error: SaltError | undefined) => void) | undefined
  /** Opens or makes the file; a damaged one is moved aside. Throws `storage`. */
  open(): Database
  /** Writes what memory has and the database has not: all of it, or nothing and throws. */
  write(database: Database): void
  /** The file was damaged and is a new one: what only the former one had is gone, and memory is to be written whole. */
  renewed(): void
  /** The disk did not take a write. `isFirst`: it had taken the last one. */
  refused?(isFirst: boolean): void
  /** What memory could not keep, for the log when the disk takes writes again. */
  lost(): LogFields
}

/**
 * A database on disk that follows what memory holds: written once per turn of the event loop, replaced by a new one when the file
 * turns out to be damaged, and done without while the disk takes nothing.
 */
export class FollowingDatabase<Database extends { close(): void }> {
  readonly #options: FollowingDatabaseOptions<Database>
  readonly #fault: StorageFault
  readonly #writer: WriteBehind
  #database: Database
  /** The damaged file is closed, and no new one could be made yet. */
  #isGone = false
  #faults = 0

  /** Throws `storage` when the file cannot be used at all. */
  constructor(options: FollowingDatabaseOptions<Database>) {
    this.#options = options
    this.#database = options.open()
    this.#fault = new StorageFault(options)
    this.#writer = new WriteBehind({
      clock: options.clock,
      write: () => options.write(this.#current()),
      failed: (error) => this.#failed(error),
      recovered: () => this.#fault.end(options.lost()),
    })
  }

  /** Failed attempts to write. */
  get faults(): number {
    return this.#faults
  }

  /** The last write failed. */
  get isFailing(): boolean {
    return this.#writer.isFailing
  }

  /** The disk is known to take or to give nothing. */
  get isFaulty(): boolean {
    return this.#fault.isKnown
  }

  /** Memory has something new: it is written at the end of this turn, or when the disk is tried again. */
  schedule(): void {
    this.#writer.schedule()
  }

  /** Writes now what waits, unless the disk is to be tried again later. */
  flush(): void {
    this.#writer.flush()
  }

  /** Resolves when what waits now was tried once. */
  settled(): Promise<void> {
    return this.#writer.settled()
  }

  /** What the database answers; a damaged one is replaced, and the new one is asked. Throws `storage`. */
  ask<T>(query: (database: Database) => T): T {
    try {
      return query(this.#current())
    } catch (error) {
      if (isDamage(error) && this.#renew()) return query(this.#database)
      throw storageError(this.#options.path, error)
    }
  }

  /** The disk does not give what it has either. */
  unreadable(error: unknown): void {
    this.#fault.begin(error)
  }

  /** Writes what waits, once, and closes the file. */
  close(): void {
    this.#writer.close()
    if (!this.#isGone) this.#database.close()
  }

  #failed(error: unknown): 'again' | 'later' {
    this.#faults += 1
    if (isDamage(error) && this.#renew()) return 'again'
    const isFirst = !this.#fault.isKnown
    this.#fault.begin(error)
    this.#options.refused?.(isFirst)
    return 'later'
  }

  #renew(): boolean {
    try {
      this.#database.close()
      this.#isGone = true
      this.#current()
      return true
    } catch (error) {
      this.#fault.begin(error)
      return false
    }
  }

  /** Throws `storage` while there is no file. */
  #current(): Database {
    if (!this.#isGone) return this.#database
    this.#database = this.#options.open()
    this.#isGone = false
    this.#options.renewed()
    this.#writer.schedule()
    return this.#database
  }
}
