/** Functions that tell of the interfaces of this host and their addresses. */
import { formatIpAddress, formatIpBlock, isInBlock, netmaskOf, parseIpAddress } from '../../../base/ip-address.ts'
import { type Schema, s } from '../../../base/schema.ts'
import { type FunctionContext, type FunctionDefinition, fn } from '../../../engine/plugin.ts'
import {
  isPrivate,
  ownAddresses,
  ownNetworks,
  requireAddress,
  type Selection,
  sizeOf,
  strictNetwork,
} from './addresses.ts'
import { type NetworkInterface, readInterfaces } from './interfaces.ts'

const iface = s.string('Name of the interface')
const onlyInterface = s.optional(s.string('Look at this interface only'))
const includeLoopback = s.withDefault(s.boolean('Also addresses that lead to this host itself'), false)

/** The interface, or Salt's sentence about one that there is not. */
async function findInterface(ctx: FunctionContext, name: string): Promise<NetworkInterface | string> {
  const table = await readInterfaces(ctx)
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  return found ?? `Interface "${name}" not in available interfaces: "${Object.keys(table).join('", "')}"`
}

function hardwareFunction(name: string): FunctionDefinition {
  return fn({
    doc: 'Tell the hardware address of an interface.',
    args: { iface },
    returns: s.string('Empty where it has none'),
    examples: [`salt '*' network.${name} lo`],
    async run(ctx, args) {
      const found = await findInterface(ctx, args.iface)
      return typeof found === 'string' ? found : (found.hwaddr ?? '')
    },
  })
}

/** Whether an address lies in a network; false, and a line in the log, where that is none. */
export function isInNetwork(ctx: FunctionContext, cidr: string, addresses: readonly string[]): boolean {
  const block = strictNetwork(cidr)
  if (block === undefined) {
    ctx.log.error('Invalid CIDR', { cidr })
    return false
  }
  return addresses.some((text) => {
    const address = parseIpAddress(text)
    return address !== undefined && isInBlock(address, block)
  })
}

async function select(ctx: FunctionContext, selection: Selection): Promise<string[]> {
  const table = await readInterfaces(ctx)
  const { interface: only } = selection
  if (only !== undefined && !Object.hasOwn(table, only)) ctx.log.error('Interface not found', { interface: only })
  return ownAddresses(table, selection)
}

function addressesFunction(name: string): FunctionDefinition {
  return fn({
    doc: 'List the IPv4 addresses of this host.',
    args: {
      interface: onlyInterface,
      include_loopback: includeLoopback,
      cidr: s.optional(s.string('Only addresses of this network')),
      type: s.optional(s.string('public or private: only such addresses')),
    },
    returns: s.array(s.string()),
    examples: [`salt '*' network.${name}`, `salt '*' network.${name} cidr=10.0.0.0/8`],
    async run(ctx, args) {
      const { cidr, type } = args
      const all = await select(ctx, {
        family: 'inet',
        interface: args.interface,
        includeLoopback: args.include_loopback,
      })
      if (cidr !== undefined && cidr !== '') return all.filter((address) => isInNetwork(ctx, cidr, [address]))
      if (type !== 'public' && type !== 'private') return all
      return all.filter((address) => isPrivate(requireAddress(address)) === (type === 'private'))
    },
  })
}

function addresses6Function(name: string): FunctionDefinition {
  return fn({
    doc: 'List the IPv6 addresses of this host.',
    args: {
      interface: onlyInterface,
      include_loopback: includeLoopback,
      cidr: s.optional(s.string('Only addresses of this network')),
    },
    returns: s.array(s.string()),
    examples: [`salt '*' network.${name}`, `salt '*' network.${name} cidr=2000::/3`],
    async run(ctx, args) {
      const { cidr } = args
      const selection = {
        family: 'inet6',
        interface: args.interface,
        includeLoopback: args.include_loopback,
      } as const
      const all = await select(ctx, selection)
      return cidr === undefined || cidr === '' ? all : all.filter((address) => isInNetwork(ctx, cidr, [address]))
    },
  })
}

function subnetsFunction(name: string, version: 4 | 6): FunctionDefinition {
  const family = version === 4 ? 'inet' : 'inet6'
  return fn({
    doc: `List the IPv${version} networks that this host is in.`,
    args: { interfaces: s.optional(s.union([s.string(), s.array(s.string())], 'Look at these interfaces only')) },
    returns: s.array(s.string()),
    examples: [`salt '*' network.${name}`, `salt '*' network.${name} interfaces=eth1`],
    async run(ctx, args) {
      const table = await readInterfaces(ctx)
      const only = args.interfaces === undefined ? undefined : [args.interfaces].flat()
      const selected = Object.entries(table).filter(([interfaceName]) => only?.includes(interfaceName) ?? true)
      return ownNetworks(Object.fromEntries(selected), { family }).map(formatIpBlock)
    },
  })
}

