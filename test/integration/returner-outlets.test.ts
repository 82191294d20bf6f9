/** Outlets in front of real servers that die in the middle: everything arrives, once and in order. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect as connectNats } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import connectPostgres from 'postgres'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { Outlet } from '../../src/engine/outlet/outlet.ts'
import type { ReturnerDefinition } from '../../src/engine/returner.ts'
import { nats } from '../../src/plugins/returners/nats/module.ts'
import { postgres } from '../../src/plugins/returners/postgres/module.ts'
import { redis } from '../../src/plugins/returners/redis/module.ts'
import { type BackendServer, startNats, startPostgres, startRedis, withoutProgram } from '../support/backend-server.ts'
import { manyEvents, openReturner } from '../support/returner-world.ts'
import { Changes } from '../support/waiting.ts'

const count = 2000

/** Puts events while the server dies twice, and resolves when all of them are written. */
async function deliverThrough(
  server: BackendServer,
  definition: ReturnerDefinition,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const changes = new Changes()
  let failure: string | undefined
  await using outlet = new Outlet({
    name: 'sink test',
    returner: definition.name,
    path: ':memory:',
    clock: systemClock,
    log: silentLog,
    flushMs: 0,
    retry: { firstMs: 20, lastMs: 100 },
    open: async (signal) => {
      const returner = await openReturner(definition, { [definition.name]: options }, { signal })
      return {
        deliver: async (batch) => {
          await returner.deliver(batch)
          setImmediate(() => changes.happened())
        },
        [Symbol.asyncDispose]: () => returner[Symbol.asyncDispose](),
      }
    },
    onDrop: (dropped, reason) => assert.fail(`${dropped} dropped: ${reason}`),
    onFailing: (message) => {
      failure = message
      changes.happened()
    },
  })
  const delivered = (number: number): Promise<true> =>
    changes.until(
      () => (outlet.status.delivered >= number ? true : undefined),
      () => `${JSON.stringify(outlet.status)}, not ${number} delivered`,
    )
  const fails = (): Promise<string> =>
    changes.until(
      () => failure,
      () => 'no failure was told',
    )
  const events = manyEvents(count)
  for (const event of events.slice(0, count / 2)) outlet.put(event)
  await delivered(count / 8)
  await server.kill()
  for (const event of events.slice(count / 2)) outlet.put(event)
  await fails()
  await server.start()
  await delivered((count * 3) / 4)
  await server.kill()
  await fails()
  await server.start()
  await delivered(count)
}

const all = Array.from({ length: count }, (_, index) => index + 1)

describe('an outlet in front of', () => {
  it('postgres', { skip: withoutProgram('postgres', 'postgresql') }, async () => {
    await using server = await startPostgres({ tls: false })
    await deliverThrough(server, postgres, { host: '127.0.0.1', port: server.port, password: 'secret' })
    const place = { host: '127.0.0.1', port: server.port, user: 'salt', password: 'secret', database: 'salt' }
    const sql = connectPostgres(place)
    const rows = await sql`SELECT seq FROM salt_events ORDER BY id`
    assert.deepEqual(
      rows.map(({ seq }) => Number(seq)),
      all,
    )
    await sql.end()
  })

  it('redis', { skip: withoutProgram('redis-server', 'redis-server') }, async () => {
    await using server = await startRedis()
    await deliverThrough(server, redis, { host: '127.0.0.1', port: server.port, password: 'secret' })
    const client = new Redis({ port: server.port, password: 'secret' })
    const entries = await client.xrange('salt:events', '-', '+')
    client.disconnect()
    assert.deepEqual(
      entries.map(([, fields]) => Number(fields[fields.indexOf('seq') + 1])),
      all,
    )
  })

  it('nats', { skip: withoutProgram('nats-server', 'nats-server') }, async () => {
    await using server = await startNats('')
    const stream = { name: 'salt', subjects: ['salt.>'], retention: 'limits', storage: 'file', num_replicas: 1 }
    const maker = await connectNats({ port: server.port, reconnect: false })
    await maker.request('$JS.API.STREAM.CREATE.salt', JSON.stringify(stream), { timeout: 5000 })
    await maker.close()
    const options = { servers: `127.0.0.1:${server.port}`, jetstream: true }
    await deliverThrough(server, nats, { ...options, event_subject: 'salt.events' })
    const client = await connectNats({ port: server.port, reconnect: false })
    const found: number[] = []
    for (let seq = 1; seq <= count; seq++) {
      const answer = await client.request('$JS.API.STREAM.MSG.GET.salt', JSON.stringify({ seq }), { timeout: 5000 })
      const { message } = answer.json<{ readonly message?: { readonly data: string } }>()
      if (message !== undefined) found.push(JSON.parse(Buffer.from(message.data, 'base64').toString()).seq)
    }
    await client.close()
    assert.deepEqual(found, all)
  })
})
