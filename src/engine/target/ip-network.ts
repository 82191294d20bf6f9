/** IP addresses and networks in CIDR form. */
import { isIP } from 'node:net'
import { SaltError } from '../../base/errors.ts'

interface Address {
  readonly version: 4 | 6
  readonly bits: bigint
}

export interface IpNetwork {
  readonly version: 4 | 6
  contains(address: string): boolean
}

/** Throws `bad-target` for what is neither an address nor a network, and for a network with bits set behind its prefix. */
export function compileIpNetwork(text: string): IpNetwork {
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const address = parseAddress(addressText)
  if (!address || rest.length > 0) throw invalid(text, 'Write an address, or a network such as 10.0.0.0/8.')
  const width = address.version === 4 ? 32 : 128
  const prefix = prefixText === undefined ? width : parsePrefix(prefixText, address.version)
  if (prefix === undefined || prefix > width) throw invalid(text, `A prefix is a number up to ${width}.`)
  const hostBits = BigInt(width - prefix)
  const network = address.bits >> hostBits
  if (network << hostBits !== address.bits) {
    throw invalid(
      text,
      `Bits are set behind the prefix; the network is ${formatAddress(network << hostBits, address.version)}/${prefix}.`,
    )
  }
  return {
    version: address.version,
    contains: (candidate) => {
      const other = parseAddress(candidate)
      return other?.version === address.version && other.bits >> hostBits === network
    },
  }
}

function parseAddress(text: string): Address | undefined {
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

/** `8`, or for IPv4 a netmask such as `255.0.0.0`. */
function parsePrefix(text: string, version: 4 | 6): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  if (version === 6 || isIP(text) !== 4) return undefined
  const mask = ipv4Bits(text).toString(2).padStart(32, '0')
  return /^1*0*$/.test(mask) ? mask.replaceAll('0', '').length : undefined
}

function formatAddress(bits: bigint, version: 4 | 6): string {
  const [count, size] = version === 4 ? [4, 8n] : [8, 16n]
  const groups = Array.from(
    { length: count },
    (_, at) => (bits >> (BigInt(count - 1 - at) * size)) & ((1n << size) - 1n),
  )
  return version === 4 ? groups.join('.') : groups.map((group) => group.toString(16)).join(':')
}

function invalid(text: string, hint: string): SaltError {
  return new SaltError('bad-target', `${JSON.stringify(text)} is not an IP address or network`, { hint })
}
