/**
 * Records that wait on disk, first in, first out: what must go to somebody who may be away, and must survive the death of this
 * process.
 *
 * Memory holds only what is not on disk yet. Changes go to disk in one transaction at the end of the turn of the event loop; what
 * comes and goes within one turn never gets there. With a full disk it works on in memory, within a bound, and says so.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { FollowingDatabase } from '../storage/following-database.ts'
import { RecordDatabase, type SpooledRecord } from './record-database.ts'

export type { SpooledRecord } from './record-database.ts'

export interface RecordSpoolOptions {
  readonly clock: Clock
  readonly log: Log
  /** What waits here, for the log: `the spool of the sink 'audit'`. */
  readonly what: string
  /** Records that may wait; default 100,000. The oldest go first. */
  readonly maximumRecords?: number
  /** Bytes of records that may wait; default 256 MiB. The oldest go first; the newest one may be larger than this. */
  readonly maximumBytes?: number
  /** Bytes of records that memory holds while the disk takes none; default 32 MiB. The oldest of them go first. */
  readonly maximumMemoryBytes?: number
  /** So many records were given up: there was no room for them, or the file was damaged. Not limited in how often. */
  readonly onDrop?: (count: number) => void
  /** The disk takes nothing (the error), or takes it again (undefined). */
  readonly onFault?: (error: SaltError | undefined) => void
  /** Upper bound of the file in pages of 4 KiB. */
  readonly maximumPages?: number
}

export interface RecordSpoolCounters {
  readonly waiting: number
  /** Of those that wait. */
  readonly bytes: number
  /** Since the file was opened. */
  readonly dropped: number
  readonly faults: number
}

const mebibyte = 1024 * 1024
const defaults = { records: 100_000, bytes: 256 * mebibyte, memoryBytes: 32 * mebibyte }

export class RecordSpool implements Disposable {
  readonly #path: string
  readonly #options: RecordSpoolOptions
  readonly #file: FollowingDatabase<RecordDatabase>
  /** Nothing before this number waits. */
  #first = 1
  #next = 1
  #acknowledged = 0
  #epoch = newEpoch()
  /** What is not on disk yet, in its order. */
  readonly #memory = new Map<number, Uint8Array>()
  #memoryBytes = 0
  #diskCount = 0
  #diskBytes = 0
  #mustRemove = false
  #dropped = 0

  /** Opens or makes the file (0600). `:memory:` keeps all in memory. Throws `storage` when the file cannot be used at all. */
  constructor(path: string, options: RecordSpoolOptions) {
    this.#path = path
    this.#options = options
    const { clock, log, what, onFault } = options
    this.#file = new FollowingDatabase({
      ...{ path, clock, log, what, meanwhile: 'what comes waits in memory', onFault },
      open: () => this.#open(),
      write: (database) => this.#write(database),
      renewed: () => this.#renewed(),
      // The numbers that are given from now on may not be known to the next process.
      refused: (isFirst) => {
        if (isFirst) this.#epoch = newEpoch()
      },
      lost: () => ({ dropped: this.#dropped }),
    })
    this.#file.ask((database) => this.#load(database))
  }

  get counters(): RecordSpoolCounters {
    return { waiting: this.#count, bytes: this.#bytes, dropped: this.#dropped, faults: this.#file.faults }
  }

  /**
   * Within an epoch no number is given twice, whatever happens to this process and its disk: who has seen a number of an epoch
   * has seen that record.
   */
  get epoch(): number {
    return this.#epoch
  }

  /** The greatest number that was acknowledged; a record after it that does not wait was dropped. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** The number of the record that came last; 0 before the first. */
  get lastSeq(): number {
    return this.#next - 1
  }

  /** No record before this number waits. */
  get firstSeq(): number {
    return this.#first
  }

  /** Keeps the record until it is acknowledged; answers its number. Numbers grow for as long as the file lives. */
  append(bytes: Uint8Array): number {
    const seq = this.#next++
    this.#memory.set(seq, bytes)
    this.#memoryBytes += bytes.length
    this.#file.schedule()
    this.#bound()
    return seq
  }

  /**
   * The oldest records with a number greater than `after`, in their order: at most `limit` of them and about so many bytes, but
   * one at least. They stay until they are acknowledged. Throws `storage` when the disk cannot be read.
   */
  read(limit: number, maximumBytes: number, after = 0): SpooledRecord[] {
    const from = Math.max(this.#first, after + 1)
    return this.#file.ask((database) => {
      const records: SpooledRecord[] = []
      let bytes = 0
      for (const record of this.#records(database, from, limit)) {
        bytes += record.bytes.length
        if (records.length === limit || (records.length > 0 && bytes > maximumBytes)) break
        records.push(record)
      }
      return records
    })
  }

