/** Reading and judging addresses and networks that people give. */
import { SaltError } from '../../../base/errors.ts'
import {
  blockOf,
  compareIpAddresses,
  formatIpAddress,
  groupsOf,
  type IpAddress,
  type IpBlock,
  isInBlock,
  lastOf,
  parseIpAddress,
  parseIpBlock,
} from '../../../base/ip-address.ts'
import { pythonRepr } from '../../../base/python-repr.ts'
import type { Inet, Inet6, InterfaceTable } from './interfaces.ts'

/** Throws `bad-arguments` for what is no address. */
export function requireAddress(text: string): IpAddress {
  const address = parseIpAddress(text)
  if (address !== undefined) return address
  throw new SaltError('bad-arguments', `${pythonRepr(text)} does not appear to be an IPv4 or IPv6 address`)
}

/** The network that an address with a prefix or a netmask lies in. Throws `bad-arguments` for what is none. */
export function requireNetwork(text: string): IpBlock {
  const block = parseIpBlock(text)
  if (block !== undefined) return block
  throw new SaltError('bad-arguments', `${pythonRepr(text)} does not appear to be an IPv4 or IPv6 network`)
}

/** Undefined for what is no network, also where the address has bits behind the prefix. */
export function strictNetwork(text: string): IpBlock | undefined {
  const block = parseIpBlock(text)
  return block !== undefined && parseIpAddress(text.split('/')[0] ?? '')?.bits === block.bits ? block : undefined
}

function blocks(...texts: readonly string[]): readonly IpBlock[] {
  return texts.map(requireNetwork)
}

const loopback = ['127.0.0.0/8', '::1']

/** The special-purpose registries of IANA, as Python's `is_private` reads them. */
const privateNetworks = [
  ...['0.0.0.0/8', '10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/29'],
  ...['192.0.0.170/31', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['240.0.0.0/4', '::1', '::', '::ffff:0:0/96', '100::/64', '2001::/23', '2001:db8::/32', 'fc00::/7', 'fe80::/10'],
]

export function isLoopback(address: IpAddress): boolean {
  return blocks(...loopback).some((block) => isInBlock(address, block))
}

export function isPrivate(address: IpAddress): boolean {
  return blocks(...privateNetworks).some((block) => isInBlock(address, block))
}

/** `4.3.2.1.in-addr.arpa` (RFC 1035), or one label for each hexadecimal digit below `ip6.arpa` (RFC 3596). */
export function reversePointer(address: IpAddress): string {
  if (address.version === 4) return `${groupsOf(address).reverse().join('.')}.in-addr.arpa`
  const digits = address.bits.toString(16).padStart(32, '0')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}

export interface Selection {
  readonly family: 'inet' | 'inet6'
  /** Name of the only interface to look at. */
  readonly interface?: string | undefined
  readonly includeLoopback?: boolean
}

/** Addresses of the interfaces that are selected, further ones of the same networks included. */
function entriesOf(table: InterfaceTable, { family, interface: only }: Selection): (Inet & Inet6)[] {
  return Object.entries(table).flatMap(([name, one]) => {
    if (only !== undefined && name !== only) return []
    const further = (one.secondary ?? []).filter((entry) => entry.type === family)
    return [...(one[family] ?? []), ...further]
  })
}

/** Each address once, by number. */
export function ownAddresses(table: InterfaceTable, selection: Selection): string[] {
  const found = entriesOf(table, selection).flatMap((entry) => {
    const address = parseIpAddress(entry.address)
    if (address === undefined) return []
    return selection.includeLoopback || !(isLoopback(address) || entry.label === 'lo') ? [address] : []
  })
  return [...new Set(found.sort(compareIpAddresses).map(formatIpAddress))]
}

/** Each network of the interfaces once, by number; of those with the loopback address only where it is asked for. */
export function ownNetworks(table: InterfaceTable, selection: Selection): IpBlock[] {
  const found = entriesOf(table, selection).flatMap(({ address, netmask, prefixlen }) => {
    const suffix = netmask ?? prefixlen
    const block = parseIpBlock(suffix === undefined ? address : `${address}/${suffix}`)
    const own = parseIpAddress(address)
    if (block === undefined || own === undefined) return []
    return selection.includeLoopback || !isLoopback(own) ? [block] : []
  })
  const sorted = found.sort((a, b) => compareIpAddresses(a, b) || a.prefix - b.prefix)
  return sorted.filter((block, at) => at === 0 || !isSameBlock(block, sorted[at - 1]))
}

function isSameBlock(one: IpBlock, other: IpBlock | undefined): boolean {
  return other !== undefined && compareIpAddresses(one, other) === 0 && one.prefix === other.prefix
}

/** Number of addresses in a network. */
export function sizeOf(block: IpBlock): bigint {
  return lastOf(block).bits - blockOf(block, block.prefix).bits + 1n
}
