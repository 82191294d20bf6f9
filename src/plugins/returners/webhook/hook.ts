/** The open returner. */
import { createHmac } from 'node:crypto'
import { SaltError } from '../../../base/errors.ts'
import type { Secret } from '../../../base/secret.ts'
import { isMapping } from '../../../base/validate.ts'
import type { Delivery, OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { DeliveredKeys } from '../../../engine/returners/delivered-keys.ts'
import { type DeliveryRecord, deliveryJson, headerKeyOf, recordOf } from '../../../engine/returners/delivery-record.ts'
import { FieldTemplate } from '../../../engine/returners/field-template.ts'
import { HttpBackend } from '../../../engine/returners/http-backend.ts'
import { type HttpValues, httpPlan } from '../../../engine/returners/http-options.ts'
import { remembered } from '../../../engine/returners/outlet-memory.ts'

export interface HookOptions extends HttpValues {
  readonly url: Secret
  readonly fields: Readonly<Record<string, unknown>> | undefined
  readonly secret: Secret | undefined
  readonly signature_header: string
}

export async function openHook(context: ReturnerContext, options: HookOptions): Promise<OpenReturner> {
  const { fields, secret, signature_header: header } = options
  if (!/^[\w-]+$/.test(header)) {
    throw new SaltError('configuration', `webhook.signature_header is no name of a header: ${JSON.stringify(header)}`)
  }
  const backend = new HttpBackend(httpPlan('webhook', [options.url.reveal()], options), context)
  const content = fields === undefined ? (record: DeliveryRecord): unknown => record : filler(fields)
  const delivered = remembered(context.signal, 'delivered', () => new DeliveredKeys())
  const key = (delivery: Delivery): string => headerKeyOf(delivery, context.id)
  const tell = async (delivery: Delivery): Promise<void> => {
    const body = deliveryJson(content(recordOf(delivery, context.id)))
    const signature = secret === undefined ? {} : { [header]: signatureOf(body, secret.reveal()) }
    const names = { 'X-Salt-Kind': delivery.kind, 'X-Salt-Delivery': key(delivery) }
    await backend.send({
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...names, ...signature },
    })
  }
  return {
    deliver: (batch) => delivered.each(batch, key, tell),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  }
}

function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Reads the templates in the value once. */
function filler(value: unknown): (record: DeliveryRecord) => unknown {
  if (typeof value === 'string') {
    const template = new FieldTemplate(value, 'webhook.fields')
    return (record) => template.value(record)
  }
  if (Array.isArray(value)) {
    const items = value.map(filler)
    return (record) => items.map((item) => item(record))
  }
  if (!isMapping(value)) return () => value
  const entries = Object.entries(value).map(([name, item]) => [name, filler(item)] as const)
  return (record) => Object.fromEntries(entries.map(([name, item]) => [name, item(record)]))
}
