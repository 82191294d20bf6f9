/** The open returner. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { Secret } from '../../../base/secret.ts'
import type { OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { deliveryJson } from '../../../engine/returners/delivery-record.ts'
import { HttpBackend, isDataFault } from '../../../engine/returners/http-backend.ts'
import { type HttpValues, httpPlan } from '../../../engine/returners/http-options.ts'
import { fromJson } from '../../../engine/returners/stored-records.ts'
import { documentMaker, type SearchDocument } from './document.ts'

export interface BulkOptions extends HttpValues {
  readonly hosts: string | readonly string[]
  readonly index: string
  readonly operation: 'index' | 'create'
  readonly values_as: 'text' | 'data'
  readonly api_key: Secret | undefined
}

export async function openBulk(context: ReturnerContext, options: BulkOptions): Promise<OpenReturner> {
  const { hosts, index, operation, values_as, api_key } = options
  const plan = httpPlan('elasticsearch', [hosts].flat(), options)
  const key = api_key === undefined ? {} : { Authorization: `ApiKey ${api_key.reveal()}` }
  const documentOf = documentMaker({ index, values_as, origin: context.id, now: () => context.clock.now() })
  const backend = new HttpBackend({ ...plan, headers: { ...plan.headers, ...key } }, context)
  await assertReachable(backend)
  return {
    async deliver(batch) {
      const documents = batch.map(documentOf)
      const body = documents.map((document) => lines(document, operation)).join('')
      const headers = { 'Content-Type': 'application/x-ndjson' }
      const response = await backend.send({ method: 'POST', path: '/_bulk', body, headers })
      assertWritten(fromJson(response.body.toString('utf8')), documents, backend.server)
    },
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  }
}

/** A user who may only write is refused here, which is an answer, too. */
async function assertReachable(backend: HttpBackend): Promise<void> {
  const { status } = await backend.exchange({ method: 'GET', path: '/' })
  if (status !== 401) return
  throw new SaltError('denied', `${backend.server} refuses this user (401)`, {
    hint: 'Look at elasticsearch.username, elasticsearch.password, elasticsearch.api_key and elasticsearch.token.',
  })
}

function lines({ index, id, content }: SearchDocument, operation: string): string {
  return `${deliveryJson({ [operation]: { _index: index, _id: id } })}\n${deliveryJson(content)}\n`
}

interface ItemFault {
  readonly status: number
  readonly text: string
}

/** Each document has an answer of its own. What can be written later makes all come again; the rest of them is there already, then. */
function assertWritten(answer: unknown, documents: readonly SearchDocument[], server: string): void {
  const items = isRecord(answer) && Array.isArray(answer.items) ? answer.items : undefined
  if (items?.length !== documents.length) {
    throw new SaltError('configuration', `${server} does not answer as Elasticsearch does`, {
      hint: 'Look whether the URLs in elasticsearch.hosts are right.',
    })
  }
  const faults = items.flatMap((item, index) => faultOf(item, documents[index]) ?? [])
  const [fault] = faults.sort((a, b) => Number(isDataFault(a.status)) - Number(isDataFault(b.status)))
  if (fault === undefined) return
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : ''
  const code = isDataFault(fault.status) ? 'bad-arguments' : fault.status === 429 ? 'overloaded' : 'storage'
  throw new SaltError(code, `${server} does not store ${fault.text}${more}`)
}

function faultOf(item: unknown, document: SearchDocument | undefined): ItemFault | undefined {
  const result = isRecord(item) ? Object.values(item)[0] : undefined
  const { status, error } = isRecord(result) ? result : { status: 500, error: undefined }
  const number = Number(status)
  // `create` refuses what is there already.
  if ((number >= 200 && number < 300) || number === 409) return undefined
  const { type = 'unknown', reason = '' } = isRecord(error) ? error : {}
  const why = `${String(type)} ${String(reason)}`.trim().slice(0, 200)
  return {
    status: Number.isNaN(number) ? 500 : number,
    text: `${document?.id} in ${document?.index}: ${why} (${number})`,
  }
}
