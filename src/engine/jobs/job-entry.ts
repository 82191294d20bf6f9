/** A job in memory: while it is open, while something of it is not on disk yet, and for a while after. */
import type { TargetOutcome, TargetState } from '../../client/api.ts'
import type { OutcomeRow } from './job-database.ts'
import { packReturn, unpackReturn } from './packed-return.ts'
import type { JobRecord } from './types.ts'

interface Cell {
  readonly state: TargetState
  readonly reason: string | null
  readonly hasReturn: boolean
  /** The packed return until it is on disk. */
  readonly ret: Uint8Array | null
}

/** Shown instead of a value that neither disk nor memory could keep. */
const lostReason = 'the return came, but its value could not be stored'

export class JobEntry {
  record: JobRecord
  /** Row number in the database, once it has one. */
  job: number | undefined
  isRecordDirty = false
  readonly #cells = new Map<string, Cell>()
  readonly #dirty = new Set<string>()
  #bytes = 0

  constructor(record: JobRecord, job?: number) {
    this.record = record
    this.job = job
  }

  get isDirty(): boolean {
    return this.isRecordDirty || this.#dirty.size > 0
  }

  get isOpen(): boolean {
    return this.record.closedAt === undefined
  }

  get size(): number {
    return this.#cells.size + 1
  }

  /** Packed returns that only memory holds, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** What the database knows already. */
  adopt(id: string, state: TargetState, reason: string | null, hasReturn: boolean): void {
    this.#cells.set(id, { state, reason, hasReturn, ret: null })
  }

  /** False when the target has returned already. */
  set(outcome: TargetOutcome): boolean {
    const { id, state, ret, reason } = outcome
    if (this.#cells.get(id)?.hasReturn) return false
    const bytes = ret === undefined ? null : packReturn(ret)
    this.#cells.set(id, { state, reason: reason ?? null, hasReturn: bytes !== null, ret: bytes })
    this.#dirty.add(id)
    this.#bytes += bytes?.length ?? 0
    return true
  }

  states(): Record<string, TargetState> {
    return Object.fromEntries([...this.#cells].map(([id, { state }]) => [id, state]))
  }

  /** In the order of ids. `stored` is asked for what memory does not hold. */
  outcomes(stored: () => readonly OutcomeRow[]): TargetOutcome[] {
    const isMissing = [...this.#cells.values()].some((cell) => cell.hasReturn && cell.ret === null)
    const rows = new Map(isMissing ? stored().map((row) => [row.id, row]) : [])
    return [...this.#cells.keys()].sort().map((id) => {
      const cell = this.#cells.get(id)
      const { state = 'running', reason = null, ret = null } = cell ?? {}
      return outcomeFrom({ id, state, reason, ret: ret ?? (cell?.hasReturn ? (rows.get(id)?.ret ?? null) : null) })
    })
  }

  dirtyRows(): OutcomeRow[] {
    return [...this.#dirty].flatMap((id) => {
      const cell = this.#cells.get(id)
      return cell ? [{ id, state: cell.state, reason: cell.reason, ret: cell.ret }] : []
    })
  }

  /** Everything dirty is on disk now. */
  markStored(): void {
    for (const id of this.#dirty) {
      const cell = this.#cells.get(id)
      if (cell?.ret) this.#cells.set(id, { ...cell, ret: null })
    }
    this.#dirty.clear()
    this.isRecordDirty = false
    this.#bytes = 0
  }

  /** The disk lost everything: what memory still knows must be written again. */
  markLost(): void {
    this.job = undefined
    this.isRecordDirty = true
    for (const [id, cell] of this.#cells) {
      if (cell.hasReturn && cell.ret === null) this.#cells.set(id, { ...cell, reason: lostReason })
      this.#dirty.add(id)
    }
  }

  /** Gives up the values that only memory holds; states stay. Answers how many. */
  dropValues(): number {
    let dropped = 0
    for (const [id, cell] of this.#cells) {
      if (!cell.ret) continue
      this.#cells.set(id, { ...cell, ret: null, reason: lostReason })
      dropped += 1
    }
    this.#bytes = 0
    return dropped
  }
}

function outcomeFrom({ id, state, reason, ret }: OutcomeRow): TargetOutcome {
  return {
    id,
    state,
    ...(ret === null ? {} : { ret: unpackReturn(ret) }),
    ...(reason === null ? {} : { reason }),
  }
}
