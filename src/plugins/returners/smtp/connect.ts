import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { SaltError } from '../../../base/errors.ts'
import type { Secret } from '../../../base/secret.ts'
import { type ConnectionValues, networkReason, tlsOf } from '../../../engine/returners/connection-options.ts'
import { connectionFault } from '../../../engine/returners/held-connection.ts'

export interface ServerOptions extends ConnectionValues {
  readonly host: string
  readonly port: number | undefined
  readonly tls: boolean | 'auto' | 'off' | 'starttls' | 'tls'
  readonly username: string | undefined
  readonly password: Secret | undefined
}

export function portOf({ port, tls }: ServerOptions): number {
  return port ?? (tls === 'tls' ? 465 : 25)
}

export async function connectServer(
  options: ServerOptions,
  lost: () => void,
  signal: AbortSignal,
): Promise<SMTPConnection> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection')
  const { host, tls, username, password, connect_timeout, timeout } = options
  const needsTls = tls === true || tls === 'starttls' || (username !== undefined && (tls === 'auto' || tls === false))
  const connection = new Connection({
    host,
    port: portOf(options),
    secure: tls === 'tls',
    requireTLS: needsTls,
    ignoreTLS: tls === 'off',
    connectionTimeout: connect_timeout * 1000,
    greetingTimeout: connect_timeout * 1000,
    dnsTimeout: connect_timeout * 1000,
    // It ends idle connections; what is under way has a limit of its own.
    socketTimeout: Math.max(60, 2 * timeout) * 1000,
    socketCloseTimeout: 0,
    tls: tlsOf(options),
  })
  connection.once('end', lost)
  signal.addEventListener('abort', () => connection.close(), { once: true })
  try {
    await answered(connection, (done) => connection.connect(done))
    if (username !== undefined) {
      const credentials = { user: username, pass: password?.reveal() ?? '' }
      await answered(connection, (done) => connection.login({ ...credentials, credentials }, done))
    }
  } catch (error) {
    connection.close()
    throw error
  }
  // Its faults are seen by what is under way, or by the end that follows.
  connection.on('error', () => {})
  return connection
}

/** What a call with a callback results in; faults of the connection come as events beside it. */
export function answered<Result>(
  connection: SMTPConnection,
  call: (done: (error?: Error | null, result?: Result) => void) => void,
): Promise<Result | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Result | undefined>()
  const ended = (): void => reject(new Error('it closed the connection'))
  connection.once('error', reject)
  connection.once('end', ended)
  call((error, result) => (error ? reject(error) : resolve(result)))
  return promise.finally(() => {
    connection.off('error', reject)
    connection.off('end', ended)
  })
}

export function explainFault(server: string, error: unknown): SaltError {
  const message = error instanceof Error ? error.message : String(error)
  const fact = (name: string): unknown =>
    typeof error === 'object' && error !== null && name in error ? Reflect.get(error, name) : undefined
  const code = String(fact('code') ?? '')
  const status = Number(fact('responseCode') ?? 0)
  if (code === 'EAUTH') {
    return new SaltError('denied', `${server} refuses this user: ${message}`, {
      hint: 'Look at smtp.username and smtp.password.',
    })
  }
  if (status === 552 || (code === 'EMESSAGE' && status >= 500)) {
    return new SaltError('bad-arguments', `${server} refuses this mail: ${message}`)
  }
  if (code === 'EENVELOPE' && (status === 0 || status >= 500)) {
    return new SaltError('configuration', `${server} refuses the sender or the recipients: ${message}`, {
      hint: 'Look at smtp.from and smtp.to.',
    })
  }
  if (code === 'ETIMEDOUT') return new SaltError('timeout', `${server} cannot be reached: no answer in time`)
  const cause = error instanceof Error ? error.cause : undefined
  const reason = networkReason(error) ?? networkReason(cause)
  const words = message.includes('ECONNREFUSED') ? networkReason({ code: 'ECONNREFUSED' }) : reason
  return connectionFault(server, words ?? message)
}
