import { SaltError } from '../../base/errors.ts'
import { pack } from '../../base/msgpack.ts'
import { isRecord } from '../../base/narrow.ts'
import type { DataBanks } from '../cache/data-banks.ts'
import { type MineEntry, unpackMineEntry } from './mine-entry.ts'

/** Names of functions, and whether the answer is sorted by them first: for a list, and for several with commas. */
export interface MineQuestion {
  readonly functions: readonly string[]
  readonly byFunction: boolean
}

const key = 'mine'

/** The mine of each minion in its bank `minions/ID`; it goes with the key of the minion. */
export class MineStore {
  readonly #banks: Pick<DataBanks, 'fetch' | 'store' | 'flush'>

  constructor(banks: Pick<DataBanks, 'fetch' | 'store' | 'flush'>) {
    this.#banks = banks
  }

  /** Puts entries in, beside those that are there or in their place. Throws `bad-arguments` where that is too much. */
  put(id: string, entries: Readonly<Record<string, unknown>>, limits: { clear: boolean; largestBytes: number }): void {
    const mine = limits.clear ? entries : { ...this.#of(id), ...entries }
    const bytes = pack(mine).byteLength
    if (bytes > limits.largestBytes) {
      throw new SaltError(
        'bad-arguments',
        `the mine of ${id} would have ${bytes} bytes; it may have ${limits.largestBytes}`,
        {
          hint: 'Put less into it, or raise mine_size in the configuration of the master.',
        },
      )
    }
    this.#banks.store(bankOf(id), key, mine)
  }

  /** False where there was nothing. */
  remove(id: string, fun: string): boolean {
    const mine = this.#of(id)
    if (!Object.hasOwn(mine, fun)) return false
    const { [fun]: _removed, ...rest } = mine
    this.#banks.store(bankOf(id), key, rest)
    return true
  }

  flush(id: string): boolean {
    return this.#banks.flush(bankOf(id), key)
  }

  /** By minion, or by function and minion; `mayRead` is asked for each entry with a limit. */
  ask(
    ids: readonly string[],
    { functions, byFunction }: MineQuestion,
    mayRead: (entry: MineEntry, id: string) => boolean,
  ): Record<string, unknown> {
    const found = new Map<string, Record<string, unknown>>()
    for (const id of ids) {
      const mine = this.#of(id)
      for (const fun of functions) {
        if (!Object.hasOwn(mine, fun)) continue
        const entry = unpackMineEntry(mine[fun])
        if (entry.readers !== undefined && !mayRead(entry, id)) continue
        const values = found.get(fun) ?? {}
        values[id] = entry.value
        found.set(fun, values)
      }
    }
    if (byFunction) return Object.fromEntries(found)
    return { ...found.values().next().value }
  }

  #of(id: string): Record<string, unknown> {
    const mine = this.#banks.fetch(bankOf(id), key)
    return isRecord(mine) ? mine : {}
  }
}

function bankOf(id: string): string {
  return `minions/${id}`
}

/** A name, several with commas, or a list. Throws `bad-arguments`. */
export function mineQuestion(fun: unknown): MineQuestion {
  if (typeof fun === 'string' && fun !== '') {
    const functions = [...new Set(fun.split(',').map((name) => name.trim()))]
    return { functions, byFunction: functions.length > 1 }
  }
  if (Array.isArray(fun) && fun.every((name) => typeof name === 'string')) return { functions: fun, byFunction: true }
  throw new SaltError('bad-arguments', 'the functions of the mine are a name, or a list of names')
}
