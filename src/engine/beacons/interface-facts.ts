/** Settings of network interfaces as the kernel of Linux shows them, under the names that Salt's beacon knows. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asList, isRecord } from '../../base/narrow.ts'
import type { BeaconContext } from '../beacon.ts'

const folder = '/sys/class/net'

/** Name → the file that holds it. */
const numberFiles = {
  carrier: 'carrier',
  carrier_changes: 'carrier_changes',
  flags: 'flags',
  group: 'netdev_group',
  ifi_type: 'type',
  index: 'ifindex',
  linkmode: 'link_mode',
  mtu: 'mtu',
  txqlen: 'tx_queue_len',
} as const
const textFiles = { address: 'address', broadcast: 'broadcast', operstate: 'operstate' } as const

/** IFF_PROMISC of linux/if.h */
const promiscuous = 0x100

type Facts = Readonly<Record<string, unknown>>

export async function listInterfaces(context: Pick<BeaconContext, 'at'>): Promise<readonly string[]> {
  return (await readdir(context.at(folder))).sort()
}

/** Facts by interface; what cannot be read, such as the carrier of one that is down, is left out. */
export async function interfaceFacts(
  context: Pick<BeaconContext, 'at' | 'salt'>,
  names: readonly string[],
  withAddresses: boolean,
): Promise<ReadonlyMap<string, Facts>> {
  const table = withAddresses ? await context.salt('network.interfaces') : undefined
  const found = new Map<string, Facts>()
  for (const name of names) {
    const facts = await factsOf(context.at(join(folder, name)), name)
    found.set(
      name,
      withAddresses ? { ...facts, ipaddr: addressesOf(isRecord(table) ? table[name] : undefined) } : facts,
    )
  }
  return found
}

async function factsOf(path: string, name: string): Promise<Facts> {
  const facts: Record<string, unknown> = { ifname: name }
  for (const [fact, file] of Object.entries(textFiles)) {
    const text = await textOf(join(path, file))
    if (text !== undefined) facts[fact] = fact === 'operstate' ? text.toUpperCase() : text
  }
  for (const [fact, file] of Object.entries(numberFiles)) {
    const text = await textOf(join(path, file))
    if (text !== undefined) facts[fact] = Number(text)
  }
  if (typeof facts.flags === 'number') facts.promiscuity = (facts.flags & promiscuous) === 0 ? 0 : 1
  const queues = await readdir(join(path, 'queues')).catch((): string[] => [])
  facts.num_rx_queues = queues.filter((queue) => queue.startsWith('rx-')).length
  facts.num_tx_queues = queues.filter((queue) => queue.startsWith('tx-')).length
  return facts
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    return undefined
  }
}

/** `ADDRESS/PREFIX` each, sorted. */
function addressesOf(entry: unknown): readonly string[] {
  if (!isRecord(entry)) return []
  const of = (kind: string): readonly unknown[] => (entry[kind] === undefined ? [] : asList(entry[kind], kind))
  const four = of('inet').flatMap((one) =>
    isRecord(one) ? [`${one.address}/${bitsOf(String(one.netmask ?? ''))}`] : [],
  )
  const six = of('inet6').flatMap((one) => (isRecord(one) ? [`${one.address}/${one.prefixlen}`] : []))
  const more = of('secondary').flatMap((one) =>
    isRecord(one) ? [`${one.address}/${one.prefixlen ?? bitsOf(String(one.netmask ?? ''))}`] : [],
  )
  return [...four, ...six, ...more].sort()
}

function bitsOf(netmask: string): number {
  return netmask
    .split('.')
    .map((part) => Number(part).toString(2).replaceAll('0', '').length)
    .reduce((sum, bits) => sum + bits, 0)
}
