import { SaltError } from '../base/errors.ts'

export interface MasterAddress {
  readonly host: string
  readonly port: number
  /** `host:port`, with brackets around an IPv6 address. */
  readonly text: string
}

/** Reads `master:` entries: `host`, `host:port`, `ipv4:port`, `[ipv6]:port`, or a bare IPv6 address. Throws `configuration`. */
function parseMasterAddress(entry: string, defaultPort: number): MasterAddress {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry)
  const named = /^([^:\s]+)(?::(\d+))?$/.exec(entry)
  const isBareIpv6 = named === null && /^[0-9a-fA-F:.]+$/.test(entry) && entry.includes(':')
  const host = bracketed?.[1] ?? named?.[1] ?? (isBareIpv6 ? entry : undefined)
  const port = Number(bracketed?.[2] ?? named?.[2] ?? defaultPort)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new SaltError('configuration', `'${entry}' is not the address of a master`, {
      hint: 'Write `master: name`, `master: name:4506`, or a list of those.',
    })
  }
  return { host, port, text: `${host.includes(':') ? `[${host}]` : host}:${port}` }
}

export function masterAddresses(master: string | readonly string[], defaultPort: number): readonly MasterAddress[] {
  return (typeof master === 'string' ? [master] : master).map((entry) => parseMasterAddress(entry, defaultPort))
}
