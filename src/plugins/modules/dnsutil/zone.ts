/** Reading zone files (RFC 1035, 5.1). */

interface AddressRecord {
  readonly TARGET: string
  readonly TTL: string
}

/** Facts of the zone by name (`ORIGIN`, `SERIAL`, …), and its records by type: lists of NS and MX, mappings of all others. */
export type Zone = Record<string, unknown>

/** A week: what is longer, or cannot be read, counts as that. */
const longest = 604800

const units: Readonly<Record<string, number>> = { '': 1, S: 1, M: 60, H: 3600, D: 86400, W: 604800 }

/** `300`, `5M`, `1H30M`. */
function secondsOf(text: string): number {
  const parts = [...text.toUpperCase().matchAll(/(\d+)([SMHDW]?)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text.toUpperCase()) return longest
  const seconds = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 1), 0)
  return Math.min(seconds, longest)
}

/** Words of each entry, of which one in parentheses may go over several lines. The first word is empty where the name is left out. */
function entriesOf(text: string): string[][] {
  const entries: string[][] = []
  let open: string[] | undefined
  for (const line of text.split('\n')) {
    const bare = line.replace(/("[^"]*")|;.*/g, (_, quoted?: string) => quoted ?? '')
    const words = bare.match(/"[^"]*"|[()]|[^\s()"]+/g) ?? []
    if (words.length === 0) continue
    const entry: string[] = open ?? (/^\s/.test(bare) ? [''] : [])
    for (const word of words) {
      if (word === '(') open = entry
      else if (word === ')') open = undefined
      else entry.push(word)
    }
    if (open === undefined) entries.push(entry)
  }
  return entries
}

interface ZoneRecord {
  readonly name: string
  readonly ttl: string | undefined
  readonly type: string
  readonly data: readonly string[]
}

const classes = ['IN', 'CH', 'HS']

/** `[ttl] [class] type data`, the first two in any order. */
function recordOf(name: string, words: readonly string[]): ZoneRecord {
  let at = 0
  let ttl: string | undefined
  while (at < 2) {
    const word = words[at] ?? ''
    if (/^\d+[\dSMHDW]*$/i.test(word)) ttl = word
    else if (!classes.includes(word.toUpperCase())) break
    at++
  }
  return { name, ttl, type: (words[at] ?? '').toUpperCase(), data: words.slice(at + 1) }
}

export function parseZone(text: string): Zone {
  const zone: Zone = {}
  let origin = ''
  let last = ''
  for (const [first = '', ...rest] of entriesOf(text)) {
    if (first.startsWith('$')) {
      zone[first.slice(1)] = rest[0] ?? ''
      if (first === '$ORIGIN') origin = rest[0] ?? ''
      continue
    }
    if (first !== '') last = fullName(first, origin)
    const record = recordOf(last, rest)
    if (record.type === 'SOA') {
      origin ||= last
      Object.assign(zone, soaOf(record))
    } else addRecord(zone, record, origin)
  }
  return zone
}

function fullName(name: string, origin: string): string {
  if (name === '@') return origin === '' ? '@' : origin
  return name.endsWith('.') || origin === '' ? name : `${name}.${origin}`
}

function soaOf({ name, data }: ZoneRecord): Zone {
  const [source = '', contact = '', serial = '', refresh = '', retry = '', expire = '', minimum = ''] = data
  return {
    ORIGIN: name,
    NETWORK: 'IN',
    SOURCE: source,
    CONTACT: contact.replace('.', '@'),
    SERIAL: serial,
    REFRESH: secondsOf(refresh),
    RETRY: secondsOf(retry),
    EXPIRE: secondsOf(expire),
    MINTTL: secondsOf(minimum),
  }
}

function addRecord(zone: Zone, { name, ttl, type, data }: ZoneRecord, origin: string): void {
  const [first = '', second = ''] = data
  if (type === 'NS') zone.NS = [...((zone.NS as string[] | undefined) ?? []), fullName(first, origin)]
  else if (type === 'MX') {
    const known = (zone.MX as object[] | undefined) ?? []
    zone.MX = [...known, { priority: first, host: fullName(second, origin) }]
  } else if (type !== '') {
    const hasTtl = ttl !== undefined && (type === 'A' || type === 'AAAA')
    const value: string | AddressRecord = hasTtl ? { TARGET: first, TTL: ttl } : data.join(' ')
    zone[type] = { ...(zone[type] as object | undefined), [name]: value }
  }
}
