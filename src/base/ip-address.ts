/** IP addresses and networks as numbers. */
import { isIP } from 'node:net'

export interface IpAddress {
  readonly version: 4 | 6
  readonly bits: bigint
}

/** `bits` is the first address; those behind the prefix are 0. */
export interface IpBlock extends IpAddress {
  readonly prefix: number
}

export function widthOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128
}

/** Undefined for what is no address, and for one with a zone (`fe80::1%eth0`). */
export function parseIpAddress(text: string): IpAddress | undefined {
  const version = isIP(text)
  if (version === 4) return { version, bits: ipv4Bits(text) }
  if (version !== 6 || text.includes('%')) return undefined
  return { version, bits: ipv6Bits(text) }
}

function ipv4Bits(text: string): bigint {
  return text.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n)
}

function ipv6Bits(text: string): bigint {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const plain = embedded ? `${embedded[1]}${lastGroups(ipv4Bits(embedded[2] ?? ''))}` : text
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function lastGroups(bits: bigint): string {
  return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`
}

/** `8`, or for IPv4 a netmask such as `255.0.0.0` or its complement `0.255.255.255`. */
export function parsePrefix(text: string, version: 4 | 6): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= widthOf(version) ? Number(text) : undefined
  if (version === 6 || isIP(text) !== 4) return undefined
  const mask = ipv4Bits(text).toString(2).padStart(32, '0')
  if (/^1*0*$/.test(mask)) return mask.replaceAll('0', '').length
  return /^0*1*$/.test(mask) ? mask.replaceAll('1', '').length : undefined
}

/** The network of an address with a prefix or a netmask; a bare address is a network of one. */
export function parseIpBlock(text: string): IpBlock | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const address = parseIpAddress(addressText)
  if (address === undefined || rest.length > 0) return undefined
  const prefix = prefixText === undefined ? widthOf(address.version) : parsePrefix(prefixText, address.version)
  return prefix === undefined ? undefined : blockOf(address, prefix)
}

export function blockOf({ version, bits }: IpAddress, prefix: number): IpBlock {
  const hostBits = BigInt(widthOf(version) - prefix)
  return { version, bits: (bits >> hostBits) << hostBits, prefix }
}

export function isInBlock(address: IpAddress, block: IpBlock): boolean {
  return address.version === block.version && blockOf(address, block.prefix).bits === block.bits
}

/** The last address of a network; the broadcast address, for IPv4. */
export function lastOf(block: IpBlock): IpAddress {
  const hostBits = BigInt(widthOf(block.version) - block.prefix)
  return { version: block.version, bits: block.bits | ((1n << hostBits) - 1n) }
}

export function netmaskOf(version: 4 | 6, prefix: number): IpAddress {
  const all = (1n << BigInt(widthOf(version))) - 1n
  return { version, bits: blockOf({ version, bits: all }, prefix).bits }
}

/** The groups of an address: 4 numbers, or 8. */
export function groupsOf({ version, bits }: IpAddress): number[] {
  const [count, size] = version === 4 ? [4, 8n] : [8, 16n]
  return Array.from({ length: count }, (_, at) =>
    Number((bits >> (BigInt(count - 1 - at) * size)) & ((1n << size) - 1n)),
  )
}

/** `10.0.0.1`; an IPv6 address with its longest run of zeros left out (RFC 5952). */
export function formatIpAddress(address: IpAddress): string {
  const groups = groupsOf(address)
  if (address.version === 4) return groups.join('.')
  const hex = groups.map((group) => group.toString(16))
  let start = 0
  let length = 0
  for (let from = 0; from < 8; from++) {
    let to = from
    while (to < 8 && groups[to] === 0) to++
    if (to - from > Math.max(length, 1)) [start, length] = [from, to - from]
  }
  if (length === 0) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

export function formatIpBlock(block: IpBlock): string {
  return `${formatIpAddress(block)}/${block.prefix}`
}

/** IPv4 first, then by number. */
export function compareIpAddresses(a: IpAddress, b: IpAddress): number {
  if (a.version !== b.version) return a.version - b.version
  return a.bits < b.bits ? -1 : a.bits > b.bits ? 1 : 0
}
