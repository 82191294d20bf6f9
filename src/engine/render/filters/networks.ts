/** Salt's filters for IP addresses and networks. */
import {
  blockOf,
  formatIpAddress,
  type IpAddress,
  isInBlock,
  lastOf,
  parseIpAddress,
  parseIpBlock,
  parsePrefix,
  widthOf,
} from '../../../base/ip-address.ts'
import { ipKinds } from '../data/ip-kinds.ts'
import { expectText, textOf } from '../values/arguments.ts'
import { integer } from '../values/arithmetic.ts'
import { numeric } from '../values/compare.ts'
import { Dict } from '../values/dict.ts'
import { isTrue, iterate } from '../values/iterate.ts'
import { Generator, Tuple, Undefined, type Value } from '../values/kinds.ts'
import { repr, str } from '../values/print.ts'
import { PyError, valueError } from '../values/py-error.ts'
import { typeName } from '../values/type-name.ts'
import { type Filter, type FilterBody, filter } from './filter.ts'

type Version = 4 | 6

/** An address, with the prefix where one is written. */
interface Interface {
  readonly address: IpAddress
  readonly prefix: number | undefined
}

function parseInterface(value: Value): Interface | undefined {
  if (value instanceof Undefined) return value.fail()
  const number = numeric(value)
  if (typeof number === 'bigint' || (typeof number === 'number' && Number.isInteger(number)))
    return numbered(BigInt(number))
  const text = textOf(value)
  if (text === undefined) return undefined
  const [addressText = '', prefixText, ...rest] = text.split('/')
  const address = parseIpAddress(addressText)
  if (address === undefined || rest.length > 0) return undefined
  if (prefixText === undefined) return { address, prefix: undefined }
  const prefix = parsePrefix(prefixText, address.version)
  return prefix === undefined ? undefined : { address, prefix }
}

/** Python takes whole numbers for addresses too. */
function numbered(bits: bigint): Interface | undefined {
  if (bits < 0n || bits >= 1n << 128n) return undefined
  return { address: { version: bits < 1n << 32n ? 4 : 6, bits }, prefix: undefined }
}

function formatted({ address, prefix }: Interface): string {
  return prefix === undefined ? formatIpAddress(address) : `${formatIpAddress(address)}/${prefix}`
}

/** The address as text if it is of the version and of all the kinds that the options name. */
function checked(value: Value, version: Version, options: Value): string | undefined {
  const found = parseInterface(value)
  if (found === undefined || found.address.version !== version) return undefined
  const wanted = isTrue(options)
    ? expectText(options)
        .split(',')
        .map((option) => option.trim())
    : []
  const fits = wanted.every((option) => ipKinds.get(option)?.(found.address) ?? true)
  return fits ? formatted(found) : undefined
}

function isList(value: Value): boolean {
  return Array.isArray(value) || value instanceof Tuple || value instanceof Generator
}

/** One address or null; of a list those that fit; null for anything else. */
function filtered(value: Value, version: Version, options: Value): string | string[] | null {
  if (textOf(value) !== undefined) return checked(value, version, options) ?? null
  if (value instanceof Undefined) return value.fail()
  if (!isList(value)) return null
  return Array.from(iterate(value)).flatMap((item) => checked(item, version, options) ?? [])
}

function filteredAny(value: Value, options: Value): string | readonly string[] | null {
  const values = value instanceof Generator ? [...iterate(value)] : value
  const four = filtered(values, 4, options)
  const six = filtered(values, 6, options)
  return Array.isArray(four) && Array.isArray(six) ? [...four, ...six] : (four ?? six)
}

/** Applies `use` to each address of the value that fits; null where none does. */
function forEachAddress(value: Value, options: Value, version: Value, use: (address: string) => Value): Value {
  const wanted = isTrue(version) ? Number(numeric(version)) : undefined
  const found =
    wanted === undefined
      ? filteredAny(value, options)
      : wanted === 4 || wanted === 6
        ? filtered(value, wanted, options)
        : null
  if (found === null || found.length === 0) return null
  return typeof found === 'string' ? use(found) : found.map(use)
}

function hostText(text: string): string {
  const found = parseInterface(text)
  return found === undefined ? text : formatted({ ...found, prefix: found.prefix ?? widthOf(found.address.version) })
}

function blockFor(text: string): { first: bigint; last: bigint; version: Version } {
  const block = parseIpBlock(text)
  if (block === undefined) throw notAnAddress(text, 'network')
  return { first: block.bits, last: lastOf(block).bits, version: block.version }
}

function notAnAddress(value: Value, what = 'address'): PyError {
  return valueError(`${repr(value)} does not appear to be an IPv4 or IPv6 ${what}`)
}

