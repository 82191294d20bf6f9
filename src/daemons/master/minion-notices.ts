import { asSaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRecord } from '../../base/narrow.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import { approximateSize } from '../../bus/size.ts'
import type { JobReturn } from '../../client/api.ts'
import { returnFrom } from '../../client/job-return.ts'
import type { MinionCache } from './minion-cache.ts'
import type { MinionSession } from './minion-sessions.ts'
import type { Publisher } from './publisher.ts'
import type { UnaskedReturns } from './unasked-returns.ts'

/** More grains than that are not facts about a host. */
export const largestGrains = 512 * 1024

export interface NoticeOptions {
  readonly publisher: Publisher
  readonly unasked: UnaskedReturns
  readonly cache: MinionCache
  readonly log: Log
  /** Learns of grains that came; absent: `minion_data_cache_events` is off. */
  readonly bus: EventBus | undefined
  /** The minion has said what it is: from now on it is present. */
  onHello(session: MinionSession, start: StartOfMinion): void
}

/** What a minion wants to have in the event of its start. */
export interface StartOfMinion {
  readonly grains: Readonly<Record<string, unknown>>
  /** Under the old tag, too. */
  readonly isLegacy: boolean
}

/** Takes what minions tell without being asked; a notice that makes no sense is logged and dropped. */
export function takeNotice(
  options: NoticeOptions,
  session: MinionSession,
  record: Readonly<Record<string, unknown>>,
): void {
  try {
    take(options, session, record)
  } catch (error) {
    options.log.warning('dropped a message of a minion', { id: session.id, error: asSaltError(error).message })
  }
}

function take(options: NoticeOptions, session: MinionSession, record: Readonly<Record<string, unknown>>): void {
  const { publisher } = options
  const jid = String(record.jid ?? '')
  switch (record.kind) {
    case 'hello':
      storeGrains(options, session, record.grains)
      publisher.connected(session, Array.isArray(record.running) ? record.running.map(String) : [])
      options.onHello(session, { grains: shownGrains(record), isLegacy: record.legacyStart === true })
      return
    case 'grains':
      return storeGrains(options, session, record.grains)
    case 'ack':
      return publisher.acknowledged(session.id, jid)
    case 'seen':
      return publisher.ranBefore(session.id, jid)
    case 'refused':
      return publisher.refused(
        session.id,
        jid,
        record.state === 'expired' ? 'expired' : 'denied',
        String(record.reason ?? ''),
      )
    case 'return':
      if (typeof record.seq === 'number') session.acknowledgeReturn(record.seq)
      return takeReturn(options, session, returnFrom(session.id, record))
    default:
      options.log.debug('a minion sent a message of an unknown kind', { id: session.id, kind: record.kind })
  }
}

function takeReturn({ publisher, unasked }: NoticeOptions, session: MinionSession, ret: JobReturn): void {
  if (ret.schedule === undefined) publisher.returned(session, ret)
  else unasked.take(ret)
}

/** The grains that a minion wants to have in the event of its start. */
function shownGrains({ grains, startGrains }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (!isRecord(grains) || !Array.isArray(startGrains)) return {}
  return Object.fromEntries(
    startGrains
      .map(String)
      .filter((name) => Object.hasOwn(grains, name))
      .map((name) => [name, grains[name]]),
  )
}

function storeGrains(options: NoticeOptions, session: MinionSession, grains: unknown): void {
  if (!isRecord(grains)) return
  if (approximateSize(grains, largestGrains) > largestGrains) {
    options.log.warning('ignored the grains of a minion: too large', { id: session.id })
    return
  }
  options.cache.set(session.id, session.fingerprint, grains)
  options.bus?.fire(tagOf('minion/refresh/:id', session.id), { 'Minion data cache refresh': session.id })
}
