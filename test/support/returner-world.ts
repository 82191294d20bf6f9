/** Returners outside of a daemon, and deliveries for them. */
import { systemClock } from '../../src/base/clock.ts'
import type { Schema } from '../../src/base/schema.ts'
import type { EventData } from '../../src/bus/event.ts'
import type { JobReturn } from '../../src/client/api.ts'
import type {
  Delivery,
  JobLoadRecord,
  OpenReturner,
  ReturnerContext,
  ReturnerDefinition,
} from '../../src/engine/returner.ts'
import { returnerOptions } from '../../src/engine/returners/returner-options.ts'
import { RecordedLog } from './recorded-log.ts'

export interface FiredEvent {
  readonly tag: string
  readonly data: EventData
}

interface ReturnerWorld extends Partial<ReturnerContext> {
  /** Gets what is fired on the master's bus. */
  readonly fired?: FiredEvent[]
  /** As `--return_kwargs`. */
  readonly kwargs?: Readonly<Record<string, unknown>>
}

/** Opens it as a daemon with this configuration does. */
export async function openReturner<Options extends Record<string, Schema>>(
  definition: ReturnerDefinition<Options>,
  config: Readonly<Record<string, unknown>> = {},
  { fired, kwargs, ...more }: ReturnerWorld = {},
): Promise<OpenReturner> {
  const options = returnerOptions(definition, kwargs === undefined ? {} : { kwargs }, { all: config })
  const context: ReturnerContext = {
    id: 'web1',
    role: 'minion',
    config: { get: (name) => config[name], all: config },
    log: new RecordedLog().log,
    clock: systemClock,
    signal: new AbortController().signal,
    fireMaster: async (tag, data) => {
      fired?.push({ tag, data })
    },
    ...more,
  }
  return definition.open(context, options as never)
}

export const someJid = '20261121025504701682'

export function someReturn(more: Partial<JobReturn> = {}): JobReturn {
  const ret = { id: 'web1', jid: someJid, fun: 'test.ping', fun_args: [], return: true, retcode: 0, success: true }
  return { ...ret, ...more }
}

export function someJob(more: Partial<JobLoadRecord> = {}): JobLoadRecord {
  const job = { jid: someJid, fun: 'test.ping', arg: [], tgt: '*', tgt_type: 'glob', user: 'root', minions: ['web1'] }
  return { ...job, ...more }
}

type ReturnDelivery = Extract<Delivery, { kind: 'return' }>
type EventDelivery = Extract<Delivery, { kind: 'event' }>
type JobDelivery = Extract<Delivery, { kind: 'job' }>

export function returnDelivery(more: Partial<JobReturn> = {}): ReturnDelivery {
  return { kind: 'return', ret: someReturn(more) }
}

export function eventDelivery(more: EventData = {}, tag = 'my/tag', seq = 1): EventDelivery {
  return { kind: 'event', event: { seq, tag, data: { a: 1, _stamp: '2026-11-21T02:55:04.701000', ...more } } }
}

export function jobDelivery(more: Partial<JobLoadRecord> = {}): JobDelivery {
  return { kind: 'job', job: someJob(more) }
}

/** Jids in the order of their numbers. */
export function jidOf(number: number): string {
  return `20261121025504${String(number).padStart(6, '0')}`
}

/** Returns of as many jobs, with the number of the job as their value. */
export function manyReturns(count: number, first = 1): ReturnDelivery[] {
  return Array.from({ length: count }, (_, index) =>
    returnDelivery({ jid: jidOf(first + index), fun_args: [first + index], return: first + index }),
  )
}

/** Events of a bus in their order, with their number as `number` in the data. */
export function manyEvents(count: number, first = 1): EventDelivery[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    return eventDelivery({ number, _stamp: `2026-11-21T02:55:05.${String(number).padStart(6, '0')}` }, 'my/tag', number)
  })
}

/** Delivers as an outlet does: again and again until it is taken. Answers how often it failed. */
export async function deliverUntilTaken(
  returner: OpenReturner,
  batch: readonly Delivery[],
  onFailure: (error: unknown) => Promise<void> | void,
): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await returner.deliver(batch)
      return failures
    } catch (error) {
      await onFailure(error)
    }
  }
}

interface MortalServer {
  readonly isRunning: boolean
  kill(): Promise<void>
  start(): Promise<unknown>
}

/** Delivers the batches one after the other; the server is killed in the middle of some and started after that. Answers how often a batch failed. */
export async function deliverWhileItDies(
  returner: OpenReturner,
  server: MortalServer,
  batches: readonly (readonly Delivery[])[],
): Promise<number> {
  let failures = 0
  for (const [index, batch] of batches.entries()) {
    // One dies between two batches, the other after its batch was begun.
    const isBefore = index === 2
    const delivering = isBefore ? undefined : attempted(returner.deliver(batch))
    const dying = isBefore || index === 6 ? server.kill() : undefined
    const alive = async (): Promise<void> => {
      await dying
      if (!server.isRunning) await server.start()
    }
    if ((await delivering) === true) {
      await alive()
      continue
    }
    failures += await deliverUntilTaken(returner, batch, alive)
    failures += delivering === undefined ? 0 : 1
  }
  return failures
}

const attempted = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )
