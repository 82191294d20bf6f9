/** Functions that reckon with addresses and networks, without looking at this host. */

import { SaltError } from '../../../base/errors.ts'
import { formatIpAddress, formatIpBlock, groupsOf, lastOf, netmaskOf } from '../../../base/ip-address.ts'
import { s } from '../../../base/schema.ts'
import { fn } from '../../../engine/plugin.ts'
import { isLoopback, isPrivate, requireAddress, requireNetwork, reversePointer } from './addresses.ts'
import { isInNetwork } from './interface-functions.ts'

const ipAddr = s.string('The address')

export const addressFunctions = {
  ip_in_subnet: fn({
    doc: 'Tell whether an address lies in a network.',
    args: { ip_addr: ipAddr, cidr: s.string('The network, such as 172.17.0.0/16') },
    returns: s.boolean(),
    examples: ["salt '*' network.ip_in_subnet 172.17.0.4 172.16.0.0/12"],
    run: (ctx, { ip_addr, cidr }) => isInNetwork(ctx, cidr, [formatIpAddress(requireAddress(ip_addr))]),
  }),
  convert_cidr: fn({
    doc: 'Tell the address, the netmask and the broadcast address of a network.',
    args: { cidr: s.string('An address of the network with its prefix') },
    returns: s.object({ network: s.string(), netmask: s.string(), broadcast: s.string() }),
    examples: ["salt '*' network.convert_cidr 172.31.0.0/16"],
    run(_ctx, { cidr }) {
      const block = requireNetwork(cidr)
      return {
        network: formatIpAddress(block),
        netmask: formatIpAddress(netmaskOf(block.version, block.prefix)),
        broadcast: formatIpAddress(lastOf(block)),
      }
    },
  }),
  calc_net: fn({
    doc: 'Tell the network that an address lies in.',
    args: {
      ip_addr: s.string('The address, with its prefix where no netmask is given'),
      netmask: s.optional(s.string('The netmask, or the prefix')),
    },
    returns: s.string('Such as 172.17.0.0/28'),
    examples: [
      "salt '*' network.calc_net 172.17.0.5 255.255.255.240",
      "salt '*' network.calc_net 2a02:f6e:a000:80:84d8:8332:7866:4e07/64",
    ],
    run: (_ctx, { ip_addr, netmask }) =>
      formatIpBlock(requireNetwork(netmask === undefined ? ip_addr : `${ip_addr}/${netmask}`)),
  }),
  is_loopback: fn({
    doc: 'Tell whether an address always leads to the host itself.',
    args: { ip_addr: ipAddr },
    returns: s.boolean(),
    examples: ["salt '*' network.is_loopback 127.0.0.1"],
    run: (_ctx, { ip_addr }) => isLoopback(requireAddress(ip_addr)),
  }),
  is_private: fn({
    doc: 'Tell whether an address is kept for networks of ones own, and so is not routed in the internet.',
    args: { ip_addr: ipAddr },
    returns: s.boolean(),
    examples: ["salt '*' network.is_private 10.0.0.3"],
    run: (_ctx, { ip_addr }) => isPrivate(requireAddress(ip_addr)),
  }),
  reverse_ip: fn({
    doc: 'Tell the name under which the name of an address is kept in the DNS.',
    args: { ip_addr: ipAddr },
    returns: s.string(),
    examples: ["salt '*' network.reverse_ip 172.17.0.4"],
    run: (_ctx, { ip_addr }) => reversePointer(requireAddress(ip_addr)),
  }),
  iphexval: fn({
    doc: 'Write an IPv4 address with hexadecimal digits.',
    args: { ip: ipAddr },
    returns: s.string(),
    examples: ["salt '*' network.iphexval 10.0.0.1"],
    run(_ctx, { ip }) {
      const address = requireAddress(ip)
      if (address.version === 6) throw new SaltError('bad-arguments', `${ip} is no IPv4 address`)
      return groupsOf(address)
        .map((octet) => octet.toString(16).toUpperCase().padStart(2, '0'))
        .join('')
    },
  }),
}
