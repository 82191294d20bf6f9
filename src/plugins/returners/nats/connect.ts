import { readFileSync } from 'node:fs'
import type { NatsConnection } from '@nats-io/transport-node'
import { SaltError } from '../../../base/errors.ts'
import { systemReason } from '../../../base/files.ts'
import type { Secret } from '../../../base/secret.ts'
import { type ConnectionValues, networkReason, tlsOf } from '../../../engine/returners/connection-options.ts'
import { connectionFault } from '../../../engine/returners/held-connection.ts'

export interface PublisherOptions extends ConnectionValues {
  readonly servers: string | readonly string[]
  readonly return_subject: string
  readonly event_subject: string
  readonly job_subject: string
  readonly jetstream: boolean
  readonly user: string | undefined
  readonly password: Secret | undefined
  readonly token: Secret | undefined
  readonly creds_file: string | undefined
  readonly tls: boolean
}

/** `host:port` of each server. Throws `configuration` for what is no address, without showing what may be a password in it. */
export function serversOf({ servers }: Pick<PublisherOptions, 'servers'>): readonly string[] {
  const words = [servers].flat().flatMap((text) => text.split(','))
  const addresses = words.map((word) => word.trim()).filter((word) => word !== '')
  if (addresses.length === 0) throw new SaltError('configuration', 'nats.servers names no server')
  return addresses.map(addressOf)
}

function addressOf(text: string): string {
  const url = URL.parse(text.includes('://') ? text : `nats://${text}`)
  if (url === null || url.hostname === '' || !/^(?:nats|tls):$/.test(url.protocol)) {
    throw new SaltError('configuration', 'nats.servers has an address that is none', { hint: 'Write it as HOST:PORT.' })
  }
  if (url.username !== '' || url.password !== '') {
    throw new SaltError('configuration', `nats.servers has a user or a token in the address of ${url.host}`, {
      hint: 'Give them as nats.user and nats.password, or nats.token.',
    })
  }
  return url.port === '' ? `${url.hostname}:4222` : url.host
}

/** It never connects anew by itself: messages under way would be lost without anybody knowing. */
export async function connectPublisher(
  options: PublisherOptions,
  servers: readonly string[],
  lost: () => void,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node')
  const { user, password, token, creds_file: credsFile } = options
  const tls = options.tls || options.tls_ca !== undefined ? tlsTexts(options) : null
  const connection = await connect({
    servers: [...servers],
    name: 'salt',
    reconnect: false,
    noRandomize: true,
    noAsyncTraces: true,
    timeout: options.connect_timeout * 1000,
    // Where a connection breaks in the moment that it is made, the client waits for its next ping before it lets go of it.
    pingInterval: 10_000,
    tls,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password.reveal() }),
    ...(token === undefined ? {} : { token: token.reveal() }),
    ...(credsFile === undefined ? {} : { authenticator: credsAuthenticator(readCredentials(credsFile)) }),
  })
  void connection.closed().then(lost)
  signal.addEventListener('abort', () => void connection.close(), { once: true })
  return connection
}

function tlsTexts(options: PublisherOptions): Record<string, string | boolean> {
  const { ca, cert, key, rejectUnauthorized } = tlsOf(options)
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: ca.toString() }),
    ...(cert === undefined ? {} : { cert: cert.toString() }),
    ...(key === undefined ? {} : { key: key.toString() }),
  }
}

function readCredentials(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new SaltError('configuration', `nats.creds_file cannot be read: ${systemReason(error)}`, { where: file })
  }
}

export function explainFault(server: string, error: unknown): SaltError {
  const name = error instanceof Error ? error.name : ''
  const message = error instanceof Error ? error.message : String(error)
  if (/^(?:AuthorizationError|UserAuthenticationExpiredError)$/.test(name)) {
    return new SaltError('denied', `${server} refuses this user: ${message}`, {
      hint: 'Look at nats.user, nats.password, nats.token and nats.creds_file.',
    })
  }
  if (name === 'PermissionViolationError') {
    return new SaltError('denied', `${server} does not let this user publish there: ${message}`)
  }
  if (/^Invalid(?:Argument|Subject)Error$/.test(name) || message === "server does not support 'tls'") {
    return new SaltError('configuration', `${server} is not set up for this: ${message}`)
  }
  const cause = error instanceof Error ? error.cause : undefined
  return connectionFault(server, networkReason(error) ?? networkReason(cause) ?? message)
}
