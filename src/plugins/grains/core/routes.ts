/** Where packets for the rest of the world go, from the tables of the kernel. */
import type { ReadFile } from './os-release.ts'

/** Flag of a route that leads to a gateway. */
const gatewayFlag = 2

/** Addresses of the gateways of the default routes, or false; without the tables nothing is told. */
export function gatewayGrains(readFile: ReadFile): Record<string, unknown> {
  const four = readFile('/proc/net/route')
  const six = readFile('/proc/net/ipv6_route')
  if (four === undefined && six === undefined) return {}
  const ip4 = gateway4(four ?? '') ?? false
  const ip6 = gateway6(six ?? '') ?? false
  return { ip_gw: ip4 !== false || ip6 !== false, ip4_gw: ip4, ip6_gw: ip6 }
}

/** Columns: interface, destination, gateway, flags, …, metric, mask; addresses as hexadecimal numbers, last byte first. */
function gateway4(text: string): string | undefined {
  const routes = text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, destination, , flags = '0', , , , mask]) => {
      return destination === '00000000' && mask === '00000000' && (Number.parseInt(flags, 16) & gatewayFlag) !== 0
    })
    .sort((a, b) => Number(a[6]) - Number(b[6]))
  const bytes = routes[0]?.[2]?.match(/../g)?.reverse()
  return bytes?.map((byte) => Number.parseInt(byte, 16)).join('.')
}

/** Columns: destination, its prefix, source, its prefix, next hop, metric, …, flags, interface. */
function gateway6(text: string): string | undefined {
  const none = '0'.repeat(32)
  const routes = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([destination, prefix, , , hop]) => destination === none && prefix === '00' && hop !== none)
    .sort((a, b) => Number.parseInt(a[5] ?? '', 16) - Number.parseInt(b[5] ?? '', 16))
  return routes[0]?.[4] === undefined ? undefined : shortened(routes[0][4])
}

/** 32 hexadecimal digits as an address is written: the longest run of zeros left out. */
function shortened(digits: string): string {
  const groups = (digits.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16))
  const text = groups.join(':')
  const [longest] = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
    .map(([run]) => run)
    .sort((a, b) => b.length - a.length)
  if (longest === undefined) return text
  const [front = '', back = ''] = [
    text.slice(0, text.indexOf(longest)),
    text.slice(text.indexOf(longest) + longest.length),
  ]
  return `${front}::${back.replace(/^:/, '')}`
}
