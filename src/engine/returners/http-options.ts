/** Options that all returners over HTTP have. */
import { SaltError } from '../../base/errors.ts'
import { s } from '../../base/schema.ts'
import type { Secret } from '../../base/secret.ts'
import { type ConnectionValues, timeoutOptions, tlsOf, tlsOptions } from './connection-options.ts'
import type { HttpBackendPlan } from './http-backend.ts'

export const httpOptions = {
  headers: s.optional(s.record(s.secret(), 'More headers with their values')),
  username: s.optional(s.string('Who asks (Basic authentication)')),
  password: s.optional(s.secret('The password of that user')),
  token: s.optional(s.secret('A token instead of user and password (Bearer authentication)')),
  proxy: s.optional(s.secret('URL of a proxy to go through')),
  ...tlsOptions,
  ...timeoutOptions,
}

export interface HttpValues extends ConnectionValues {
  readonly headers: Readonly<Record<string, Secret>> | undefined
  readonly username: string | undefined
  readonly password: Secret | undefined
  readonly token: Secret | undefined
  readonly proxy: Secret | undefined
}

/**
 * @param name Of the returner: its options are named by it in messages.
 * @param urls Of servers that are as good as one another; a user and a password in them are used, and not shown.
 * Throws `configuration`, without showing what may be secret.
 */
export function httpPlan(name: string, urls: readonly string[], values: HttpValues): HttpBackendPlan {
  const parsed = urls.map((text) => urlOf(name, text))
  const [first] = parsed
  if (first === undefined) throw new SaltError('configuration', `the returner ${name} has no URL`)
  const { headers = {}, username, password, token, proxy } = values
  const user = username ?? decoded(first.username)
  const word = password?.reveal() ?? decoded(first.password)
  for (const url of parsed) {
    url.username = ''
    url.password = ''
  }
  return {
    name,
    urls: parsed,
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([key, value]) => [checkedName(name, key), value.reveal()])),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token.reveal()}` }),
    },
    auth: token === undefined && user !== '' ? `${user}:${word}` : undefined,
    proxy: proxy?.reveal(),
    tls: () => tlsOf(values),
    connectTimeoutMs: values.connect_timeout * 1000,
    timeoutMs: values.timeout * 1000,
  }
}

function urlOf(name: string, text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw new SaltError('configuration', `the URL of the returner ${name} is none`, {
    hint: 'It begins with https:// or http://.',
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function checkedName(name: string, header: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(header)) return header
  throw new SaltError('configuration', `${name}.headers has a name that no header can have: ${JSON.stringify(header)}`)
}
