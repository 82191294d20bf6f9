import type { Clock } from '../../base/clock.ts'
import { SaltError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { tagOf } from '../../bus/event-types.ts'
import type { JobReturn, PublishRequest } from '../../client/api.ts'
import type { MasterCalls } from '../../client/master-link.ts'
import type { ReturnerReport } from '../../client/minion-bus.ts'
import type { MinionOptions } from '../../engine/options/minion-options.ts'
import type { Delivery, ReturnerRegistry } from '../../engine/returner.ts'
import { mayComeLater, returnerNames } from '../../engine/returners/returner-catalogue.ts'
import { JobReturners, type ReturnOrder } from '../job-returners.ts'
import type { Outlets } from '../outlets.ts'
import { prepareReturners, type ReturnerPlace } from '../returner-opener.ts'

export interface MinionReturnersParts {
  readonly id: string
  readonly registry: ReturnerRegistry
  readonly outlets: Outlets
  /** Where the outlets have their spools. */
  readonly folder: string
  readonly bus: Pick<EventBus, 'fire'>
  readonly clock: Clock
  readonly log: Log
  /** As last read. */
  options(): MinionOptions
  /** The masters that there are, the one of this address first. */
  masters(address: string): readonly MasterCalls[]
  /** Tells all masters, when they are there. */
  tellMasters(tag: string, data: Readonly<Record<string, unknown>>): void
}

type Names = Pick<PublishRequest, 'ret' | 'ret_config' | 'ret_kwargs'>

/** What a minion does with returns besides telling its master: `--return` of a job, and `return:` of its own configuration. */
export class MinionReturners implements AsyncDisposable {
  readonly #parts: MinionReturnersParts
  readonly #returners: JobReturners

  constructor(parts: MinionReturnersParts) {
    const { registry, outlets, folder, clock, log } = parts
    this.#parts = parts
    this.#returners = new JobReturners({
      ...{ registry, outlets, folder, clock, log },
      source: () => ({ all: parts.options().view.all, where: parts.options().where }),
      surroundings: (origin) => ({
        ...{ id: parts.id, role: 'minion', config: parts.options().view, log, clock },
        fireMaster: (tag, data) => fireMaster(masterOf(parts.masters(origin), origin), tag, data),
      }),
      refused: (returner, delivery, error) => this.#refused(returner, delivery, error),
    })
  }

  /** Takes up what a former process left. Throws `configuration` where `return:` cannot be followed. */
  async start(): Promise<void> {
    const { registry, options, log } = this.#parts
    await checkReturn(registry, options(), log)
    await this.#returners.resume()
  }

  /** A return that the spool for its master has. Costs the job nothing. */
  take(names: Names, ret: JobReturn, master: string): void {
    void this.#put(ret, names, master, (order) => this.#returners.put({ kind: 'return', ret }, order))
  }

  /** The same for one that another process of this host has made. Waits for the backends, for so long at most. */
  async deliver(ret: JobReturn, names: Names, timeoutMs: number): Promise<readonly ReturnerReport[]> {
    const reports = await this.#put(ret, names, '', (order) =>
      this.#returners.deliver({ kind: 'return', ret }, order, timeoutMs),
    )
    return reports.flat()
  }

  settled(): Promise<void> {
    return this.#returners.settled()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#returners[Symbol.asyncDispose]()
  }

  #put<Result>(
    { jid }: JobReturn,
    { ret: names, ret_config: profile, ret_kwargs: kwargs }: Names,
    origin: string,
    give: (order: ReturnOrder) => Promise<Result>,
  ): Promise<Result[]> {
    const asked = returnerNames(names)
    const always = configuredNames(this.#parts.options()).filter((name) => !asked.includes(name))
    const orders: ReturnOrder[] = []
    const job = { shown: `the returner of job ${jid}`, where: undefined }
    if (asked.length > 0) orders.push({ names: asked, profile, kwargs, origin, place: job })
    if (always.length > 0) orders.push({ names: always, origin, place: placeOf(this.#parts.options()) })
    return Promise.all(orders.map(give))
  }

  #refused(returner: string, delivery: Delivery, { message, hint }: SaltError): void {
    const { id, bus, log, tellMasters } = this.#parts
    const jid = delivery.kind === 'return' ? delivery.ret.jid : ''
    log.error('a return was not given to a returner', { jid, returner, reason: message, ...(hint && { hint }) })
    bus.fire(tagOf('salt/drop/:what', 'returner'), { count: 1, reason: message, id, jid, returner })
    tellMasters(tagOf('salt/minion/:id/returner', id), { jid, returner, reason: message })
  }
}

/**
 * Throws `configuration` with `file:line` where `return:` names what there is not, or its options are wrong. One of the user's own that
 * has not been synced yet is no reason not to start: the minion must run to get it.
 */
export async function checkReturn(registry: ReturnerRegistry, options: MinionOptions, log: Log): Promise<void> {
  const source = { all: options.view.all, where: options.where }
  for (const name of configuredNames(options)) {
    if (mayComeLater(registry, name)) {
      const { shown, where = '' } = placeOf(options)
      const hint = 'Bring it with saltutil.sync_returners.'
      log.warning('a returner is not here yet; it gets no returns', { option: shown, returner: name, where, hint })
    } else await prepareReturners(registry, { name }, ['return'], source, placeOf(options))
  }
}

function configuredNames({ values }: MinionOptions): readonly string[] {
  return returnerNames(values.return)
}

function placeOf({ where }: MinionOptions): ReturnerPlace {
  return { shown: 'return', where: where(['return']) }
}

/** The one whose job it was, even while it is away: the others know nothing of the job. */
function masterOf(masters: readonly MasterCalls[], origin: string): MasterCalls | undefined {
  return masters.find(({ address }) => address === origin) ?? masters[0]
}

async function fireMaster(
  master: MasterCalls | undefined,
  tag: string,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (master === undefined) throw new SaltError('master-unreachable', 'this minion has no master')
  const { refused } = await master.call('fire', { events: [{ tag, data }] })
  const [reason] = refused
  if (reason !== undefined) throw new SaltError('bad-arguments', reason)
}