const mostHosts = 1n << 20n

/** Without the addresses of the network itself and, in IPv4, of everybody in it. */
function hostsOf(text: string): Value {
  const { first, last, version } = blockFor(text)
  const count = last - first + 1n
  if (count > mostHosts) throw new PyError('MemoryError', `the network ${text} has more than ${mostHosts} hosts`)
  const from = count > 2n ? first + 1n : first
  const to = count > 2n && version === 4 ? last - 1n : last
  return Array.from({ length: Number(to - from + 1n) }, (_, index) =>
    formatIpAddress({ version, bits: from + BigInt(index) }),
  )
}

function sizeOf(text: string): Value {
  const { first, last } = blockFor(text)
  return integer(last - first + 1n)
}

function withinNetworks(addresses: Value, networks: Value): Value[] {
  const blocks = Array.from(iterate(networks), strictBlock)
  return Array.from(iterate(addresses)).flatMap((item) => {
    const found = parseInterface(item)
    if (found === undefined || found.prefix !== undefined) throw notAnAddress(item)
    return blocks.filter((block) => isInBlock(found.address, block)).map(() => item)
  })
}

function strictBlock(network: Value): ReturnType<typeof blockOf> {
  const found = parseInterface(network)
  if (found === undefined) throw notAnAddress(network, 'network')
  const block = blockOf(found.address, found.prefix ?? widthOf(found.address.version))
  if (block.bits !== found.address.bits) throw valueError(`${str(network)} has host bits set`)
  return block
}

function filterByNetworks(values: Value, networks: Value): Value {
  if (networks === null) return values
  if (values instanceof Map)
    return new Dict(Array.from(values, ([key, addresses]) => [key, withinNetworks(addresses, networks)]))
  if (Array.isArray(values) || values instanceof Tuple || textOf(values) !== undefined)
    return withinNetworks(values, networks)
  if (values instanceof Undefined) return values.fail()
  throw valueError(`Do not know how to filter a <class '${typeName(values)}'>`)
}

/** IPv6 addresses in brackets, as addresses of the web want them; everything else as it is. */
function bracketed(value: Value): Value {
  if (value instanceof Undefined) return value.fail()
  if (isList(value)) return Array.from(iterate(value), bracketed)
  const found = textOf(value) === undefined ? undefined : parseInterface(value)
  return found?.address.version === 6 ? `[${str(value)}]` : value
}

function macBytes(value: Value): Uint8Array {
  const text = expectText(value)
  const digits = text.length === 17 ? text.replaceAll(text.charAt(2), '') : text
  if (text.length !== 12 && text.length !== 17) throw valueError('Invalid MAC address')
  const wrong = /../g[Symbol.match](digits)?.find((pair) => !/^[0-9a-fA-F]{2}$/.test(pair))
  if (wrong !== undefined || digits.length !== 12)
    throw valueError(`invalid literal for int() with base 16: ${repr(wrong ?? '')}`)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

function isVersion(name: string, ...versions: readonly Version[]): Filter {
  return filter(name, 'ip, options=None', (_context, value, options) =>
    versions.some((version) => checked(value, version, options) !== undefined),
  )
}

function perAddress(name: string, use: (address: string) => Value): Filter {
  const body: FilterBody = (_context, value, options, version) => forEachAddress(value, options, version, use)
  return filter(name, 'value, options=None, version=None', body)
}

export const networkFilters: readonly (readonly [string, Filter])[] = [
  [
    'filter_by_networks',
    filter('filter_by_networks', 'values, networks', (_context, values, networks) =>
      filterByNetworks(values, networks),
    ),
  ],
  ['ip_host', perAddress('ip_host', hostText)],
  ['ipaddr', filter('ipaddr', 'value, options=None', (_context, value, options) => filteredAny(value, options))],
  ['ipv4', filter('ipv4', 'value, options=None', (_context, value, options) => filtered(value, 4, options))],
  ['ipv6', filter('ipv6', 'value, options=None', (_context, value, options) => filtered(value, 6, options))],
  ['ipwrap', filter('ipwrap', 'value', (_context, value) => bracketed(value))],
  ['is_ip', isVersion('is_ip_filter', 4, 6)],
  ['is_ipv4', isVersion('is_ipv4_filter', 4)],
  ['is_ipv6', isVersion('is_ipv6_filter', 6)],
  ['mac_str_to_bytes', filter('mac_str_to_bytes', 'mac_str', (_context, text) => macBytes(text))],
  ['network_hosts', perAddress('network_hosts', hostsOf)],
  ['network_size', perAddress('network_size', sizeOf)],
]
