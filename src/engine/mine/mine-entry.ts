/** What lies in the mine under one name: a value, or one with a limit on who may read it, in Salt's form. */
import { isRecord } from '../../base/narrow.ts'

const limitedMark = '__saltmine_acl__'
const limitedVersion = 1
const dataKey = '__data__'

/** The minions that may read an entry. */
export interface MineReaders {
  readonly tgt: string
  readonly tgtType: string
}

export interface MineEntry {
  readonly value: unknown
  /** Undefined where every minion may. */
  readonly readers?: MineReaders
}

export function packMineEntry({ value, readers }: MineEntry): unknown {
  if (readers === undefined) return value
  return {
    [dataKey]: value,
    [limitedMark]: limitedVersion,
    allow_tgt: readers.tgt,
    allow_tgt_type: readers.tgtType,
  }
}

/** A limit that is no text lets nobody in. */
export function unpackMineEntry(stored: unknown): MineEntry {
  if (!isRecord(stored) || !Object.hasOwn(stored, limitedMark)) return { value: stored }
  const { allow_tgt: tgt, allow_tgt_type: tgtType } = stored
  const value = stored[dataKey] ?? null
  if (tgt === undefined) return { value }
  const type = typeof tgtType === 'string' && tgtType !== '' ? tgtType : 'glob'
  return { value, readers: { tgt: typeof tgt === 'string' ? tgt : '', tgtType: type } }
}
