/** Network interfaces with their addresses, as `ip` or `ifconfig` print them. */
import { networkInterfaces } from 'node:os'
import { formatIpAddress, netmaskOf } from '../../../base/ip-address.ts'
import { runIfInstalled, wordsOf } from '../../../engine/functions/host-programs.ts'
import type { FunctionContext } from '../../../engine/plugin.ts'

export interface Inet {
  readonly address: string
  readonly netmask?: string
  readonly broadcast?: string | null
  readonly label?: string
}

export interface Inet6 {
  readonly address: string
  readonly prefixlen?: string
  readonly scope?: string | null
}

/** A further address of a network that the interface has an address of already. */
export type Secondary = { readonly type: 'inet' | 'inet6' } & Inet & Inet6

export interface NetworkInterface {
  up?: boolean
  hwaddr?: string
  /** The interface below it: of a VLAN, say. */
  parent?: string
  inet?: Inet[]
  inet6?: Inet6[]
  secondary?: Secondary[]
}

export type InterfaceTable = Record<string, NetworkInterface>

export async function readInterfaces(ctx: FunctionContext): Promise<InterfaceTable> {
  const ip = await runIfInstalled(ctx, ['ip', 'addr', 'show'])
  if (ip?.retcode === 0) return parseIpAddr(ip.stdout)
  const ifconfig = await runIfInstalled(ctx, ['ifconfig', '-a'])
  return ifconfig?.retcode === 0 ? parseIfconfig(ifconfig.stdout) : ownInterfaces()
}

/** `ip addr show` */
function parseIpAddr(text: string): InterfaceTable {
  const table: InterfaceTable = {}
  let current: NetworkInterface = {}
  for (const line of text.split('\n')) {
    const head = /^\d+:\s+([^\s:@]+)(?:@([^\s:]+))?:\s+<([^>]*)>/.exec(line)
    if (head === null) readDetail(current, wordsOf(line))
    else {
      const [, name = '', parent, flags = ''] = head
      current = { up: flags.split(',').includes('UP'), ...(parent === undefined ? {} : { parent }) }
      table[name] = current
    }
  }
  return table
}

function readDetail(into: NetworkInterface, words: readonly string[]): void {
  const [kind = '', value] = words
  if (value === undefined) return
  if (kind.startsWith('link/')) into.hwaddr = value
  if (kind !== 'inet' && kind !== 'inet6') return
  const read = kind === 'inet' ? readInet(value, words) : readInet6(value, words)
  if (words.includes('secondary')) into.secondary = [...(into.secondary ?? []), { type: kind, ...read }]
  else if (kind === 'inet') into.inet = [...(into.inet ?? []), read]
  else into.inet6 = [...(into.inet6 ?? []), read]
}

function wordAfter(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word)
  return at < 0 ? undefined : words[at + 1]
}

/** An address without a prefix is that of a point-to-point link. */
function readInet(value: string, words: readonly string[]): Inet {
  const [address = '', prefix = '32'] = value.split('/')
  return {
    address,
    netmask: netmask(Number(prefix)),
    broadcast: wordAfter(words, 'brd') ?? null,
    label: words.at(-1) ?? '',
  }
}

function readInet6(value: string, words: readonly string[]): Inet6 {
  const [address = '', prefixlen = '128'] = value.split('/')
  return { address, prefixlen, scope: wordAfter(words, 'scope') ?? null }
}

function netmask(prefix: number): string {
  return formatIpAddress(netmaskOf(4, prefix))
}

/** `ifconfig -a`, of net-tools old and new, and of the BSDs. */
function parseIfconfig(text: string): InterfaceTable {
  const table: InterfaceTable = {}
  for (const group of text.split(/\r?\n(?=\S)/)) {
    const [, name] = /^([^\s:]+)/.exec(group) ?? []
    if (name === undefined) continue
    const lines = group.split('\n')
    const one: NetworkInterface = { up: /\bUP\b/.test(group) }
    const [, hwaddr] = /(?:HWaddr|ether|address:|lladdr) ([0-9a-fA-F:]+)/.exec(group) ?? []
    if (hwaddr !== undefined) one.hwaddr = hwaddr
    const inet = lines.flatMap(ifconfigInet)
    if (inet.length > 0) one.inet = inet
    const inet6 = lines.flatMap(ifconfigInet6)
    if (inet6.length > 0) one.inet6 = inet6
    table[name] = one
  }
  return table
}

function ifconfigInet(line: string): Inet[] {
  const [, address] = /\binet (?:addr:)?([\d.]+)/.exec(line) ?? []
  if (address === undefined) return []
  const [, hex, dotted] = /(?:Mask:|netmask )(?:0x([0-9a-fA-F]{8})|([\d.]+))/.exec(line) ?? []
  const mask = hex === undefined ? dotted : formatIpAddress({ version: 4, bits: BigInt(`0x${hex}`) })
  const [, broadcast] = /(?:Bcast:|broadcast )([\d.]+)/.exec(line) ?? []
  return [
    { address, ...(mask === undefined ? {} : { netmask: mask }), ...(broadcast === undefined ? {} : { broadcast }) },
  ]
}

function ifconfigInet6(line: string): Inet6[] {
  const [, address] = /\binet6 (?:addr: ?)?([0-9a-fA-F:.]+)/.exec(line) ?? []
  if (address === undefined) return []
  const [, prefixlen] = /(?:\/| prefixlen )(\d+)/.exec(line) ?? []
  const [, capital, id, named] = /Scope:(\w+)|scopeid (0x[0-9a-f]+)(?:<(\w+)>)?/.exec(line) ?? []
  const scope = capital?.toLowerCase() ?? named ?? id
  return [{ address, ...(prefixlen === undefined ? {} : { prefixlen }), ...(scope === undefined ? {} : { scope }) }]
}

/** What the system tells of itself where it has neither program. */
function ownInterfaces(): InterfaceTable {
  const table: InterfaceTable = {}
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    const [first] = entries
    const one: NetworkInterface = { up: true, ...(first === undefined ? {} : { hwaddr: first.mac }) }
    for (const { family, address, netmask, cidr } of entries) {
      if (family === 'IPv4') one.inet = [...(one.inet ?? []), { address, netmask, label: name }]
      else one.inet6 = [...(one.inet6 ?? []), { address, prefixlen: cidr?.split('/')[1] ?? '128' }]
    }
    table[name] = one
  }
  return table
}
