import { s } from '../../base/schema.ts'
import { type Delivery, defineReturner, type OpenReturner } from '../../engine/returner.ts'
import { DeliveredKeys } from '../../engine/returners/delivered-keys.ts'
import { deliveryJson, headerKeyOf, recordOf } from '../../engine/returners/delivery-record.ts'
import { httpOptions, httpPlan } from '../../engine/returners/http-options.ts'
import { remembered } from '../../engine/returners/outlet-memory.ts'

export const http = defineReturner({
  name: 'http',
  doc: `Sends returns, events and jobs to a web server, as JSON: a list with all of a batch, or one by one.

An answer of 2xx means that they are written. 400, 409, 413, 422 and what else of 4xx is about the data gives up what was sent;
after any other answer (a redirect, 401, 403, 404, 408, 429, 5xx …) it is sent again later, not before Retry-After. Sent one by one,
each has a header X-Salt-Delivery that is the same when it comes again.`,
  options: {
    url: s.string('Where to'),
    method: s.withDefault(s.literal(['POST', 'PUT', 'PATCH'], 'How it is sent'), 'POST'),
    batch: s.withDefault(s.boolean('Send a list with all of a batch, rather than one by one'), true),
    ...httpOptions,
  },
  takes: ['return', 'event', 'job'],
  examples: [
    `salt '*' test.ping --return http --return_kwargs '{"url": "https://collector.example.org/salt"}'`,
    `salt '*' test.ping --return http --return_kwargs '{"url": "https://example.org/", "token": "…", "batch": false}'`,
  ],
  async open(context, options): Promise<OpenReturner> {
    const { HttpBackend } = await import('../../engine/returners/http-backend.ts')
    const backend = new HttpBackend(httpPlan('http', [options.url], options), context)
    const { method } = options
    const send = async (content: unknown, headers: Readonly<Record<string, string>> = {}): Promise<void> => {
      const kind = { 'Content-Type': 'application/json' }
      await backend.send({ method, body: deliveryJson(content), headers: { ...kind, ...headers } })
    }
    const key = (delivery: Delivery): string => headerKeyOf(delivery, context.id)
    const record = (delivery: Delivery) => recordOf(delivery, context.id)
    const delivered = remembered(context.signal, 'delivered', () => new DeliveredKeys())
    return {
      deliver: (batch) =>
        options.batch
          ? send(batch.map(record))
          : delivered.each(batch, key, (one) => send(record(one), { 'X-Salt-Delivery': key(one) })),
      [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
    }
  },
})
