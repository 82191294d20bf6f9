/** The open returner. */
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { OpenReturner, ReturnerContext } from '../../../engine/returner.ts'
import { DeliveredKeys } from '../../../engine/returners/delivered-keys.ts'
import { keyOf } from '../../../engine/returners/delivery-record.ts'
import { HeldConnection } from '../../../engine/returners/held-connection.ts'
import { remembered } from '../../../engine/returners/outlet-memory.ts'
import { answered, connectServer, explainFault, portOf, type ServerOptions } from './connect.ts'
import { addressesOf, type Letter, type LetterOptions, LetterWriter } from './letter.ts'

export interface MailerOptions extends ServerOptions, LetterOptions {
  readonly from: string
  readonly to: string | readonly string[]
  readonly digest: boolean
}

export async function openMailer(context: ReturnerContext, options: MailerOptions): Promise<OpenReturner> {
  const server = `the mail server at ${options.host}:${portOf(options)}`
  const writer = new LetterWriter(context.id, options)
  const from = addressesOf('smtp.from', options.from).join(', ')
  const to = addressesOf('smtp.to', options.to)
  const held = new HeldConnection<SMTPConnection>(
    {
      server,
      connect: (lost, signal) => connectServer(options, lost, signal),
      close: (connection) => connection.close(),
      connectTimeoutMs: options.connect_timeout * 1000,
      timeoutMs: options.timeout * 1000,
      explain: (error) => explainFault(server, error),
    },
    context,
  )
  await held.open()
  const send = (letter: Letter): Promise<void> =>
    held.use(async (connection) => {
      const refused = await sendLetter(connection, letter, { from, to, dateMs: context.clock.now() })
      if (refused.length > 0)
        context.log.warning('a mail did not reach everybody', { server, refused: refused.join(', ') })
    })
  const delivered = remembered(context.signal, 'delivered', () => new DeliveredKeys())
  return {
    async deliver(batch) {
      if (options.digest && batch.length > 0) return send(writer.digest(batch))
      await delivered.each(
        batch,
        (delivery) => keyOf(delivery, context.id),
        (delivery) => send(writer.single(delivery)),
      )
    },
    [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
  }
}

interface Envelope {
  readonly from: string
  readonly to: readonly string[]
  readonly dateMs: number
}

/** The addresses that the server has refused, where it took at least one. */
async function sendLetter(
  connection: SMTPConnection,
  { subject, text, messageId }: Letter,
  { from, to, dateMs }: Envelope,
): Promise<readonly string[]> {
  const { default: Composer } = await import('nodemailer/lib/mail-composer')
  const mail = new Composer({
    from,
    to: [...to],
    subject,
    text,
    messageId,
    date: new Date(dateMs),
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile()
  const bytes = await mail.build()
  try {
    const info = await answered<SMTPConnection.SentMessageInfo>(connection, (done) =>
      connection.send(mail.getEnvelope(), bytes, done),
    )
    return info?.rejected ?? []
  } catch (error) {
    // What state the conversation is in after a refusal is not worth finding out.
    connection.close()
    throw error
  }
}