  /** This record and all before it need not be kept any longer. Throws `storage` when the disk cannot be read. */
  acknowledge(seq: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(seq, this.#next - 1))
    this.#forget(seq)
  }

  #forget(seq: number): void {
    if (seq < this.#first) return
    this.#forgetDisk(seq)
    for (const [waiting, bytes] of this.#memory) {
      if (waiting > seq) break
      this.#forgetMemory(waiting, bytes)
    }
    this.#first = Math.min(seq + 1, this.#next)
  }

  /** Resolves when everything until now is on disk, or the disk has refused it. */
  settled(): Promise<void> {
    return this.#file.settled()
  }

  [Symbol.dispose](): void {
    this.#file.close()
    if (this.#memory.size > 0) {
      this.#options.log.error('records are lost that the disk did not take', {
        what: this.#options.what,
        count: this.#memory.size,
      })
    }
  }

  get #count(): number {
    return this.#diskCount + this.#memory.size
  }

  get #bytes(): number {
    return this.#diskBytes + this.#memoryBytes
  }

  #open(): RecordDatabase {
    const { log, clock, maximumPages } = this.#options
    const more = maximumPages === undefined ? {} : { maximumPages }
    return new RecordDatabase(this.#path, { log, now: clock.now(), ...more })
  }

  #load(database: RecordDatabase): void {
    this.#next = database.nextSeq()
    this.#first = database.oldest(0)?.seq ?? this.#next
    this.#acknowledged = database.counter('acknowledged') ?? 0
    this.#epoch = database.counter('epoch') ?? this.#epoch
    const { count, bytes } = database.extent(this.#first, this.#next)
    this.#diskCount = count
    this.#diskBytes = bytes
  }

  /** The disk first: whatever memory holds is newer. */
  *#records(database: RecordDatabase, from: number, limit: number): Generator<SpooledRecord> {
    if (this.#diskCount > 0) yield* database.records(from, limit)
    for (const [seq, bytes] of this.#memory) if (seq >= from) yield { seq, bytes }
  }

  #forgetDisk(to: number): void {
    if (this.#diskCount === 0) return
    const { count, bytes } = this.#file.ask((database) => database.extent(this.#first, to))
    if (count === 0) return
    this.#diskCount -= count
    this.#diskBytes -= bytes
    this.#mustRemove = true
    this.#file.schedule()
  }

  #forgetMemory(seq: number, bytes: Uint8Array): void {
    this.#memory.delete(seq)
    this.#memoryBytes -= bytes.length
  }

  #bound(): void {
    const {
      maximumRecords = defaults.records,
      maximumBytes = defaults.bytes,
      maximumMemoryBytes = defaults.memoryBytes,
    } = this.#options
    let dropped = 0
    try {
      while (this.#count > 1 && (this.#count > maximumRecords || this.#bytes > maximumBytes)) {
        dropped += this.#dropOldest()
      }
    } catch (error) {
      // A disk that cannot be read takes nothing either; what comes is bounded below.
      this.#file.unreadable(error)
    }
    if (this.#memoryBytes > maximumMemoryBytes) {
      this.#file.flush()
      if (this.#file.isFailing) dropped += this.#dropFromMemory(maximumMemoryBytes)
    }
    this.#countDropped(dropped)
  }

  #dropOldest(): number {
    const stored = this.#diskCount > 0 ? this.#file.ask((database) => database.oldest(this.#first)) : undefined
    const [inMemory] = this.#memory.keys()
    const before = this.#count
    this.#forget(stored?.seq ?? inMemory ?? this.#first)
    return before - this.#count
  }

  /** What is on disk keeps its place; dropping it would free no memory. */
  #dropFromMemory(maximumBytes: number): number {
    let dropped = 0
    for (const [seq, bytes] of this.#memory) {
      if (this.#memoryBytes <= maximumBytes || this.#memory.size === 1) break
      this.#forgetMemory(seq, bytes)
      dropped += 1
    }
    return dropped
  }

  #countDropped(count: number): void {
    if (count === 0) return
    this.#dropped += count
    this.#options.onDrop?.(count)
  }

  #write(database: RecordDatabase): void {
    database.transaction(() => {
      for (const [seq, bytes] of this.#memory) database.insert(seq, bytes)
      if (this.#mustRemove) database.removeBefore(this.#first)
      database.saveCounter('next_seq', this.#next)
      database.saveCounter('acknowledged', this.#acknowledged)
      database.saveCounter('epoch', this.#epoch)
    })
    this.#diskCount += this.#memory.size
    this.#diskBytes += this.#memoryBytes
    this.#memory.clear()
    this.#memoryBytes = 0
    if (this.#mustRemove && this.#diskCount === 0) database.shrink()
    this.#mustRemove = false
  }

  /** Records that only the damaged file had are gone; what memory has goes into the new one. */
  #renewed(): void {
    const lost = this.#diskCount
    this.#diskCount = 0
    this.#diskBytes = 0
    this.#mustRemove = false
    this.#countDropped(lost)
  }
}

function newEpoch(): number {
  return randomInt(1, 2 ** 47)
}
