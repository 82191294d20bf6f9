/** `mine_functions`: what a minion puts into the mine. */
import { isRecord } from '../../base/narrow.ts'
import type { MineReaders } from './mine-entry.ts'

export interface MineFunction {
  /** Name in the mine. */
  readonly alias: string
  readonly fun: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly readers?: MineReaders
}

/**
 * An entry as it is configured: nothing; a list of arguments, in which mappings are keyword arguments; or a mapping of keyword
 * arguments. `mine_function`, `allow_tgt` and `allow_tgt_type` among the keywords are for the mine.
 */
function readMineFunction(alias: string, definition: unknown): MineFunction {
  const list: readonly unknown[] = Array.isArray(definition) ? definition : isRecord(definition) ? [definition] : []
  const keywords: Record<string, unknown> = Object.assign({}, ...list.filter(isRecord))
  const args = list.filter((item) => !isRecord(item))
  return mineFunction(alias, args, keywords)
}

/** With the arguments apart, as `mine.send` gets them. */
export function mineFunction(
  alias: string,
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
): MineFunction {
  const { mine_function: fun, allow_tgt: tgt, allow_tgt_type: tgtType, ...kwargs } = keywords
  const readers = readersOf(tgt, tgtType)
  return {
    alias,
    fun: typeof fun === 'string' && fun !== '' ? fun : alias,
    args,
    kwargs,
    ...(readers === undefined ? {} : { readers }),
  }
}

/** A list of ids is a target of its own kind; the master stores text. */
function readersOf(tgt: unknown, tgtType: unknown): MineReaders | undefined {
  if (tgt === undefined || tgt === null || tgt === '' || tgt === false) return undefined
  if (Array.isArray(tgt)) return { tgt: tgt.map(String).join(','), tgtType: 'list' }
  return { tgt: String(tgt), tgtType: typeof tgtType === 'string' && tgtType !== '' ? tgtType : 'glob' }
}

/** `mine_functions` of pillar and of the configuration, which wins; a list stands for functions without arguments. */
export function mineFunctionsOf(...sources: readonly unknown[]): readonly MineFunction[] {
  const merged = new Map<string, unknown>()
  for (const source of sources) {
    if (Array.isArray(source)) for (const name of source) merged.set(String(name), undefined)
    else if (isRecord(source)) for (const [name, definition] of Object.entries(source)) merged.set(name, definition)
  }
  return [...merged].map(([alias, definition]) => readMineFunction(alias, definition))
}
