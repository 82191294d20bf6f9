/** Options that all returners with a server have, and what becomes of them. */
import { type StaticProperties, s } from '../../base/schema.ts'
import { readTlsFiles, type TlsFiles } from '../http/tls-files.ts'

export const timeoutOptions = {
  connect_timeout: s.withDefault(s.seconds('How long connecting may take'), 5),
  timeout: s.withDefault(s.seconds('How long the server may take for one batch'), 30),
}

export const tlsOptions = {
  tls_ca: s.optional(
    s.path('File of the certificates that the server is checked with; those of the system by default'),
  ),
  tls_cert: s.optional(s.path('File of the certificate that is shown to the server')),
  tls_key: s.optional(s.path('File of the key to that certificate; the same file by default')),
  tls_verify: s.withDefault(s.boolean('Make sure who the server is'), true),
}

type TlsValues = Readonly<StaticProperties<typeof tlsOptions>>

/** What these options are set to. */
export type ConnectionValues = TlsValues & Readonly<StaticProperties<typeof timeoutOptions>>

/** The files are read each time, so that a renewed certificate is used with the next connection. */
export function tlsOf(values: TlsValues): TlsFiles & { readonly rejectUnauthorized: boolean } {
  const { tls_ca: bundle, tls_cert: cert, tls_key: key } = values
  const files = cert === undefined ? undefined : key === undefined ? cert : [cert, key]
  return { ...readTlsFiles(bundle, files), rejectUnauthorized: values.tls_verify }
}

/** Words for faults of TLS and of names, which Node tells in many ways. */
export function networkReason(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const known = reasons[code]
  if (known !== undefined) return known
  return /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)
    ? `its certificate is not to be trusted, or TLS fails (${code})`
    : undefined
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused; does it run, and listen there?',
  ECONNRESET: 'it broke the connection',
  EPIPE: 'it broke the connection',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of its host cannot be looked up now',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its network',
  ETIMEDOUT: 'no answer in time',
  ENOENT: 'there is no such socket; does it run?',
  EACCES: 'its socket may not be used by this user',
}
