/** From the arguments of Salt's states and functions to what the Engine takes to make a network. */
import { SaltError } from '../../../base/errors.ts'
import { isRecord } from '../../../base/narrow.ts'
import { s } from '../../../base/schema.ts'
import { pairsOf } from './argument-forms.ts'
import type { Fields } from './engine.ts'

const options = (what: string) => s.optional(s.any(`${what}: a mapping, a list or text with commas`))
const flag = (what: string) => s.optional(s.boolean(what))
const text = (what: string) => s.optional(s.string(what))

export const networkOptions = {
  driver: text('Driver of the network; bridge by default'),
  driver_opts: options('Options of the driver'),
  driver_opt: options('As driver_opts'),
  options: options('As driver_opts'),
  check_duplicate: flag('Accepted, and without effect here: names are checked in any case'),
  internal: flag('Do not let it out to other networks'),
  labels: options('Labels'),
  enable_ipv6: flag('With IPv6'),
  ipv6: flag('As enable_ipv6'),
  attachable: flag('Containers that belong to no service may be connected'),
  scope: text('local, global or swarm'),
  ingress: flag('Be the network that leads into a swarm'),
  subnet: text('Its addresses, as 10.9.0.0/24'),
  iprange: text('The part of them that containers get'),
  gateway: text('Address of the gateway'),
  aux_addresses: options('Addresses that are in use otherwise'),
  ipam_driver: text('Driver that hands out addresses'),
  ipam_opts: options('Options of that driver'),
  ipam_pools: s.optional(
    s.array(s.any(), 'Several pools of addresses: mappings of subnet, iprange, gateway and aux_addresses'),
  ),
}

function pool(given: Fields): Fields {
  const { subnet, iprange, ip_range: range = iprange, gateway, aux_addresses: others } = given
  if (typeof subnet !== 'string') throw new SaltError('bad-arguments', "'subnet' is required in IPAM configuration")
  return {
    Subnet: subnet,
    ...(range === undefined ? {} : { IPRange: range }),
    ...(gateway === undefined ? {} : { Gateway: gateway }),
    ...(others === undefined ? {} : { AuxiliaryAddresses: pairsOf(others) }),
  }
}

function poolsOf(args: Fields): Fields[] {
  if (Array.isArray(args.ipam_pools)) {
    return args.ipam_pools.map((one) => pool(Object.assign({}, ...[one].flat().filter(isRecord))))
  }
  const isGiven = ['subnet', 'iprange', 'gateway', 'aux_addresses'].some((name) => args[name] !== undefined)
  return isGiven ? [pool(args)] : []
}

/** Fields that arguments say something about. Throws `bad-arguments`. */
export function networkBody(name: string, args: Fields): Fields {
  const driverOptions = args.driver_opts ?? args.driver_opt ?? args.options
  const pools = poolsOf(args)
  const hasIpam = pools.length > 0 || args.ipam_driver !== undefined || args.ipam_opts !== undefined
  const given = {
    Driver: args.driver,
    Internal: args.internal,
    EnableIPv6: args.enable_ipv6 ?? args.ipv6,
    Attachable: args.attachable,
    Ingress: args.ingress,
    Scope: args.scope,
    Options: driverOptions === undefined ? undefined : pairsOf(driverOptions),
    Labels: args.labels === undefined ? undefined : pairsOf(args.labels),
    IPAM: hasIpam
      ? {
          Driver: args.ipam_driver ?? 'default',
          Config: pools,
          ...(args.ipam_opts === undefined ? {} : { Options: pairsOf(args.ipam_opts) }),
        }
      : undefined,
  }
  return { Name: name, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}
