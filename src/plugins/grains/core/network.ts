/** Grains of names and addresses. Nothing is asked of a name server: a slow one would keep a minion from starting. */
import * as os from 'node:os'
import { compareText } from '../../../base/text.ts'
import type { ReadFile } from './os-release.ts'

type Interfaces = NodeJS.Dict<os.NetworkInterfaceInfo[]>

export function networkGrains(
  readFile: ReadFile,
  interfaces: Interfaces = os.networkInterfaces(),
): Record<string, unknown> {
  const all: Record<string, string[]> = {}
  const four: Record<string, string[]> = {}
  const six: Record<string, string[]> = {}
  const hardware: Record<string, string> = {}
  for (const [name, entries = []] of Object.entries(interfaces)) {
    const v4 = entries.filter((entry) => entry.family === 'IPv4').map((entry) => entry.address)
    const v6 = entries.filter((entry) => entry.family === 'IPv6').map((entry) => entry.address)
    all[name] = [...v4, ...v6]
    four[name] = v4
    six[name] = v6
    hardware[name] = entries[0]?.mac ?? '00:00:00:00:00:00'
  }
  const ipv4 = sortedAddresses(Object.values(four).flat())
  const ipv6 = [...new Set(Object.values(six).flat())].sort(compareText)
  return {
    ip_interfaces: all,
    ip4_interfaces: four,
    ip6_interfaces: six,
    ipv4,
    ipv6,
    hwaddr_interfaces: hardware,
    ...nameGrains(readFile, ipv4, ipv6),
    dns: resolverGrains(readFile('/etc/resolv.conf') ?? ''),
  }
}

function sortedAddresses(addresses: readonly string[]): string[] {
  const rank = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return [...new Set(addresses)].sort((a, b) => rank(a) - rank(b))
}

/** The full name comes from the hosts file, or is the host name where that has a domain. */
function nameGrains(readFile: ReadFile, ipv4: readonly string[], ipv6: readonly string[]): Record<string, unknown> {
  const hostname = os.hostname()
  const lines = hostsLines(readFile('/etc/hosts') ?? '')
  const own = lines.find(({ names }) => names.includes(hostname))
  const fqdn = own?.names.find((name) => name.includes('.') && !/^localhost\b/.test(name)) ?? hostname
  const dot = fqdn.indexOf('.')
  const addresses = lines.filter(({ names }) => names.includes(fqdn)).map(({ address }) => address)
  const known = new Set([...ipv4, ...ipv6])
  const listed = addresses.length > 0 ? addresses : [...known].filter((address) => !isLoopback(address))
  return {
    nodename: hostname,
    localhost: hostname,
    host: dot < 0 ? fqdn : fqdn.slice(0, dot),
    domain: dot < 0 ? '' : fqdn.slice(dot + 1),
    fqdn,
    fqdn_ip4: listed.filter((address) => address.includes('.')),
    fqdn_ip6: listed.filter((address) => address.includes(':')),
    fqdns: fullNames(lines.filter(({ address }) => known.has(address) && !isLoopback(address))),
  }
}

function fullNames(lines: ReturnType<typeof hostsLines>): string[] {
  const names = lines.flatMap((line) => line.names).filter((name) => name.includes('.'))
  return [...new Set(names)].sort(compareText)
}

function hostsLines(text: string): { readonly address: string; readonly names: readonly string[] }[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address = '', name]) => address !== '' && name !== undefined)
    .map(([address = '', ...names]) => ({ address, names }))
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('fe80:')
}

function resolverGrains(text: string): Record<string, unknown> {
  const nameservers: string[] = []
  const options: string[] = []
  const sortlist: string[] = []
  let domain = ''
  let search: string[] = []
  for (const line of text.split('\n')) {
    const [word, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/)
    if (word === 'nameserver' && values[0] !== undefined) nameservers.push(values[0])
    else if (word === 'domain') domain = values[0] ?? ''
    else if (word === 'search') search = values
    else if (word === 'options') options.push(...values)
    else if (word === 'sortlist') sortlist.push(...values)
  }
  return {
    nameservers,
    ip4_nameservers: nameservers.filter((address) => !address.includes(':')),
    ip6_nameservers: nameservers.filter((address) => address.includes(':')),
    sortlist,
    domain,
    search,
    options,
  }
}
