import { asSaltError, SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { asRecord, asString } from '../../base/narrow.ts'
import type { MasterLinkMethods } from '../../client/master-link.ts'
import type { MinePolicy } from '../../engine/authorization/mine-get.ts'
import type { MineEntry } from '../../engine/mine/mine-entry.ts'
import { type MineStore, mineQuestion } from '../../engine/mine/mine-store.ts'
import { exactTargetType } from '../../engine/target/exact-pillar.ts'
import type { Handler } from '../../wire/rpc.ts'
import type { TargetRequest } from './target-resolver.ts'

export interface MineSettings {
  readonly minePolicy: MinePolicy
  /** Whether minions may put anything in at all, and how many bytes each. */
  readonly mine: { readonly isKept: boolean; readonly largestBytes: number }
}

export interface MineMethodsOptions {
  readonly mine: MineStore
  readonly settings: MineSettings
  readonly log: Log
  readonly targets: {
    resolve(request: TargetRequest): readonly string[]
    resolveKnown(request: TargetRequest): readonly string[]
  }
}

type MineMethod = 'mine.update' | 'mine.get' | 'mine.delete' | 'mine.flush'
type Call = Parameters<Handler>[1]
type Methods = { [M in MineMethod]: (params: unknown, call: Call) => MasterLinkMethods[M]['result'] }

/** The mine, for minions: each puts into its own and reads what it may of all. Its id is the one of its session. */
export function mineMethods(options: MineMethodsOptions): Methods {
  const { mine, settings } = options
  return {
    'mine.update': (params, { peer }) => {
      const { data, clear } = asRecord(params)
      const entries = asRecord(data, 'data')
      const { isKept, largestBytes } = settings.mine
      if (isKept) mine.put(peer.name, entries, { clear: clear === true, largestBytes })
      return true
    },
    'mine.get': (params, { peer }) => readFor(options, peer.name, asRecord(params)),
    'mine.delete': (params, { peer }) => {
      mine.remove(peer.name, asString(asRecord(params).fun, 'fun'))
      return true
    },
    'mine.flush': (_params, { peer }) => {
      mine.flush(peer.name)
      return true
    },
  }
}

function readFor(
  { mine, settings, targets, log }: MineMethodsOptions,
  reader: string,
  params: Record<string, unknown>,
): Record<string, unknown> {
  const asked = mineQuestion(params.fun)
  const functions = asked.functions.filter((fun) => settings.minePolicy.mayRead(reader, fun))
  if (functions.length < asked.functions.length)
    log.warning('refused a minion what it asked of the mine', { id: reader, fun: asked.functions.join() })
  if (functions.length === 0) return {}
  const ids = targets.resolve({ tgt: targetOf(params.tgt), tgt_type: exactly(params.tgt_type) })
  return mine.ask(ids, { ...asked, functions }, readingBy(reader, { targets, log }))
}

/** Each limit is looked at once, however many minions have it. */
function readingBy(
  reader: string,
  { targets, log }: Pick<MineMethodsOptions, 'targets' | 'log'>,
): (entry: MineEntry, id: string) => boolean {
  const known = new Map<string, boolean>()
  return ({ readers }, id) => {
    if (readers === undefined) return true
    const { tgt, tgtType } = readers
    const key = `${tgtType}\n${tgt}`
    const answer = known.get(key) ?? isAmong(reader, { tgt, tgt_type: tgtType }, { targets, log, id })
    known.set(key, answer)
    return answer
  }
}

/** A limit that cannot be understood lets nobody in. */
function isAmong(
  reader: string,
  request: TargetRequest,
  { targets, log, id }: Pick<MineMethodsOptions, 'targets' | 'log'> & { id: string },
): boolean {
  try {
    return targets.resolveKnown(request).includes(reader)
  } catch (error) {
    log.warning('nobody may read an entry of the mine: its allow_tgt is wrong', {
      id,
      allow_tgt: String(request.tgt),
      reason: asSaltError(error).message,
    })
    return false
  }
}

function targetOf(tgt: unknown): string | readonly string[] {
  if (typeof tgt === 'string') return tgt
  if (Array.isArray(tgt)) return tgt.map((id) => asString(id, 'tgt'))
  throw new SaltError('bad-arguments', 'the target must be text, or a list of ids')
}

function exactly(tgtType: unknown): string {
  return exactTargetType(typeof tgtType === 'string' ? tgtType : 'glob')
}
