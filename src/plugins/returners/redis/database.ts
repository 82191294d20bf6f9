/** The open returner. */
import { randomUUID } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import type { Delivery, JobCacheReader, OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { deliveryJson, functionName, keyOf, recordOf } from '../../../engine/returners/delivery-record.ts'
import { HeldConnection } from '../../../engine/returners/held-connection.ts'
import { remembered } from '../../../engine/returners/outlet-memory.ts'
import { fromJson, jobLoadOf, jobReturnOf } from '../../../engine/returners/stored-records.ts'
import { closeDatabase, connectDatabase, type DatabaseOptions, explainFault, serverName } from './connect.ts'

const defaultTtlSeconds = 86_400
/** Longer than any batch is tried again by the same process without a pause. */
const markerSeconds = 86_400

export async function openDatabase(context: ReturnerContext, options: DatabaseOptions): Promise<OpenReturner> {
  const server = serverName(options)
  const held = new HeldConnection<Redis>(
    {
      server,
      connect: (lost, signal) => connectDatabase(options, lost, signal),
      close: closeDatabase,
      connectTimeoutMs: options.connect_timeout * 1000,
      timeoutMs: options.timeout * 1000,
      explain: (error) => explainFault(server, error),
    },
    context,
  )
  await held.open()
  const writer = new Writer(context, options)
  return {
    deliver: (batch) => held.use((client) => writer.write(client, batch)),
    cache: cacheOf(held, options.key_prefix),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  }
}

interface Attempts {
  /** Of one outlet alone: this key holds the last attempt that the server has carried out. */
  readonly marker: string
  count: number
  /** An attempt to which there was no answer, with the key of the last delivery in it: it may be carried out all the same. */
  unsure: { readonly attempt: string; readonly lastKey: string } | undefined
}

class Writer {
  readonly #origin: string
  readonly #options: DatabaseOptions
  readonly #ttlSeconds: number
  readonly #attempts: Attempts

  constructor({ id, config, signal }: ReturnerContext, options: DatabaseOptions) {
    this.#origin = id
    this.#options = options
    const configured = Number(config.get('keep_jobs_seconds'))
    this.#ttlSeconds = options.ttl ?? (configured >= 1 ? Math.floor(configured) : defaultTtlSeconds)
    const marker = `${options.key_prefix}salt:written:${randomUUID()}`
    this.#attempts = remembered(signal, 'attempts', () => ({ marker, count: 0, unsure: undefined }))
  }

  async write(client: Redis, batch: readonly Delivery[]): Promise<void> {
    const rest = await this.#unwritten(client, batch)
    const last = rest.at(-1)
    if (last === undefined) return
    const attempts = this.#attempts
    const attempt = String(++attempts.count)
    const transaction = client.multi()
    for (const delivery of rest) this.#add(transaction, delivery)
    transaction.set(attempts.marker, attempt, 'EX', markerSeconds)
    attempts.unsure = { attempt, lastKey: keyOf(last, this.#origin) }
    const results = (await transaction.exec()) ?? []
    attempts.unsure = undefined
    for (const [error] of results) if (error !== null) throw error
  }

  /** A connection may break after the server has done what it was told. */
  async #unwritten(client: Redis, batch: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { unsure, marker } = this.#attempts
    if (unsure === undefined || (await client.get(marker)) !== unsure.attempt) return batch
    return batch.slice(batch.findLastIndex((delivery) => keyOf(delivery, this.#origin) === unsure.lastKey) + 1)
  }

  #add(transaction: ChainableCommander, delivery: Delivery): void {
    const { key_prefix: prefix } = this.#options
    const ttl = this.#ttlSeconds
    if (delivery.kind === 'event') return this.#addEvent(transaction, delivery)
    if (delivery.kind === 'job') {
      const { job } = delivery
      transaction.set(`${prefix}load:${job.jid}`, deliveryJson(job), 'EX', ttl)
      return
    }
    const { ret } = delivery
    transaction.hset(`${prefix}ret:${ret.jid}`, ret.id, deliveryJson(ret))
    transaction.expire(`${prefix}ret:${ret.jid}`, ttl)
    transaction.set(`${prefix}${ret.id}:${functionName(ret.fun)}`, ret.jid, 'EX', ttl)
    transaction.sadd(`${prefix}minions`, ret.id)
  }

  #addEvent(transaction: ChainableCommander, delivery: Extract<Delivery, { kind: 'event' }>): void {
    const { key_prefix: prefix, events_key, events_as, events_limit: limit } = this.#options
    const key = prefix + events_key
    const { tag, data, seq } = delivery.event
    if (events_as === 'stream') {
      const bound = limit === 0 ? [] : ['MAXLEN', '~', limit]
      const fields = ['tag', tag, 'data', deliveryJson(data), 'origin', this.#origin, 'seq', seq]
      transaction.call('XADD', key, ...bound, '*', ...fields)
      return
    }
    transaction.rpush(key, deliveryJson(recordOf(delivery, this.#origin)))
    if (limit > 0) transaction.ltrim(key, -limit, -1)
  }
}

function cacheOf(held: HeldConnection<Redis>, prefix: string): JobCacheReader {
  return {
    load: (jid) => held.use(async (client) => jobLoadOf(fromJson(await client.get(`${prefix}load:${jid}`)))),
    returns: (jid) =>
      held.use(async (client) => {
        const all = Object.entries(await client.hgetall(`${prefix}ret:${jid}`))
        return all.flatMap(([id, value]) => jobReturnOf(fromJson(value), { id, jid }) ?? [])
      }),
    list: (limit) =>
      held.use(async (client) => {
        const keys = (await jobKeys(client, prefix)).sort().slice(-limit)
        const values = limit <= 0 || keys.length === 0 ? [] : await client.mget(keys)
        return values.flatMap((value) => jobLoadOf(fromJson(value)) ?? [])
      }),
  }
}

/** In no order; a key may come twice while the server moves its table. */
async function jobKeys(client: Redis, prefix: string): Promise<string[]> {
  const pattern = `${prefix.replace(/[*?[\]\\]/g, '\\$&')}load:*`
  const keys = new Set<string>()
  for await (const found of client.scanStream({ match: pattern, count: 1000 })) {
    for (const key of found) keys.add(String(key))
  }
  return [...keys]
}
