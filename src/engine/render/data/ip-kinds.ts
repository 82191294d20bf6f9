/** Kinds of IP addresses, as Python's `ipaddress` tells them. */
import { type IpAddress, type IpBlock, isInBlock, parseIpBlock } from '../../../base/ip-address.ts'

type Blocks = () => readonly IpBlock[]

/** Parsed when first asked for: most templates ask for none. */
function blocks(...texts: readonly string[]): Blocks {
  let parsed: readonly IpBlock[] | undefined
  return () => {
    parsed ??= texts.flatMap((text) => parseIpBlock(text) ?? [])
    return parsed
  }
}

const privateBlocks = blocks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/29',
  '192.0.0.170/31',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
  '255.255.255.255/32',
  '::1/128',
  '::/128',
  '::ffff:0:0/96',
  '100::/64',
  '2001::/23',
  '2001:2::/48',
  '2001:db8::/32',
  '2001:10::/28',
  'fc00::/7',
  'fe80::/10',
)
const linkLocalBlocks = blocks('169.254.0.0/16', 'fe80::/10')
const loopbackBlocks = blocks('127.0.0.0/8', '::1/128')
const multicastBlocks = blocks('224.0.0.0/4', 'ff00::/8')
const reservedBlocks = blocks(
  '240.0.0.0/4',
  '::/8',
  '100::/8',
  '200::/7',
  '400::/6',
  '800::/5',
  '1000::/4',
  '4000::/3',
  '6000::/3',
  '8000::/3',
  'a000::/3',
  'c000::/3',
  'e000::/4',
  'f000::/5',
  'f800::/6',
  'fe00::/9',
)
const siteLocalBlocks = blocks('fec0::/10')
const unspecifiedBlocks = blocks('0.0.0.0/32', '::/128')
const mappedBlock = blocks('::ffff:0:0/96')

function within(known: Blocks): (address: IpAddress) => boolean {
  return (address) => known().some((block) => isInBlock(address, block))
}

/** An IPv4 address inside an IPv6 one is what it is by itself. */
function isPrivate(address: IpAddress): boolean {
  const inner: IpAddress = within(mappedBlock)(address) ? { version: 4, bits: address.bits & 0xffffffffn } : address
  return within(privateBlocks)(inner)
}

/** Salt's words for kinds of addresses. */
export const ipKinds: ReadonlyMap<string, (address: IpAddress) => boolean> = new Map([
  ['global', (address: IpAddress) => !isPrivate(address)],
  ['public', (address: IpAddress) => !isPrivate(address)],
  ['link-local', within(linkLocalBlocks)],
  ['linklocal', within(linkLocalBlocks)],
  ['ll', within(linkLocalBlocks)],
  ['loopback', within(loopbackBlocks)],
  ['lo', within(loopbackBlocks)],
  ['multicast', within(multicastBlocks)],
  ['private', isPrivate],
  ['reserved', within(reservedBlocks)],
  ['site-local', within(siteLocalBlocks)],
  ['sl', within(siteLocalBlocks)],
  ['unspecified', within(unspecifiedBlocks)],
])