const networksSchema = s.union([s.array(s.string()), s.record(s.record(s.any()))] as const)

function networksFunction(name: string, version: 4 | 6): FunctionDefinition {
  const family = version === 4 ? 'inet' : 'inet6'
  return fn({
    doc: `List the IPv${version} networks that this host has addresses of.`,
    args: {
      interface: onlyInterface,
      include_loopback: includeLoopback,
      verbose: s.withDefault(s.boolean('Tell address, netmask, size and prefix of each'), false),
    },
    returns: networksSchema as Schema<string[] | Record<string, Record<string, unknown>>>,
    examples: [`salt '*' network.${name}`, `salt '*' network.${name} interface=lo include_loopback=True verbose=True`],
    async run(ctx, args) {
      const selection = { family, interface: args.interface, includeLoopback: args.include_loopback } as const
      const networks = ownNetworks(await readInterfaces(ctx), selection)
      if (!args.verbose) return networks.map(formatIpBlock)
      return Object.fromEntries(
        networks.map((block) => {
          const size = sizeOf(block)
          const facts = {
            address: formatIpAddress(block),
            netmask: formatIpAddress(netmaskOf(block.version, block.prefix)),
            num_addresses: size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : size,
            prefixlen: block.prefix,
          }
          return [formatIpBlock(block), facts]
        }),
      )
    },
  })
}

export const interfaceFunctions = {
  interfaces: fn({
    doc: 'Tell the network interfaces: whether they are up, their hardware address, and their IPv4 (inet) and IPv6 addresses (inet6).',
    returns: s.record(s.record(s.any())),
    examples: ["salt '*' network.interfaces"],
    run: async (ctx) => ({ ...(await readInterfaces(ctx)) }) as Record<string, Record<string, unknown>>,
  }),
  hw_addr: hardwareFunction('hw_addr'),
  hwaddr: hardwareFunction('hwaddr'),
  interface: fn({
    doc: 'Tell the IPv4 addresses of an interface, with netmask and broadcast address.',
    args: { iface },
    returns: s.any('A list; empty text where it has none'),
    examples: ["salt '*' network.interface lo"],
    async run(ctx, args) {
      const found = await findInterface(ctx, args.iface)
      return typeof found === 'string' ? found : (found.inet ?? '')
    },
  }),
  interface_ip: fn({
    doc: 'Tell the first IPv4 address of an interface.',
    args: { iface },
    returns: s.string('Empty where it has none'),
    examples: ["salt '*' network.interface_ip lo"],
    async run(ctx, args) {
      const found = await findInterface(ctx, args.iface)
      return typeof found === 'string' ? found : (found.inet?.[0]?.address ?? '')
    },
  }),
  subnets: subnetsFunction('subnets', 4),
  subnets6: subnetsFunction('subnets6', 6),
  in_subnet: fn({
    doc: 'Tell whether this host has an address in a network.',
    args: { cidr: s.string('The network, such as 10.0.0.0/16') },
    returns: s.boolean(),
    examples: ["salt '*' network.in_subnet 10.0.0.0/16"],
    async run(ctx, { cidr }) {
      const table = await readInterfaces(ctx)
      const own = [...ownAddresses(table, { family: 'inet' }), ...ownAddresses(table, { family: 'inet6' })]
      return isInNetwork(ctx, cidr, own)
    },
  }),
  ip_addrs: addressesFunction('ip_addrs'),
  ipaddrs: addressesFunction('ipaddrs'),
  ip_addrs6: addresses6Function('ip_addrs6'),
  ipaddrs6: addresses6Function('ipaddrs6'),
  ip_networks: networksFunction('ip_networks', 4),
  ip_networks6: networksFunction('ip_networks6', 6),
  ifacestartswith: fn({
    doc: 'List the interfaces that have an IPv4 address which starts with a text.',
    args: { cidr: s.string('The start, such as 10.0') },
    returns: s.array(s.string()),
    examples: ["salt '*' network.ifacestartswith 10.0"],
    async run(ctx, { cidr }) {
      return Object.entries(await readInterfaces(ctx)).flatMap(([name, { inet = [] }]) =>
        inet.filter((entry) => entry.address.startsWith(cidr)).map((entry) => entry.label ?? name),
      )
    },
  }),
}
