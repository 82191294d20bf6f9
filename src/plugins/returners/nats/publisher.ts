/** The open returner. */
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import type { Delivery, OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { deliveryJson, headerKeyOf, recordOf } from '../../../engine/returners/delivery-record.ts'
import { HeldConnection } from '../../../engine/returners/held-connection.ts'
import { fromJson } from '../../../engine/returners/stored-records.ts'
import { connectPublisher, explainFault, type PublisherOptions, serversOf } from './connect.ts'
import { SubjectTemplate } from './subject.ts'

interface Message {
  readonly subject: string
  readonly payload: Uint8Array
  readonly key: string
}

interface Line {
  readonly connection: NatsConnection
  /** What the server has complained of since it was asked for last. */
  takeComplaint(): Error | undefined
}

export async function openPublisher(context: ReturnerContext, options: PublisherOptions): Promise<OpenReturner> {
  const servers = serversOf(options)
  const server = `NATS at ${servers.join(' or ')}`
  const subjects = {
    return: new SubjectTemplate(options.return_subject, 'nats.return_subject'),
    event: new SubjectTemplate(options.event_subject, 'nats.event_subject'),
    job: new SubjectTemplate(options.job_subject, 'nats.job_subject'),
  }
  const messageOf = (delivery: Delivery): Message => {
    const record = recordOf(delivery, context.id)
    const payload = Buffer.from(deliveryJson(record))
    return { subject: subjects[delivery.kind].fill(record), payload, key: headerKeyOf(delivery, context.id) }
  }
  const held = new HeldConnection<Line>(
    {
      server,
      connect: async (lost, signal) => listening(await connectPublisher(options, servers, lost, signal)),
      close: ({ connection }) => connection.close(),
      connectTimeoutMs: options.connect_timeout * 1000,
      timeoutMs: options.timeout * 1000,
      explain: (error) => explainFault(server, error),
    },
    context,
  )
  await held.open()
  const publish = options.jetstream ? publishToStream : publishToServer
  return {
    deliver: (batch) => held.use((line) => publish(line, batch.map(messageOf), server, options.timeout * 1000)),
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  }
}

/** Complaints come beside the answers, in their order. */
function listening(connection: NatsConnection): Line {
  let complaint: Error | undefined
  const listen = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'error') complaint ??= status.error
    }
  }
  void listen()
  return {
    connection,
    takeComplaint() {
      const taken = complaint
      complaint = undefined
      return taken
    },
  }
}

async function publishToServer(line: Line, messages: readonly Message[], server: string): Promise<void> {
  const { headers } = await import('@nats-io/transport-node')
  const { connection } = line
  assertSizes(connection, messages, server)
  for (const { subject, payload, key } of messages) {
    const head = headers()
    head.set('Nats-Msg-Id', key)
    connection.publish(subject, payload, { headers: head })
  }
  await connection.flush()
  // The loop over complaints has its turn before this goes on.
  await new Promise((resolve) => setImmediate(resolve))
  const complaint = line.takeComplaint()
  if (complaint !== undefined) throw complaint
}

/** All are under way at once: they arrive in their order, and a broken connection breaks off all behind a certain one. */
async function publishToStream(
  { connection }: Line,
  messages: readonly Message[],
  server: string,
  timeoutMs: number,
): Promise<void> {
  const { headers } = await import('@nats-io/transport-node')
  assertSizes(connection, messages, server)
  const answers = messages.map(async ({ subject, payload, key }) => {
    const head = headers()
    head.set('Nats-Msg-Id', key)
    const answer = await connection.request(subject, payload, { headers: head, timeout: timeoutMs }).catch((error) => {
      throw isUnheard(error) ? unheard(server, subject) : error
    })
    assertStored(answer, server, subject)
  })
  const results = await Promise.allSettled(answers)
  const faults = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  // Only where all faults are of the data it may be told that they are.
  const isData = (fault: unknown): boolean => fault instanceof SaltError && fault.code === 'bad-arguments'
  const [fault] = faults.sort((a, b) => Number(isData(a)) - Number(isData(b)))
  if (fault !== undefined) throw fault
}

function assertSizes(connection: NatsConnection, messages: readonly Message[], server: string): void {
  const maximum = connection.info?.max_payload ?? Number.POSITIVE_INFINITY
  const headerBytes = 200
  for (const { payload, key } of messages) {
    const size = payload.length + key.length + headerBytes
    if (size > maximum) {
      throw new SaltError('bad-arguments', `${server} takes messages of ${maximum} bytes, and ${key} has ${size}`)
    }
  }
}

function isUnheard(error: unknown): boolean {
  return error instanceof Error && 'isNoResponders' in error && typeof error.isNoResponders === 'function'
    ? error.isNoResponders() === true
    : error instanceof Error && error.name === 'NoRespondersError'
}

function unheard(server: string, subject: string): SaltError {
  return new SaltError('configuration', `${server} has no stream that takes the subject ${subject}`, {
    hint: 'Add the subject to a stream, or switch nats.jetstream off.',
  })
}

/** JetStream's number for a message that is larger than its stream lets them be. */
const tooLarge = 10054

function assertStored(answer: Msg, server: string, subject: string): void {
  const content = fromJson(answer.string())
  if (!isRecord(content)) {
    throw new SaltError('configuration', `who answers at ${server} for the subject ${subject} is no stream`)
  }
  const { error } = content
  if (!isRecord(error)) return
  const text = `the stream at ${server} for the subject ${subject} refuses: ${String(error.description)}`
  throw error.err_code === tooLarge ? new SaltError('bad-arguments', text) : new SaltError('storage', text)
}
