/** What PostgreSQL complains of, in words for people. */
import { SaltError } from '../../../base/errors.ts'
import { networkReason } from '../../../engine/returners/connection-options.ts'
import { connectionFault } from '../../../engine/returners/held-connection.ts'

/** Codes, and classes of codes, of PostgreSQL's appendix "Error Codes". */
const dataFaults = /^(?:22|23|54)/
const refusals = /^(?:28|42501$)/
const settings = /^(?:3D|3F|42)/

const clientReasons: Readonly<Record<string, string>> = {
  CONNECTION_CLOSED: 'it closed the connection',
  CONNECTION_DESTROYED: 'the connection was given up',
  CONNECTION_ENDED: 'the connection has ended',
}

/** Only the main message is told: details of PostgreSQL may show the data, and the client's have the statement in them. */
export function explainFault(server: string, error: unknown): SaltError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  if (!/^[0-9A-Z]{5}$/.test(code)) {
    return connectionFault(server, clientReasons[code] ?? networkReason(error) ?? message)
  }
  if (dataFaults.test(code)) return new SaltError('bad-arguments', `${server} cannot store this: ${message} (${code})`)
  if (refusals.test(code)) {
    return new SaltError('denied', `${server} refuses this user: ${message} (${code})`, {
      hint: 'Look at postgres.user, postgres.password, the rights of that user and pg_hba.conf.',
    })
  }
  if (settings.test(code)) {
    return new SaltError('configuration', `${server} is not set up for this: ${message} (${code})`, {
      hint: 'Look at postgres.db and postgres.schema, and whether the tables are those of Salt.',
    })
  }
  return connectionFault(server, `${message} (${code})`)
}
