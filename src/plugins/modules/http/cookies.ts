/** Cookies (RFC 6265), and the files that Python and browsers keep them in. */
import { SaltError } from '../../../base/errors.ts'
import { readFileIfExists, systemReason, writeFileAtomicSync } from '../../../base/files.ts'

interface Cookie {
  readonly name: string
  readonly value: string
  /** Without a dot at its start. */
  readonly domain: string
  readonly path: string
  readonly secure: boolean
  /** For this host alone, not for those below it. */
  readonly hostOnly: boolean
  /** Milliseconds since 1970; undefined for one that ends with the session. */
  readonly expires: number | undefined
}

export type CookieFormat = 'lwp' | 'mozilla'

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Throws `execution-failed` where the file is there and cannot be read. */
  load(file: string, format: CookieFormat): void {
    const lines = (guarded(file, () => readFileIfExists(file)) ?? '').split('\n')
    for (const line of lines) {
      const cookie = format === 'mozilla' ? parseMozilla(line) : parseLwp(line)
      if (cookie !== undefined) this.#put(cookie)
    }
  }

  /** Those that end with the session are kept only where `withSession` says so. Throws `storage`. */
  save(file: string, format: CookieFormat, withSession: boolean): void {
    const kept = [...this.#cookies.values()].filter((cookie) => withSession || cookie.expires !== undefined)
    const head = format === 'mozilla' ? '# Netscape HTTP Cookie File' : '#LWP-Cookies-2.0'
    const lines = kept.map(format === 'mozilla' ? formatMozilla : formatLwp)
    writeFileAtomicSync(file, `${[head, ...lines].join('\n')}\n`, 0o600)
  }

  /** Takes what an answer sets. */
  take(headers: readonly string[], url: URL): void {
    for (const header of headers) {
      const cookie = parseSetCookie(header, url, this.#now())
      if (cookie !== undefined) this.#put(cookie)
    }
  }

  /** Value of the header `Cookie` for a request; undefined where there is none for it. */
  headerFor(url: URL): string | undefined {
    const fitting = [...this.#cookies.values()].filter((cookie) => fits(cookie, url))
    const sorted = fitting.sort((a, b) => b.path.length - a.path.length)
    return sorted.length === 0 ? undefined : sorted.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  #put(cookie: Cookie): void {
    const key = JSON.stringify([cookie.domain, cookie.path, cookie.name])
    if (cookie.expires !== undefined && cookie.expires <= this.#now()) this.#cookies.delete(key)
    else this.#cookies.set(key, cookie)
  }
}

function guarded<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new SaltError('execution-failed', `Cannot read ${file}: ${systemReason(error)}`, { cause: error })
  }
}

function fits(cookie: Cookie, url: URL): boolean {
  const isBelow = !cookie.hostOnly && url.hostname.endsWith(`.${cookie.domain}`)
  const path = cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`
  return (
    (url.hostname === cookie.domain || isBelow) &&
    (url.pathname === cookie.path || url.pathname.startsWith(path)) &&
    (!cookie.secure || url.protocol === 'https:')
  )
}

/** Undefined for what is no cookie, or is for a host that the answer is not from. */
function parseSetCookie(header: string, url: URL, now: number): Cookie | undefined {
  const [pair = '', ...rest] = header.split(';')
  const [, name, value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
  if (name === undefined) return undefined
  const attributes = new Map(
    rest.map((part) => {
      const [key = '', ...text] = part.split('=')
      return [key.trim().toLowerCase(), text.join('=').trim()] as const
    }),
  )
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() ?? ''
  if (domain !== '' && url.hostname !== domain && !url.hostname.endsWith(`.${domain}`)) return undefined
  const path = attributes.get('path') ?? ''
  return {
    name,
    value,
    domain: domain === '' ? url.hostname : domain,
    path: path.startsWith('/') ? path : defaultPath(url),
    secure: attributes.has('secure'),
    hostOnly: domain === '',
    expires: expiryOf(attributes, now),
  }
}

function defaultPath(url: URL): string {
  return url.pathname.slice(0, Math.max(1, url.pathname.lastIndexOf('/')))
}

function expiryOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const age = attributes.get('max-age')
  if (age !== undefined && /^-?\d+$/.test(age)) return now + Number(age) * 1000
  const date = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(date) ? undefined : date
}

/** `Set-Cookie3: name=value; path="/"; domain=".example.org"; path_spec; expires="2030-01-01 00:00:00Z"; version=0` */
function parseLwp(line: string): Cookie | undefined {
  const [, name, quoted, plain = '', rest = ''] = /^Set-Cookie3: ([^=]+)=(?:"([^"]*)"|([^;]*))(.*)$/.exec(line) ?? []
  const fact = (key: string): string | undefined => new RegExp(`; ${key}="?([^";]*)"?`).exec(rest)?.[1]
  const domain = fact('domain')
  if (name === undefined || domain === undefined) return undefined
  const expires = fact('expires')
  return {
    name,
    value: quoted ?? plain,
    domain: domain.replace(/^\./, ''),
    path: fact('path') ?? '/',
    secure: /; secure\b/.test(rest),
    hostOnly: !domain.startsWith('.'),
    expires: expires === undefined ? undefined : Date.parse(expires.replace(' ', 'T')),
  }
}

function formatLwp({ name, value, domain, path, secure, hostOnly, expires }: Cookie): string {
  const shown = /^[\w!#$%&'*+.^`|~-]*$/.test(value) ? value : `"${value}"`
  const end =
    expires === undefined ? 'discard' : `expires="${new Date(expires).toISOString().slice(0, 19).replace('T', ' ')}Z"`
  const where = [
    `path="${path}"`,
    `domain="${hostOnly ? '' : '.'}${domain}"`,
    'path_spec',
    ...(secure ? ['secure'] : []),
  ]
  return `Set-Cookie3: ${[`${name}=${shown}`, ...where, end, 'version=0'].join('; ')}`
}

/** Domain, whether hosts below it count, path, secure, expires, name and value, with tabs between them. */
function parseMozilla(line: string): Cookie | undefined {
  const [domain = '', below, path = '/', secure, expires = '', name, value] = line.split('\t')
  if (domain.startsWith('#') || name === undefined || value === undefined) return undefined
  return {
    name,
    value,
    domain: domain.replace(/^\./, ''),
    path,
    secure: secure === 'TRUE',
    hostOnly: below !== 'TRUE',
    expires: expires === '' || expires === '0' ? undefined : Number(expires) * 1000,
  }
}

function formatMozilla({ name, value, domain, path, secure, hostOnly, expires }: Cookie): string {
  const end = expires === undefined ? '' : String(Math.floor(expires / 1000))
  const below = hostOnly ? [domain, 'FALSE'] : [`.${domain}`, 'TRUE']
  return [...below, path, secure ? 'TRUE' : 'FALSE', end, name, value].join('\t')
}
